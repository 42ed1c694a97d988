"""Run docs/tutorial.md: every `shell` block of it, in order, in a temporary folder.

    python scripts/tutorial.py

What follows a block on the page is taken from its run, and lies in docs/tutorial/: a text or a picture of
what it printed (`.txt`, `.svg`), or a picture of the page that it serves (`.png`, by Chromium or Chrome).
A file is left as it is where only times, hashes, versions or the last digits of numbers would differ.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
SHOWN = PAGE.with_suffix("")
ADDRESS = "gh:ORG/cookiecutter-reproducible-ml"  # in its place, the template as it lies here is used
COLUMNS = 100
# How many of a command's last lines are shown, if not all are
LAST = {"digits.txt": 8, "wine.txt": 8, "test.txt": 1, "reproduced.svg": 8}
FIGURES = {"evaluation.png": "reports/figures/evaluation.png"}
BLOCK = re.compile(
    r"^```(shell|\{literalinclude\}|\{image\})(?: tutorial/(\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE
)
# What differs between two runs, and a word for it
MASKS = {
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": "TIME",
    r"\d+(\.\d+)? ?(s|ms)\b": "DURATION",
    r"\b(?=\w*\d)[0-9a-f]{7,40}\b": "HASH",
    r"==\S+": "==VERSION",
    r"\d+ passed": "TESTS passed",
    r"=+": "=",
}
NUMBER = re.compile(r"\d+\.\d{3,}")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NO_SANDBOX = ["--no-sandbox", "--disable-gpu"]


@dataclass(frozen=True)
class Block:
    """A box of the page.

    Attributes:
        commands: What is run.
        shown: The name of the file that shows what came of it, or nothing.
    """

    commands: str
    shown: str = ""


def read_blocks() -> list[Block]:
    """The blocks of the page, each with the file that stands below it."""
    blocks: list[Block] = []
    for kind, name, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "shell":
            blocks.append(Block(text))
        elif name not in FIGURES:
            blocks[-1] = Block(blocks[-1].commands, name)
    return blocks


class Shell:
    """A terminal in a new folder: a command finds the folder and the variables that the last one left."""

    def __init__(self, folder: Path) -> None:
        """Open it, as somebody whom Git knows."""
        self.folder = folder
        self.state = folder / "state"
        settings = folder / "gitconfig"
        settings.write_text("[user]\n\tname = Ada Lovelace\n\temail = ada@example.com\n", encoding="utf-8")
        home = folder / "home"
        home.mkdir()
        dropped = ("GIT_", "PYTEST", "COV_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        self.environment = kept | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "COLUMNS": str(COLUMNS),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": str(settings),
            "GIT_CONFIG_NOSYSTEM": "1",
            "COOKIECUTTER_CONFIG": os.devnull,
            "DVC_NO_ANALYTICS": "1",
        }
        self.state.write_text(f"cd '{home}'\n", encoding="utf-8")

    def script(self, commands: str) -> list[str]:
        """The call that runs them, and keeps where it ends."""
        commands = commands.replace(ADDRESS, f"'{ROOT}'")
        keep = f"{{ export -p; echo cd \"'$PWD'\"; }} >'{self.state}'"
        return ["bash", "-ec", f". '{self.state}'\n{commands}\n{keep}"]

    def run(self, commands: str) -> str:
        """Run commands, with Enter as the answer to every question, and give what they print.

        Raises:
            SystemExit: One of them fails.
        """
        done = subprocess.run(
            self.script(commands),
            env=self.environment,
            input="\n" * 20,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            sys.exit(f"docs/tutorial.md: this ends with {done.returncode}:\n{commands}\n{done.stdout}")
        # On a terminal, Enter ends the line of the question.
        text = re.sub(r"(?<=\)): (?=  \[|    |Created)", ":\n", done.stdout)
        return text.replace(str(self.folder / "home"), "~").replace("\t", "    ")

    @contextmanager
    def serving(self, command: str, port: int) -> Iterator[str]:
        """Run a server, and give its address when it answers."""
        with socket.socket() as other:
            if other.connect_ex(("127.0.0.1", port)) == 0:
                sys.exit(f"Port {port} is in use: stop what listens there.")
        log = self.folder / "server.log"
        with log.open("wb") as file:
            server = subprocess.Popen(
                self.script(command), env=self.environment, stdout=file, stderr=file, start_new_session=True
            )
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(600):
                if server.poll() is not None or answers(address):
                    break
                time.sleep(0.1)
            if not answers(address):
                sys.exit(f"docs/tutorial.md: no answer at {address} of {command}{log.read_text('utf-8')}")
            yield address
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def answers(address: str) -> bool:
    """Whether a server is there."""
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:
        return False


def choose_an_example(page: Page) -> None:
    """On the API's page."""
    page.get_by_role("radio").first.check()
    expect(page.get_by_role("status")).to_contain_text("Right")


