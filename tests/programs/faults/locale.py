"""A number as the user's locale writes it."""

import locale

locale.setlocale(locale.LC_ALL, "")
value = f"{1.5:n}"
