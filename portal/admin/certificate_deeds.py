"""What is done about certificates of our listeners, for the pages and for the API, each with its entry in the audit log.

As many are kept as may be: FullError. Never gives a key out, and never takes one into use that would not serve.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g

from portal.admin.desk import desk
from portal.admin.guard import audited
from portal.cases import own_certificates
from portal.cases.certificates import Flaw
from store import listener_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from portal.cases.certificates import Leaf
    from portal.cases.key_files import Parcel
    from portal.cases.own_certificates import Listener
    from store.models import ListenerKey


def asked(of: Listener, names: Sequence[str], kind: str) -> ListenerKey:
    """A key is made, and the request for its certificate."""
    with desk().writing() as session:
        row = own_certificates.ask(session, desk().privacy.seal, of, names, kind, by=g.staff.name, now=g.now)
        audited(session, "add", "certificate", of.name, fields={"request": (None, row.id), "names": (None, names), "key": (None, kind)})
        return row


def kept(of: Listener, parcel: Parcel) -> tuple[ListenerKey, Leaf] | Flaw:
    """A certificate is judged, and kept where it could serve."""
    with desk().writing() as session:
        roots = desk().tools["roots"]()
        taken = own_certificates.take(session, desk().privacy.seal, of, parcel, roots, by=g.staff.name, now=g.now)
        if not isinstance(taken, Flaw):
            row, leaf = taken
            fields = {"certificate": (None, row.id), "fingerprint": (None, leaf.fingerprint), "ends": (None, leaf.ends.isoformat())}
            audited(session, "add", "certificate", of.name, fields=fields)
        return taken


def used(session: Session, of: Listener, row: ListenerKey) -> Flaw | None:
    """The listener takes this one from now on; else why it would not serve."""
    tools = desk().tools
    before = listener_keys.in_use(session, of.name)
    flaw = own_certificates.use(session, desk().privacy.seal, of, row, tools["loads"], tools["roots"](), g.now)
    if flaw is None:
        fields = {"certificate": (before.id if before is not None else None, row.id)}
        audited(session, "change", "certificate", of.name, fields=fields)
    return flaw