def open_the_runs(page: Page) -> None:
    """On MLflow's page."""
    runs = page.get_by_role("link", name=re.compile("^train_model."))
    expect(runs).to_have_count(3, timeout=60_000)
    page.get_by_role("button", name="Close").first.click()  # the panel of its assistant


# For each picture of a page: the port, what is asked for, what is done there, and the height
PAGES: dict[str, tuple[int, str, Callable[[Page], None], int]] = {
    "serve.png": (8000, "/", choose_an_example, 720),
    "mlflow.png": (5000, "/#/experiments/1/runs", open_the_runs, 560),
}


def photograph(address: str, name: str, path: Path) -> None:
    """Take the picture of a page."""
    _, place, act, height = PAGES[name]
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        sys.exit("It needs Chromium or Chrome.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=NO_SANDBOX)
        page = browser.new_page(viewport={"width": 1300, "height": height}, reduced_motion="reduce")
        page.goto(address + place)
        act(page)
        page.screenshot(path=path)
        browser.close()


def shorten(printed: str, name: str) -> str:
    """The lines that are shown."""
    lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
    kept = LAST.get(name, len(lines))
    return "\n".join([*(["…"] if kept < len(lines) else []), *lines[-kept:]]) + "\n"


def draw(texts: list[str], title: str) -> str:
    """A picture of a terminal, in SVG: as wide as its tables."""
    lines = [line for text in texts for line in text.splitlines()]
    width = max(COLUMNS, *(len(line) for line in lines if line.startswith("|")))
    console = Console(record=True, width=width, file=StringIO())
    console.print("\n".join(texts), end="", markup=False, highlight=False)
    svg = console.export_svg(title=title, unique_id="terminal")
    return re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # which others would be asked for


def same(first: str, second: str) -> bool:
    """Whether two texts say the same, but for what differs between two runs."""
    for pattern, word in MASKS.items():
        first, second = (re.sub(pattern, word, text) for text in (first, second))
    numbers = [list(map(float, NUMBER.findall(text))) for text in (first, second)]
    return NUMBER.sub("", first) == NUMBER.sub("", second) and all(
        abs(one - other) < 0.03 for one, other in zip(*numbers, strict=True)
    )


def write(path: Path, text: str) -> None:
    """Write what is shown, where it says something new."""
    if not path.exists() or not same(path.read_text(encoding="utf-8"), text):
        path.write_text(text, encoding="utf-8", newline="\n")


def run(shown: Path) -> None:
    """Run the page, and write what it shows into a folder."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        shell = Shell(Path(folder).resolve())
        for block in read_blocks():
            print(block.commands, end="", file=sys.stderr)
            name = block.shown
            if name in PAGES:
                with shell.serving(block.commands, PAGES[name][0]) as address:
                    photograph(address, name, shown / name)
            elif name.endswith(".svg"):
                commands = block.commands.splitlines()
                texts = [f"$ {command}\n{shorten(shell.run(command), name)}" for command in commands]
                write(shown / name, draw(texts, "colleague"))
            else:
                printed = shell.run(block.commands)
                if name:
                    write(shown / name, shorten(printed, name))
            if name == "digits.txt":
                for figure, path in FIGURES.items():
                    shutil.copyfile(shell.folder / "home" / "my-ml-project" / path, shown / figure)


if __name__ == "__main__":
    run(SHOWN)
