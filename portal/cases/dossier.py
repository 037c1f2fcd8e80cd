"""Everything that is held about an account's owner, as one document: for a machine and, the newest of it, for a page.

Bounded: the newest rows of each kind, and how many were left out. Never what would name somebody else: of devices that were
added by their address it holds what the owner did, and neither when nor where they were online.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store import belongings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.kept import Line
    from store.belongings import Belonging
    from store.models import Account, Consent, Grant, GuestUsage, Message
    from store.models import Session as Accounting
    from store.privacy import Privacy

ABOUT = "Stations' addresses are kept as keyed hashes and under a seal, and cannot be written out here."


def dossier(session: Session, privacy: Privacy, account: Account, lines: Sequence[Line], now: datetime) -> dict[str, Any]:
    """The document, in plain values."""
    devices = belongings.devices(session, privacy, account.id, now)
    added = {each.hash for each in devices if each.added}
    granted = belongings.granted(session, account.id)
    by_name = {grant.id: grant for grant in granted if bytes(grant.device_hash) not in added}
    sessions = belongings.sessions(session, list(by_name))
    held = belongings.addresses(session, [each.id for each in sessions])
    return {
        "written_at": _at(now),
        "about": ABOUT,
        "account": {
            "way": account.way.value,
            "contact": contact(privacy, account),
            "language": account.language,
            "created_at": _at(account.created_at),
            "last_seen": _at(account.last_seen),
        },
        "devices": [_device(each) for each in devices],
        "grants": [_grant(privacy, account.id, grant) for grant in granted],
        "sessions": [_session(privacy, account.id, by_name[each.grant_id or ""], each, held.get(each.id, [])) for each in sessions],
        "usage": [_usage(row) for row in belongings.used(session, account.id)],
        "consents": [_consent(row) for row in belongings.consents(session, account.id)],
        "messages": [_message(row) for row in belongings.messages(session, account)],
        "kept_until": {line.held.value: {"rows": line.number, "until": _at(line.until)} for line in lines},
        "most_rows_of_a_kind": belongings.MOST_ROWS,
    }


def contact(privacy: Privacy, account: Account) -> str:
    """The verified address, card or name."""
    return privacy.opened(account.contact, "account", account.id, "contact").decode("utf-8", "replace")


def _device(each: Belonging) -> dict[str, Any]:
    return {
        "device": each.ref,
        "name": each.label,
        "added_by_its_address": each.added,
        "since": _at(each.since),
        "last_seen": _at(each.seen),
        "may_be_online_until": _at(each.grant.ends_at if each.grant is not None else None),
    }


def _usage(row: GuestUsage) -> dict[str, Any]:
    span = {"period": row.period.value, "from": _at(row.begins_at), "until": _at(row.ends_at)}
    return {**span, "seconds": row.seconds, "octets": row.octets}


def _consent(row: Consent) -> dict[str, Any]:
    said = {"purpose": row.purpose, "words": row.digest, "language": row.language}
    return {**said, "given_at": _at(row.given_at), "withdrawn_at": _at(row.withdrawn_at)}


def _message(row: Message) -> dict[str, Any]:
    return {"kind": row.kind.value, "purpose": row.purpose, "queued_at": _at(row.queued_at), "state": row.state.value}


def _grant(privacy: Privacy, account: str, grant: Grant) -> dict[str, Any]:
    return {
        "support_number": grant.support,
        "device": belongings.ref(privacy, account, bytes(grant.device_hash)),
        "way": grant.way.value,
        "plan": grant.plan,
        "site": grant.site,
        "access_point": grant.access_point,
        "ssid": grant.ssid,
        "language": grant.language,
        "terms": grant.terms,
        "from": _at(grant.starts_at),
        "until": _at(grant.ends_at),
        "ended_early_at": _at(grant.revoked_at),
        "why": grant.why,
    }


def _session(privacy: Privacy, account: str, grant: Grant, session: Accounting, addresses: Sequence[str]) -> dict[str, Any]:
    return {
        "device": belongings.ref(privacy, account, bytes(grant.device_hash)),
        "from": _at(session.started_at),
        "until": _at(session.ended_at),
        "last_word": _at(session.updated_at),
        "seconds": session.seconds,
        "octets_up": session.input_octets,
        "octets_down": session.output_octets,
        "site": session.site,
        "access_point": session.access_point,
        "ssid": session.ssid,
        "addresses": list(addresses),
    }


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None
