"""A test that fails for an exercise that is not done yet is skipped, and says so."""

from collections.abc import Generator
from fnmatch import fnmatch
from functools import cache
from importlib import import_module

import pytest

from exercises.__main__ import DONE, PAGES, page, try_apart

result = cache(try_apart)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look, for a test that has failed, whether one of its exercises is open."""
    report = yield
    if report.failed and call.excinfo is not None:
        for number in _find_exercises(item.nodeid, call.excinfo.value):
            if result(number) != DONE:
                path, line, _ = item.location
                reason = f"Skipped: exercise {number} is not done yet ({page(number)})"
                report.outcome, report.longrepr = "skipped", (path, line or 0, reason)
    return report


def _find_exercises(name: str, error: BaseException) -> list[int]:
    """The exercises that a test needs: those that say so, and the one whose error it met."""
    return [
        number
        for number in PAGES
        if str(error).startswith(f"exercise {number}: ")
        or any(
            fnmatch(name, f"tests/{pattern}")
            for pattern in import_module(f"exercises.exercise_{number:02}").TESTS
        )
    ]
