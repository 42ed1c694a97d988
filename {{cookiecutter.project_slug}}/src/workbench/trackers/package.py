"""The package of a tracker, which is an extra of the project."""

from importlib import import_module
from typing import Any

from ..errors import UserError


def import_package(name: str) -> Any:
    """Import a tracker's package.

    Raises:
        UserError: It is not installed.
    """
    try:
        module = import_module(name)
    except ImportError:
        module = None
    if module is None or module.__file__ is None:  # a folder of that name is not the package
        raise UserError(
            f"tracker={name}: {name} is not installed: `make setup EXTRAS={name}`"
        ) from None
    return module
