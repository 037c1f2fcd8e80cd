"""Certificates of our own listeners: where each comes from, what it covers, when it ends; and, where the app keeps it, a new one.

What is judged, kept and taken into use is portal/cases/own_certificates.py's. Never shows a private key, and has no page that could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, Response, abort, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal.admin import certificate_deeds, entries
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.page import page
from portal.cases import certificates, key_files, own_certificates
from portal.cases.certificates import LARGEST, Flaw, Leaf, Note
from portal.permissions import Permission
from store import listener_keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.cases.own_certificates import Listener
    from store.models import ListenerKey

blueprint = Blueprint("certificates", __name__)
WHERE: Final = "/certificates"
STEPS: Final = ((7, "bad"), (30, "warn"))  # days left, and how loud that is said
TITLES: Final[Mapping[str, Any]] = {
    "guest": later("Guests’ pages"),
    "business": later("Shops’ pages"),
    "staff": later("Staff’s pages"),
}
FLAWS: Final[Mapping[Flaw, Any]] = {
    Flaw.EMPTY: later("There is no certificate in it. Choose the file that the authority sent, or paste what it says."),
    Flaw.LARGE: later("It is larger than 64 kB, or has more than ten certificates. Send the certificate and its intermediates alone."),
    Flaw.UNREADABLE: later("It is no certificate or key in PEM, DER or PKCS#12. Was it sent whole, and is it not a PDF or an archive?"),
    Flaw.PASSWORD: later("It is locked, and that is not its password. Type the password that it was exported with."),
    Flaw.SLOW: later("It took too long to open. Export it again with an ordinary program, such as openssl."),
    Flaw.KEYLESS: later("No key is there for it. Upload the key with it, or make a request here and have that one signed."),
    Flaw.OTHER_KEY: later("The key is another certificate’s. The two must have been made together."),
    Flaw.KEYS: later("There are several keys in it. Send the one that the certificate was made for."),
    Flaw.WEAK_KEY: later("Its key is not one that browsers take: EC P-256 or P-384, or RSA of 2048 to 8192 bits."),
    Flaw.WEAK_SIGNATURE: later("It is signed with SHA-1 or something weaker, which browsers refuse. Have it issued again with SHA-256."),
    Flaw.ENDED: later("It, or a certificate of its chain, has ended. Have it renewed."),
    Flaw.EARLY: later("It is not valid yet. Is this machine’s clock right? Else come back when it is."),
    Flaw.NAMES: later("It does not cover every host name of this listener: browsers would refuse it under the others."),
    Flaw.AUTHORITY: later("It is an authority’s own certificate. Upload the one that was issued for this host name."),
    Flaw.PURPOSE: later("It is not made for servers (extended key usage). Ask for a TLS server certificate."),
}
NOTES: Final[Mapping[Note, Any]] = {
    Note.REORDERED: later("Its chain was in another order; it is served in the right one."),
    Note.LEFT_OUT: later("Certificates that are not of its chain were left out."),
    Note.SELF_SIGNED: later("It is signed by itself: browsers warn everybody of it."),
    Note.INCOMPLETE: later(
        "This machine does not know who issued the last of its chain: either an intermediate is missing, or it is a private authority."
    ),
}
_FILED: Final[Mapping[Note, Any]] = {  # of a file, which is served as it is
    Note.REORDERED: later("Its chain is in another order than browsers want: its own first, then who issued each."),
    Note.LEFT_OUT: later("The file has certificates that are not of its chain: take them out."),
}


class Row(NamedTuple):
    """A listener with what it serves now."""

    listener: Listener
    title: Any
    leaf: Leaf | None
    days: int | None
    tone: str
    said: Any  # in a word or two
    uncovered: Sequence[str]
    notes: Sequence[Any]


class Kept(NamedTuple):
    """A key that the app keeps."""

    row: ListenerKey
    leaf: Leaf | None
    standing: str  # waits, ready, used, former
    ended: bool
    notes: Sequence[Any]


@blueprint.get("/certificates")
@needs(Permission.NETWORK)
def index() -> ResponseReturnValue:
    """Every listener."""
    with desk().reading() as session:
        serving = listener_keys.serving(session)
    rows = [row_of(each, serving.get(each.name)) for each in listeners()]
    return page("certificates.html", rows=rows)


@blueprint.get("/certificates/<listener>")
@needs(Permission.NETWORK)
def show(listener: str) -> ResponseReturnValue:
    """One, with what is kept for it."""
    return _shown(_listener(listener))


@blueprint.get("/certificates/<listener>/new")
@needs(Permission.SECRETS, fresh=True)
def new(listener: str) -> ResponseReturnValue:
    """A request, or a certificate: both forms, behind a fresh proof, so that no file is lost on the way to it."""
    return _form(_listener(listener))


@blueprint.post("/certificates/<listener>/request")
@needs(Permission.SECRETS, fresh=True)
def ask(listener: str) -> ResponseReturnValue:
    """A key is made, and the request for its certificate."""
    of = _listener(listener)
    names, kind = own_certificates.named(request.form.get("names", "")[:10_000]), request.form.get("kind", "")
    wrong = own_certificates.misnamed(names)
    if wrong is not None or kind not in key_files.KINDS:
        words = _("“%(name)s” is no host name", name=wrong[:100]) if wrong else _("Name the hosts, one a line: twenty at most")
        return _form(of, 422, asked=words)
    try:
        certificate_deeds.asked(of, names, kind)
    except own_certificates.FullError:
        return _form(of, 409, asked=_full())
    return entries.done(_at(of), _("The request is made. Download it, have it signed, and upload what comes back."))


@blueprint.get("/certificates/<listener>/request/<name>")
@needs(Permission.SECRETS)
def download(listener: str, name: str) -> ResponseReturnValue:
    """The request, for the authority: nothing in it is secret."""
    with desk().reading() as session:
        row = listener_keys.find(session, _listener(listener).name, name)
    if row is None or not row.request:
        abort(404)
    answer = Response(row.request, mimetype="application/pkcs10")
    answer.headers["Content-Disposition"] = f'attachment; filename="{listener}-{row.created_at:%Y-%m-%d}.csr"'
    return answer


@blueprint.post("/certificates/<listener>/upload")
@needs(Permission.SECRETS, fresh=True)
def upload(listener: str) -> ResponseReturnValue:
    """A certificate is judged and kept; it is not used before somebody says so."""
    of = _listener(listener)
    password = request.form.get("password", "")[:1_000].encode("utf-8", "replace")
    octets = _sent()
    parcel = Flaw.LARGE if octets is None else desk().tools["unwrap"](octets, password)
    if isinstance(parcel, Flaw):
        return _form(of, 422, sent=FLAWS[parcel])
    try:
        taken = certificate_deeds.kept(of, parcel)
    except own_certificates.FullError:
        return _form(of, 409, sent=_full())
    if isinstance(taken, Flaw):
        return _form(of, 422, sent=FLAWS[taken])
    return entries.done(_at(of), _("It can serve. Look at it below, and use it."))


@blueprint.post("/certificates/<listener>/use")
@needs(Permission.SECRETS, fresh=True)
def use(listener: str) -> ResponseReturnValue:
    """This one from now on; also the way back to a former one."""
    of = _listener(listener)
    with desk().writing() as session:
        flaw = certificate_deeds.used(session, of, _find(session, of))
    if flaw is not None:
        return _shown(of, 409, FLAWS[flaw])
    return entries.done(_at(of), _("Browsers meet it from now on. Whoever is connected stays so; the former one is kept for a way back."))


@blueprint.post("/certificates/<listener>/remove")
@needs(Permission.SECRETS, fresh=True)
def remove(listener: str) -> ResponseReturnValue:
    """A key that is not in use is forgotten."""
    of = _listener(listener)
    with desk().writing() as session:
        row = _find(session, of)
        used = row.used_from is not None and row.retired_at is None
        if not used or not of.kept:
            session.delete(row)
            audited(session, "remove", "certificate", of.name, fields={"certificate": (row.id, None)})
    if used and of.kept:
        return _shown(of, 409, _("It is in use. Use another one first."))
    return entries.done(_at(of), _("The key and what belongs to it are forgotten."))


def listeners() -> list[Listener]:
    """Ours, as the settings have them."""
    found: list[Listener] = desk().tools["listeners"]()
    return found


def _listener(name: str) -> Listener:
    found = next((each for each in listeners() if each.name == name), None)
    return found if found is not None else abort(404)


def _find(session: Session, of: Listener) -> ListenerKey:
    row = listener_keys.find(session, of.name, request.form.get("id", "")[:64])
    return row if row is not None else abort(404)


def _at(of: Listener) -> str:
    return entries.at(WHERE, of.name)


def _full() -> Any:
    return _("A dozen are kept for this listener. Remove one that is not needed any more.")


def _sent() -> bytes | None:
    """What was uploaded or pasted, all of it; None where that is too much."""
    parts = [each.read(LARGEST + 1) for name in ("file", "keyfile") if (each := request.files.get(name)) is not None]
    pasted = request.form.get("pasted", "")[: LARGEST + 1].encode("utf-8", "replace")
    parts = [each for each in (*parts, pasted) if each.strip()]
    whole = parts[0] if len(parts) == 1 else b"\n".join(parts)
    return whole if len(whole) <= LARGEST else None


def row_of(of: Listener, kept: ListenerKey | None) -> Row:
    pem = (kept.chain.encode() if kept is not None else b"") if of.kept else of.chain
    leaf = certificates.shown(pem, desk().tools["roots"]()) if pem else None
    days = leaf.days(g.now) if leaf is not None else None
    tone, said = _standing(of, days)
    uncovered = [name for name in of.names if leaf is not None and not _covered(leaf, name)]
    tone = "bad" if uncovered else tone
    return Row(of, TITLES.get(of.name, of.name), leaf, days, tone, said, uncovered, _noted(of, leaf))


def _noted(of: Listener, leaf: Leaf | None) -> list[Any]:
    words = NOTES if of.kept else {**NOTES, **_FILED}
    return [words[each] for each in leaf.notes] if leaf is not None else []


def _covered(leaf: Leaf, name: str) -> bool:
    return name in leaf.names or f"*.{name.partition('.')[2]}" in leaf.names


def _standing(of: Listener, days: int | None) -> tuple[str, Any]:
    if days is not None:
        tone = next((tone for most, tone in STEPS if days <= most), "good")
        return ("bad", _("has ended")) if days < 0 else (tone, _("%(days)s days left", days=days))
    if of.kept:
        return "warn", _("signed by itself: nothing is uploaded yet")
    if of.file:
        return "bad", _("its file cannot be read")
    return ("quiet", _("no certificate here: a proxy has it")) if of.origin.startswith("https:") else ("warn", _("no encryption"))


def _shown(of: Listener, status: int = 200, wrong: Any = "") -> ResponseReturnValue:
    roots = desk().tools["roots"]()
    with desk().reading() as session:
        rows = listener_keys.of(session, of.name)
        used = next((row for row in rows if row.used_from is not None and row.retired_at is None), None)
        kept = [_of(row, certificates.shown(row.chain.encode(), roots) if row.chain else None, used) for row in rows]
        return page("certificate.html", status, row=row_of(of, used), kept=kept, wrong=wrong, where=_at(of), under=WHERE)


def _of(row: ListenerKey, leaf: Leaf | None, used: ListenerKey | None) -> Kept:
    standing = "used" if row is used else "former" if row.used_from is not None else "ready" if row.chain else "waits"
    ended = leaf is not None and leaf.ends <= g.now
    return Kept(row, leaf, standing, ended, [NOTES[each] for each in leaf.notes] if leaf is not None and standing == "ready" else [])


def _form(of: Listener, status: int = 200, *, asked: Any = "", sent: Any = "") -> ResponseReturnValue:
    names = request.form.get("names") or "\n".join(of.names)
    values = {"asked": asked, "sent": sent, "names": names, "kinds": key_files.KINDS, "chosen": request.form.get("kind", "")}
    return page("certificate_new.html", status, of=of, title=TITLES.get(of.name, of.name), where=_at(of), under=WHERE, **values)
