"""The one kind of error that is meant to be read by whoever runs a script."""


class UserError(Exception):
    """Something that the person who runs a script can put right: shown without a traceback."""
