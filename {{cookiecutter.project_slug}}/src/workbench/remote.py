"""Run a command of DVC as DVC does, and end with one line where it fails.

The clients of the stores that DVC reaches fail each in their own way, some with a line per file.
All that DVC says of it: `dvc push --verbose`.
"""

import logging
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO

from dvc.cli import parse_args
from dvc.repo import Repo
from dvc.ui import ui

from .errors import UserError


class Kept(logging.Handler):
    """Keeps warnings and errors instead of printing them, each in one line."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record."""
        self.lines.append(describe(record.getMessage(), record.exc_info and record.exc_info[1]))


def describe(text: str, error: BaseException | None) -> str:
    """What was tried, the error and its causes, each once, in one line."""
    texts = [text]
    while error is not None:
        lost = isinstance(error, FileNotFoundError) and error.errno is None  # a name, and no word
        texts.append(f"not found: {error}" if lost else str(error) or type(error).__name__)
        error = error.__cause__
    return ": ".join(dict.fromkeys(" ".join(text.split()) for text in texts if text))


def run_dvc(arguments: Sequence[str]) -> None:
    """Run `dvc push` or `dvc pull`; its progress bars and its summary are printed.

    Raises:
        UserError: It failed, or there is no remote.
    """
    kept = Kept()
    for name in ("dvc", "dvc_data", "dvc_objects"):
        logging.getLogger(name).handlers = [kept]
    logging.getLogger().addHandler(logging.NullHandler())  # clients log tracebacks
    parsed = parse_args(arguments)
    ui.enable()
    try:
        with Repo() as repo:
            remote = repo.config["core"].get("remote")
        if remote is None:
            raise UserError("no remote: `dvc remote add --default storage <URL>` (docs/storage.md)")
        with redirect_stdout(StringIO()) as summary:  # DVC gives one of a failure, too
            failed = parsed.func(parsed).do_run() != 0
    except UserError:
        raise
    except Exception as error:  # of whichever client, and without a common base class
        raise UserError(describe("", error)) from error
    if failed:
        # The last line sums up; the first one tells what went wrong first.
        raise UserError(": ".join(dict.fromkeys((kept.lines[-1], kept.lines[0]))))
    print(summary.getvalue(), end="")
    if kept.lines:
        print(kept.lines[0], file=sys.stderr)


def main() -> None:
    """Run from the command line, with the command of DVC as the arguments."""
    _, program, *arguments = sys.argv
    try:
        run_dvc(arguments)
    except UserError as error:
        sys.exit(f"{program} {arguments[0]}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
