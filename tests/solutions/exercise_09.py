"""The workflow's job `tests`."""

from pathlib import Path

from support import changing, replace

CI = ".github/workflows/ci.yml"
JOB = r"  tests:\n[\s\S]*?\n\n(?=  lowest:)"
LOCK = "uv pip install --no-deps --require-hashes -r requirements-dev.txt"
PYTEST = r"python -m pytest --cov"
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
BY_MAKE = f"""\
  unit:
    name: Unit tests
    runs-on: ${{{{ matrix.os }}}}
    timeout-minutes: 30
    permissions:
      contents: read
    env:
      UV_PYTHON: ${{{{ matrix.python }}}}
    strategy:
      fail-fast: false
      matrix:
        python: ["3.11", "3.13"]
        os: [macos-latest, ubuntu-latest]
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - uses: astral-sh/setup-uv@20cfd1bf945f4377ade1205e4dbc17946fc9a30d # v10.0.1
      - run: make setup
      - run: make test

"""
BY_PIP = f"""\
name: Tests
on: [push, pull_request]
permissions:
  contents: read
jobs:
  linux-and-windows:
    runs-on: ${{{{ matrix.machine.os }}}}-latest
    strategy:
      matrix:
        include:
          - machine: {{os: windows, python: "3.12"}}
          - machine: {{os: ubuntu, python: "3.14"}}
            options: --maxfail=5
    steps:
      - run: git config --global core.autocrlf false
        if: runner.os == 'Windows'
      - uses: {CHECKOUT}
      - uses: actions/setup-python@0123456789abcdef0123456789abcdef01234567 # v7.0.0
        with:
          python-version: ${{{{ matrix.machine.python }}}}
      - name: Install
        run: |
          python -m venv .venv
          . .venv/bin/activate || . .venv/Scripts/activate
          python -m pip install --require-hashes --no-deps -r requirements-dev.txt
          TORCH
          echo "PYTHONPATH=$PWD/src" >> "$GITHUB_ENV"
      - name: Test
        shell: bash
        run: |
          . .venv/bin/activate || . .venv/Scripts/activate
          pytest $OPTIONS | tee log.txt
        env:
          OPTIONS: ${{{{ matrix.options }}}}
"""


def by_make(project: Path) -> None:
    """With the targets of the Makefile, which know no Windows."""
    replace(project / CI, JOB, BY_MAKE)


def by_pip(project: Path) -> None:
    """Another workflow, without uv: a matrix of mappings, a step for one system, a pipe."""
    replace(project / CI, JOB, "")
    torch = "pip install -r requirements-accelerator.txt"
    needed = (project / "requirements-accelerator.txt").is_file()
    text = BY_PIP.replace("          TORCH\n", f"          {torch}\n" if needed else "")
    (project / ".github/workflows/tests.yml").write_text(text)


def change(pattern: str, text: str):
    """The worked example's job, with one change."""
    return changing(CI, rf"(  tests:\n(?:.*\n)*?.*?){pattern}", rf"\g<1>{text}")


def without_job(project: Path) -> None:
    """Nothing but the other jobs."""
    replace(project / CI, JOB, "")


EXCLUDED = '        python: ["3.11", "3.12"]\n        exclude: [{python: "3.11"}]\n'
GREEN = "it may succeed although `"
RIGHT = {"make": by_make, "pip": by_pip}
WRONG = {
    "no job": (without_job, "There is no job `tests`, and the nearest one, `lowest`: "),
    "or true": (change(PYTEST, f"{PYTEST} || true"), GREEN),
    "go on": (change(PYTEST, f"{PYTEST}\n        continue-on-error: true"), GREEN),
    "green job": (change("timeout-minutes: 30", "timeout-minutes: 30\n    continue-on-error: true"), GREEN),
    "then true": (change(PYTEST, f"{PYTEST}; true"), GREEN),
    "in the background": (change(PYTEST, f"{PYTEST} &"), GREEN),
    "version": (change(PYTEST, "python -m pytest --version"), "no step of it runs the tests"),
    "one file": (change(PYTEST, "python -m pytest tests/test_lock.py"), "no step of it runs the tests"),
    "by hand": (changing(CI, r"  push:\n    branches: .*\n", ""), "a push does not start it"),
    "misspelt": (
        change(r"matrix\.python }}\n          activate", "matrix.pythons }}\n          activate"),
        "Python",
    ),
    "unknown key": (change("timeout-minutes: 30", "time-limit: 30"), "actionlint: "),
    "hard-coded": (change(PYTEST, "echo '==== 5 passed in 1.00s ===='"), "no step of it runs the tests"),
    "collected": (change(PYTEST, "python -m pytest --collect-only"), "no step of it runs the tests"),
    "no lock": (change(LOCK, "uv pip install -r requirements.txt pytest"), "it does not install the lock"),
    "no hashes": (change(" --require-hashes", ""), "installs requirements-dev.txt without --require-hashes"),
    "no project": (
        change("uv pip install --no-deps --no-build-isolation --editable .", "echo"),
        "it does not install the project itself",
    ),
    "one system": (change(r"\[ubuntu-latest, .*\]", "[ubuntu-latest, ubuntu-24.04]"), "one operating system"),
    "one Python": (
        change(r"python-version: \${{.*", 'python-version: "3.12"'),
        "its steps use one Python only",
    ),
    "excluded": (change("        python: .*\n", EXCLUDED), "its steps use one Python only"),
    "by tag": (change("actions/checkout@.*", "actions/checkout@v7"), "actions/checkout@v7 may be another"),
    "no code": (change(r"- uses: actions/checkout(?:.*\n){3}", "- run: date\n"), "does not check out"),
    "may write": (change("contents: read", "contents: write"), "its permissions let it write"),
    "if": (change("timeout", "if: github.actor == 'me'\n    timeout"), "it has an `if`"),
    "if changed": (
        changing(CI, r"  pull_request:\n", "  pull_request:\n    paths: [docs/**]\n"),
        "certain files",
    ),
    "a dry run": (change(PYTEST, "make test --dry-run"), "no step of it runs the tests"),
    "some marks": (change(PYTEST, "python -m pytest -m slow"), "no step of it runs the tests"),
}
