"""A replay file skips the questions and with them the check of the answers: check them here, too."""

import sys

sys.exit({{ cookiecutter|problems|quoted }} or None)
