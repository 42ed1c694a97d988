"""The one kind of error that is meant to be read by whoever runs a script."""


class UserError(Exception):
    """An error that the person who runs a script can fix: shown without a traceback."""


def describe_os_error(error: OSError) -> str:
    """The file that it is about, and what is wrong with it."""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def describe_cause(error: BaseException) -> str:
    """The first cause of an error, in one line: libraries wrap it in errors of their own."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def say_rows(count: int) -> str:
    """A number of rows, in words."""
    return "1 row" if count == 1 else f"{count} rows"
