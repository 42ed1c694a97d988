"""Unit tests for data and model."""

import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from xml.etree import ElementTree

from .bugs_08 import BUGS, plant
from .support import ROOT, NotYet, copied_project, run

TESTS = ()
FILES = ("tests/test_features.py", "tests/test_training.py")
OUTCOMES = ("failure", "error", "skipped")  # of a test that has not passed, in JUnit's format
TABLES = "tests/small_tables.py"
NOTHING_RAN = 5  # the status with which pytest ends then
SAID = {
    "fit": "the preprocessing is also fitted on the validation and test splits",
    "split": "the validation split has rows of the training split",
    "train": "every seed trains the same model",
}


def check() -> None:
    """Run the two files on the code as it is, and with each bug."""
    for name in FILES:
        if not (ROOT / name).is_file():
            raise NotYet(f"{name} is not written yet.")
    for module, function, _ in BUGS.values():
        if not hasattr(import_module(module), function):
            raise NotYet(f"{module} has no `{function}` any more, which this check would break.")
    turns = [*BUGS, ""]  # at last without a bug: a test that fails from its second run on is seen
    with ThreadPoolExecutor(2) as pool:
        *wrong, right = pool.map(_run_tests, turns, [False, False, False, True])
    if right.failed:
        _expect_success(_run_tests("", other_tables=False))
        raise NotYet(
            f"With other random numbers in {TABLES}, {right.failed}. Compare with what follows "
            "from the task, and not with what came out today."
        )
    _expect_success(right)
    for bug, results in zip(BUGS, wrong, strict=True):
        if not results.failed:
            raise NotYet(f"Your tests pass although {SAID[bug]}: no test looks at it.")


@dataclass
class _Results:
    """What came of the tests, until the first one failed.

    Attributes:
        passed: How many of each file did.
        failed: The one that did not, and why; empty where there is none.
    """

    passed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FILES, 0))
    failed: str = ""


def _run_tests(bug: str, other_tables: bool) -> _Results:
    """Run the two files on a copy of the project, with a bug, or with other tables to test on."""
    results = _Results()
    with copied_project() as root:
        (root / "conftest.py").unlink(missing_ok=True)  # it skips what fails
        shutil.rmtree(root / "exercises")
        plant(root, bug)
        if other_tables:
            text = (root / TABLES).read_text("utf-8")
            text = re.sub(r"default_rng\((\d+)\)", r"default_rng(1\1)", text)
            (root / TABLES).write_text(text, encoding="utf-8")
        report = root / "report.xml"
        options = ("-x", "-p", "no:cacheprovider", "-o", "junit_family=xunit1")
        done = run(
            *(sys.executable, "-m", "pytest", *options, f"--junit-xml={report}", *FILES),
            root=root,
            PYTEST_ADDOPTS="",
        )
        for case in ElementTree.parse(report).iter("testcase") if report.is_file() else ():
            outcome = next((part for part in case if part.tag in OUTCOMES), None)
            file = case.get("file", "")
            if outcome is None and file in FILES:
                results.passed[file] += 1
            elif outcome is not None and outcome.tag != "skipped":
                results.failed = f"{case.get('name')}{f' in {file}' if file else ''} fails"
                results.failed += _find_reason(outcome.text or "")
    if not results.failed and done.returncode not in (0, NOTHING_RAN):
        results.failed = "pytest fails" + _find_reason(done.stdout + done.stderr)
    return results


def _find_reason(output: str) -> str:
    """What pytest says of an error: its line that begins with E, or else its last one."""
    lines = output.strip().splitlines()
    reasons = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    return f": {(reasons or lines[-1:] or [''])[0]}"


def _expect_success(right: _Results) -> None:
    from .__main__ import DONE, PAGES, try_apart

    if right.failed:
        before = [str(number) for number in PAGES if number < 8 and try_apart(number) != DONE]
        hint = f" (Exercises that are open may be why: {', '.join(before)}.)" if before else ""
        raise NotYet(f"On the code as it is, {right.failed}{hint}")
    for name, number in right.passed.items():
        if not number:
            raise NotYet(f"No test of {name} passes; one that is skipped does not count.")
