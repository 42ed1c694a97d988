"""Unit tests for data and model."""

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

from .bugs_08 import BUGS
from .support import ROOT, NotYet, copied_project, run

TESTS = ()
FILES = ("tests/test_features.py", "tests/test_training.py")
OUTCOMES = ("failure", "error", "skipped")  # of a test that has not passed, in JUnit's format
NOTHING_RAN = 5  # the status with which pytest ends then
SAID = {
    "fit": "the preprocessing is also fitted on the validation and test splits",
    "split": "the validation split has rows of the training split",
    "train": "a model's metrics are those after its first step, not after its last",
}


def check() -> None:
    """Run the two files on the code as it is, and once with each bug."""
    for name in FILES:
        if not (ROOT / name).is_file():
            raise NotYet(f"{name} is not written yet.")
    for module, function, _ in BUGS.values():
        if not hasattr(import_module(module), function):
            raise NotYet(f"{module} has no `{function}` any more, which this check would break.")
    with copied_project() as root:
        (root / "conftest.py").unlink(missing_ok=True)  # it skips what fails
        (root / "planted").mkdir()
        shutil.copyfile(ROOT / "exercises" / "bugs_08.py", root / "planted" / "sitecustomize.py")
        with ThreadPoolExecutor(2) as pool:
            right, *wrong = pool.map(lambda bug: _Results(root, bug), ["", *BUGS])
    _expect_success(right)
    for bug, results in zip(BUGS, wrong, strict=True):
        if not results.failed:
            raise NotYet(f"Your tests pass although {SAID[bug]}: no test looks at it.")


class _Results:
    """What came of the tests, until the first one failed.

    Attributes:
        passed: How many of each file did.
        failed: The one that did not, and why; empty where there is none.
    """

    def __init__(self, root: Path, bug: str) -> None:
        """Run them on a copy of the project."""
        report = root / "planted" / f"report_{bug}.xml"
        options = ("-x", "-p", "no:cacheprovider", "-o", "junit_family=xunit1")
        done = run(
            *(sys.executable, "-m", "pytest", *options, f"--junit-xml={report}", *FILES),
            root=root,
            PYTHONPATH=os.pathsep.join([str(root / "planted"), str(root / "src")]),
            PYTHONDONTWRITEBYTECODE="",  # the next run starts faster
            PYTEST_ADDOPTS="",
            PLANTED_BUG=bug,
        )
        self.passed, self.failed = dict.fromkeys(FILES, 0), ""
        for case in ElementTree.parse(report).iter("testcase") if report.is_file() else ():
            outcome = next((part for part in case if part.tag in OUTCOMES), None)
            file = case.get("file", "")
            if outcome is None and file in FILES:
                self.passed[file] += 1
            elif outcome is not None and outcome.tag != "skipped":
                self.failed = f"{case.get('name')}{f' in {file}' if file else ''} fails"
                self.failed += _find_reason(outcome.text or "")
        if not self.failed and done.returncode not in (0, NOTHING_RAN):
            self.failed = "pytest fails" + _find_reason(done.stdout + done.stderr)


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
