"""Counts in sentences, as a page's language groups their digits: "Shown 10,370 times"; "10 370 affichages".

Never a number that a program reads: what is no text of a template is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal
from jinja2 import pass_context

if TYPE_CHECKING:
    from flask import Flask
    from jinja2.runtime import Context


def group(app: Flask) -> None:
    """In each ngettext of this app's templates; behind Babel, whose it is."""
    plain: Any = app.jinja_env.globals["ngettext"]

    @pass_context
    def ngettext(context: Context, one: str, many: str, count: int, **said: Any) -> Any:
        return plain(context, one, many, count, **{"num": format_decimal(count), **said})

    app.jinja_env.globals["ngettext"] = ngettext
