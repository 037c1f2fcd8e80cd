"""Entries of the network as pages: shown, saved, taken over, and removed where nobody needs them, for every section alike.

Whatever is written goes through `Desk.change`, which is `proxeny apply`'s own code. Never removes what others refer to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote, urlencode

from flask import abort, redirect
from flask_babel import gettext as _

from portal.admin import undo
from portal.admin.desk import Edit, Wrong, desk
from portal.admin.guard import actor
from portal.admin.page import page
from store.models import ManagedBy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

_QUERIED: Final = ("access_point", "realm")  # whose pages have odd names in the query
_ODD: Final = re.compile(
    r"new|replace|\.{1,2}|/.*|.*//.*|terms/.*|.*/(take-over|remove|move|use|secret|test|edit|guide|secrets|end|simulate"
    r"|versions|compare|publish|discard|preview|back)",
    re.DOTALL,
)


class Referrer(NamedTuple):
    """Something that names an entry: what kind of thing, which, where its page is; `needs`: it cannot do without."""

    kind: Any
    name: str
    path: str
    needs: bool = True


class Entry(NamedTuple):
    """One entry: its row, its keys as the network file has them, and whether the app keeps it."""

    row: Any
    values: Mapping[str, Any]
    ours: bool


class Written(NamedTuple):
    """What was written, as `Made` says it, and the link that undoes it; "" where nothing can."""

    changes: tuple[str, ...]
    version: int
    undo: str


class Paths(NamedTuple):
    """Where an entry's page is, and where its forms go."""

    page: str
    take_over: str
    remove: str


def at(where: str, name: str) -> str:
    """The page of an entry with its name in the path, whatever the name holds."""
    return f"{where}/{quote(name, safe='')}"


def paths(where: str, name: str) -> Paths:
    """The same, with its forms."""
    here = at(where, name)
    return Paths(here, f"{here}/take-over", f"{here}/remove")


def queried(where: str, key: str, name: str) -> Paths:
    """Of an entry whose name may be nothing at all, or an expression: it is in the query."""
    said = urlencode({key: name})
    return Paths(f"{where}/entry?{said}", f"{where}/take-over?{said}", f"{where}/remove?{said}")


def find(session: Session, section: str, model: Any, name: str) -> Entry:
    """The entry of this name; where there is none, the page that says so."""
    row = session.get(model, name)
    values = desk().entry(session, section, name) if row is not None else None
    if row is None or values is None:
        abort(404)
    return Entry(row, values, row.managed_by is ManagedBy.APP)


def write(section: str, name: str, fields: Mapping[str, Any] | None, *, take_over: bool = False) -> Written | list[Wrong]:
    """One edit, in a transaction of its own; judged before that, so that a mistake holds nobody up."""
    if not name and fields is not None and (wrong := astray(section, fields)) is not None:
        return [wrong]
    with desk().reading() as session:
        judged = desk().change(session, [Edit(section, name, fields, take_over)], actor(), dry=True)
    if isinstance(judged, list):
        return judged
    with desk().writing() as session:
        outcome, link = undo.change(session, section, {name: fields}, take_over=take_over)
    return outcome if isinstance(outcome, list) else Written(*outcome, f"{section} {link}" if link and not take_over else "")


def astray(section: str, fields: Mapping[str, Any]) -> Wrong | None:
    """Why a new entry cannot have its name: that page would be another's, or ask whether another is to go."""
    key = "id" if section == "site" else "name"
    if section in _QUERIED or _ODD.fullmatch(str(fields.get(key) or "")) is None:
        return None
    return Wrong(0, key, _("That name is a page of its own"), _("Choose another one"))


def done(where: str, words: str, written: Written | None = None) -> ResponseReturnValue:
    """To the page that shows what was done, with the button that undoes it where that can be."""
    said = {"done": words, **({"undo": written.undo} if written is not None and written.undo else {})}
    return redirect(f"{where}{'&' if '?' in where else '?'}{urlencode(said)}", 303)


def take_over(section: str, name: str, where: str) -> ResponseReturnValue:
    """The app keeps it from now on; its page."""
    outcome = write(section, name, {}, take_over=True)
    if isinstance(outcome, list):
        return refused(where, outcome)
    return done(where, _("It is kept here now. Take it out of the network file too, or the next apply takes it back."))


def removal(name: str, where: str, back: str, referrers: Sequence[Referrer], words: Any = "") -> ResponseReturnValue:
    """The page that asks before an entry goes, and says who refers to it. `where`: its page; `back`: the list."""
    return page("removal.html", name=name, where=where, back=back, referrers=referrers, told=words)


def remove(section: str, name: str, back: str, where: str) -> ResponseReturnValue:
    """It goes, unless something needs it; then the list, `back`."""
    outcome = write(section, name, None)
    if isinstance(outcome, list):
        return refused(where, outcome)
    return done(back, _("“%(name)s” was removed.", name=name or _("(no realm)")), outcome)


def refused(where: str, wrongs: Sequence[Wrong]) -> ResponseReturnValue:
    """Why not, and the way back."""
    return page("refused.html", 409, wrongs=wrongs, where=where)
