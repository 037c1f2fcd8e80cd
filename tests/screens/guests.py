"""Guests as the help desk meets them: one who waits for a code, one blocked, one online with an account and a past, an unused voucher."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from portal.cases import desk_account
from portal.cases.desk_world import record
from store import accounts, consents, messages, requests, usage, vouchers
from store.messages import Content
from store.models import (
    Account,
    AuthEvent,
    Challenge,
    Client,
    Device,
    Grant,
    LoginVerdict,
    MessageKind,
    Portal,
    Purpose,
    RequestKind,
    Voucher,
    VoucherBatch,
    Way,
)
from store.session import transaction
from tests.store import rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

ACCOUNT, ERASED, BLOCKED, UNUSED = "0123456789acct00", "0123456789acct01", "0123456789code01", "0123456789vouch0"
ONLINE = "0123456789grant1"
SUPPORT = "R4N-7TX"


def doors(session: Session) -> None:
    """The library's gateway has a sign-in page, which takes addresses and access codes."""
    session.get_one(Client, "library-wlc").key = "sampleentrance00"
    session.get_one(Portal, "library").ways = ["terms", "email", "voucher"]


def guests(session: Session, room: Room) -> None:
    """Rows."""
    _known(session, room, ACCOUNT, "guest-017@example.org", ONLINE, SUPPORT, 31)
    _known(session, room, ERASED, "guest-018@example.org", "0123456789grant2", "R4N-7TY", 32)
    _blocked(session, room)
    _codes(session, room)
    for number in range(40):
        made = accounts.known(session, room.privacy, Way.EMAIL, f"guest-{100 + number}@example.org", room.time - timedelta(hours=number))
        made.language = "en"


def erased(room: Room) -> None:
    """One account is erased, by whoever answers for privacy."""
    who = _Doer("privacy@city.example", "")
    with transaction(room.database) as session:
        world = room.app.extensions["staff"].tools["guests"]()
        account = session.get_one(Account, ERASED)
        record(
            session,
            world,
            who,
            "reveal",
            account,
            room.time,
            reason="The request was signed",
            personal={"contact": "guest-018@example.org"},
        )
        desk_account.erase_account(session, world, account, who, "Request 2026-014, by letter", room.time)


class _Doer:
    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source


def _known(session: Session, room: Room, name: str, address: str, grant: str, support: str, number: int) -> None:
    """Somebody with an account, two devices, a session and what goes with it."""
    now, station = room.time, f"02-00-5E-00-00-{number:02}"
    account = accounts.known(session, room.privacy, Way.EMAIL, address, now - timedelta(days=40), "en", address)
    session.execute(
        Account.__table__.update().where(Account.id == account.id).values(id=name, contact=None, last_seen=now - timedelta(minutes=25))
    )
    session.expire_all()
    account = session.get_one(Account, name)
    account.contact = room.privacy.sealed(address.encode(), "account", name, "contact")
    phone, laptop = room.privacy.device(station), room.privacy.device(f"02-00-5E-00-01-{number:02}")
    session.add_all([
        Device(hash=phone, account_id=name, first_seen=now - timedelta(days=40), last_seen=now),
        Device(
            hash=laptop, account_id=name, first_seen=now - timedelta(days=9), last_seen=now - timedelta(days=2),
            label=room.privacy.sealed(b"Reading room laptop", "device", laptop.hex(), "label"),
        ),
    ])  # fmt: skip
    session.flush()
    place = {"client": "library-wlc", "access_point": "ap-0001", "ssid": "City Wi-Fi", "site": "central-library"}
    terms = consents.words("Be kind to the network.")
    began = now - timedelta(minutes=25)
    session.add_all([
        Grant(
            id=grant, device_hash=phone, account_id=name, plan="visitor", portal="library", way=Way.EMAIL, starts_at=began, terms=terms,
            ends_at=began + timedelta(hours=2), support=support, **place,
        ),
        Grant(
            device_hash=laptop, account_id=name, plan="visitor", portal="library", way=Way.EMAIL, starts_at=now - timedelta(days=2),
            ends_at=now - timedelta(days=2) + timedelta(hours=2), support="", **place,
        ),
    ])  # fmt: skip
    session.add(rows.session(
        room.privacy.seal, f"0123456789sess{number}", grant_id=grant, started_at=began, updated_at=now, seconds=1_500, ssid="City Wi-Fi",
        input_octets=18_000_000, output_octets=244_000_000, station_hash=room.privacy.station(station), access_point="ap-0001",
    ))  # fmt: skip
    session.add(AuthEvent(
        began_at=began, at=began + timedelta(seconds=1), source="192.0.2.1", rule="(mac)", verdict=LoginVerdict.ACCEPT, round_trips=1,
        milliseconds=4.0, grant_id=grant, station_hash=room.privacy.station(station), **place,
    ))  # fmt: skip
    session.flush()
    consents.agreed(session, name, consents.TERMS, terms, "en", "library", now - timedelta(days=40))
    usage.spend(session, [(name, now - timedelta(minutes=1), 1_500, 262_000_000)], ZoneInfo("America/Toronto"))
    messages.queue(
        session, room.privacy, MessageKind.MAIL, address, Content("482913"), purpose="code", language="en",
        expires_at=now + timedelta(minutes=15), now=began,
    )  # fmt: skip
    requests.receive(session, room.privacy, RequestKind.ERASE, name, address, "desk@city.example", now - timedelta(days=3))


def _blocked(session: Session, room: Room) -> None:
    """Somebody who typed five wrong codes."""
    address, device = "guest-019@example.org", room.privacy.device("02-00-5E-00-00-33")
    session.add(Challenge(
        id=BLOCKED, way=Way.EMAIL, purpose=Purpose.SIGN_IN, identity_hash=room.privacy.account(Way.EMAIL, address), device_hash=device,
        contact=room.privacy.sealed(address.encode(), "challenge", BLOCKED, "contact"), code_hash=b"c" * 16, client="library-wlc",
        portal="library", plan="visitor", language="en", tries=5, sent=1, sent_at=room.time - timedelta(minutes=4),
        created_at=room.time - timedelta(minutes=4), expires_at=room.time + timedelta(minutes=11),
    ))  # fmt: skip


def _codes(session: Session, room: Room) -> None:
    """An access code of the desk's that nobody has used."""
    batch = VoucherBatch(
        name="Desk 2026-03-09", plan="visitor", created_at=room.time, expires_at=room.time + timedelta(days=7), wanted=1,
        made_by="the desk", whole_at=room.time,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    session.add(Voucher(
        id=UNUSED, batch_id=batch.id, code_hash=vouchers.hashed(room.privacy, "P4WM77XD9TRC"),
        code=room.privacy.sealed(b"P4WM77XD9TRC", "voucher", UNUSED, "code"),
    ))  # fmt: skip
