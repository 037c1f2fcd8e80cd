"""What the porter answers: grants by station, one-time tokens, people of the directory."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from proxeny.network import Network, Plan
from proxeny.verdicts import Verdicts, proves
from radius.questions import ByDirectory, ByStation, ByToken, Verdict
from store import grants, usage
from store.directory import Person
from store.models import Account, Grant, Session, SignInToken
from store.refusal import Refusal
from store.session import reading, transaction
from tests.proxeny import guests
from tests.proxeny.guests import LAPTOP, PHONE, TABLET
from tests.store.guests import noon

if TYPE_CHECKING:
    from pathlib import Path

ZONE = noon()
ADA = Person("cn=Ada,dc=city,dc=example", "181a2486-7a80-1041-852d-57ca1e20b91f", "Ada")


@pytest.fixture
def store(tmp_path: Path) -> guests.Store:
    return guests.made(tmp_path)


def verdicts(store: guests.Store, network: Network | None = None, says: Person | Refusal | None = None) -> Verdicts:
    directory: Any = SimpleNamespace(verify=lambda user, password: says) if says else None
    return Verdicts(store.engine, store.seal, network or guests.network(), ZONE, directory)


def station(device: bytes) -> ByStation:
    return ByStation(device, "nas", "192.0.2.1")


def user(device: bytes = PHONE, site: str = "library") -> ByDirectory:
    return ByDirectory("city.example", b"ada", b"secret", "nas", site, device)


def refused(verdict: Verdict) -> str:
    assert not verdict.accept
    return verdict.reason


def opened(store: guests.Store, device: bytes, grant: str, number: int = 1) -> None:
    """An accounting session that is still open."""
    now = datetime.now(UTC)
    with transaction(store.engine) as session:
        row = Session(client="nas", source="192.0.2.1", acct_session_id=f"a-{number}", station_hash=device[::-1], grant_id=grant)
        row.started_at = row.updated_at = now
        session.add(row)


# Stations


def test_a_station_without_a_grant_is_told_so(store) -> None:
    """Nobody has let it in; or its time is over, or its grant was revoked."""
    asked = verdicts(store)
    assert "NO_GRANT" == refused(asked.of(station(PHONE)))
    store.admit(LAPTOP, now=datetime.now(UTC) - timedelta(hours=3))
    assert "NO_GRANT" == refused(asked.of(station(LAPTOP)))
    store.revoke(store.admit(TABLET))
    assert "NO_GRANT" == refused(asked.of(station(TABLET)))


def test_many_stations_are_told_each_its_own(store) -> None:
    """Strangers, grants, the same device twice: in the order they asked."""
    phone = store.admit(PHONE)
    account = store.account()
    laptop = store.admit(LAPTOP, plan="card", account=account)
    opened(store, TABLET, store.admit(TABLET, plan="card", account=account))
    said = verdicts(store).stations([station(device) for device in (b"x" * 16, PHONE, LAPTOP, b"y" * 16, PHONE)])
    assert ["NO_GRANT", "", "TOO_MANY_SESSIONS", "NO_GRANT", ""] == [each.reason for each in said]
    assert [None, phone, laptop, None, phone] == [each.grant and each.grant.id for each in said]


def test_a_live_grant_comes_with_what_was_used(store) -> None:
    """Device, plan, end, and the day's and month's usage, whose ends are the operator's midnights."""
    grant = store.admit()
    now = datetime.now(UTC)
    with transaction(store.engine) as session:
        usage.spend(session, [usage.Spending("d" + PHONE.hex(), now, 60, 1_000)], ZONE)
    verdict = verdicts(store).of(station(PHONE))
    assert (True, "", "") == (verdict.accept, verdict.reason, verdict.words)
    live = verdict.grant
    assert (PHONE, grant, "day", "", True) == (live.device, live.id, live.plan, live.account, live.live)
    assert (60, 1_000, 1_000) == (live.day_seconds, live.day_octets, live.month_octets)
    midnight = datetime.fromtimestamp(live.day_ends, ZONE)
    assert (0, 0) == (midnight.hour, midnight.minute)
    assert now.timestamp() < live.day_ends <= live.month_ends


def test_an_account_is_online_as_often_as_its_plan_says(store) -> None:
    """Its other device's session counts, its own and a stranger's do not; a plan without the limit counts nobody."""
    account = store.account()
    phone = store.admit(PHONE, plan="card", account=account)
    store.admit(LAPTOP, plan="card", account=account)
    stranger = store.admit(TABLET, plan="card", account=store.account(b"j" * 16))
    opened(store, PHONE, phone, 1)
    opened(store, TABLET, stranger, 2)
    asked = verdicts(store)
    assert asked.of(station(PHONE)).accept
    assert "TOO_MANY_SESSIONS" == refused(asked.of(station(LAPTOP)))
    assert asked.of(station(TABLET)).accept
    assert verdicts(store, guests.network(card=Plan("card"))).of(station(LAPTOP)).accept


# Tokens


def token(store: guests.Store, device: bytes = PHONE) -> tuple[str, str]:
    grant = store.admit(device)
    with transaction(store.engine) as session:
        return grants.token(session, store.seal, session.get_one(Grant, grant), "nas", datetime.now(UTC))


def pap(name: str, password: str, client: str = "nas", device: bytes = PHONE) -> ByToken:
    return ByToken(name, password.encode(), b"", b"", client, device)


def chap(name: str, password: str) -> ByToken:
    challenge = bytes(range(16))
    digest = hashlib.md5(b"\x07" + password.encode() + challenge).digest()
    return ByToken(name, b"", b"\x07" + digest, challenge, "nas", PHONE)


@pytest.mark.parametrize("way", [pap, chap])
def test_a_token_opens_once_for_the_client_and_device_it_was_made_for(store, way) -> None:
    """By PAP and by CHAP; a repetition within the minute is the same sign-in (a lost answer)."""
    name, password = token(store)
    asked = verdicts(store)
    assert PHONE == asked.of(way(name, password)).grant.device
    assert asked.of(way(name, password)).accept
    with transaction(store.engine) as session:
        session.get_one(SignInToken, name).used_at -= timedelta(minutes=2)
    assert "TOKEN_USED" == refused(asked.of(way(name, password)))


def test_who_knows_only_the_name_uses_nothing_up(store) -> None:
    """A wrong password, by PAP and CHAP, however long: TOKEN_WRONG, and the right one still opens."""
    name, password = token(store)
    asked = verdicts(store)
    short = ByToken(name, b"", b"\x07", bytes(16), "nas", PHONE)
    for wrong in (pap(name, "guess"), pap(name, ""), pap(name, password + "x"), chap(name, "guess"), short):
        assert "TOKEN_WRONG" == refused(asked.of(wrong))
    assert asked.of(pap(name, password)).accept


def test_a_token_is_nobody_elses(store) -> None:
    """Another client or device is TOKEN_FOREIGN; a name that was never made TOKEN_UNKNOWN; a request without a station may pass."""
    name, password = token(store)
    asked = verdicts(store)
    assert "TOKEN_FOREIGN" == refused(asked.of(pap(name, password, client="other")))
    assert "TOKEN_FOREIGN" == refused(asked.of(pap(name, password, device=LAPTOP)))
    assert "TOKEN_UNKNOWN" == refused(asked.of(pap("t-0123456789abcdef", password)))
    assert asked.of(pap(name, password, device=b"")).accept


def test_a_guess_waits_for_nobody_who_writes(store) -> None:
    """A name that was never made is looked up without the write lock: guesses hold up neither records nor sign-ins, nor the reverse."""
    asked, answers = verdicts(store), []
    guess = threading.Thread(target=lambda: answers.append(asked.of(pap("t-0123456789abcdef", "guess"))))
    with transaction(store.engine) as session:
        session.execute(select(1))  # has the write lock from here on
        guess.start()
        guess.join(5)
        assert ["TOKEN_UNKNOWN"] == [refused(answer) for answer in answers]


def test_a_token_of_a_grant_that_is_over_is_expired(store) -> None:
    """Signed out between the portal and the gateway."""
    name, password = token(store)
    with reading(store.engine) as session:
        grant = grants.live(session, PHONE, datetime.now(UTC)).id
    store.revoke(grant)
    assert "TOKEN_EXPIRED" == refused(verdicts(store).of(pap(name, password)))


def test_chap_is_computed_as_the_rfc_says() -> None:
    """RFC 2865, 5.3: MD5 over identifier, password and challenge; the identifier is the first octet."""
    secret, challenge = b"MoveAlong", b"c" * 16
    good = b"\x2a" + hashlib.md5(b"\x2a" + secret + challenge).digest()
    assert proves(ByToken("t-x", b"", good, challenge, "nas", b""), secret)
    for bad in (b"\x2b" + good[1:], good[:-1] + bytes([good[-1] ^ 1]), good + b"x"):
        assert not proves(ByToken("t-x", b"", bad, challenge, "nas", b""), secret)


# The directory


def test_a_trial_is_answered_like_a_sign_in_and_keeps_nothing(store) -> None:
    """Accepted by a grant without a name, as often as one likes; refused where a new device would be; no row is written."""
    asked = verdicts(store, says=ADA)
    for number in range(4):
        verdict = asked.of(user(bytes([number]) * 16)._replace(trial=True))
        assert (True, "card", "") == (verdict.accept, verdict.grant.plan, verdict.grant.id)
    with reading(store.engine) as session:
        assert (0, [], []) == (grants.newest(session), session.scalars(select(Grant)).all(), session.scalars(select(Account)).all())
    assert asked.of(user(PHONE)).accept
    assert asked.of(user(LAPTOP)).accept
    assert "TOO_MANY_DEVICES" == refused(asked.of(user(TABLET)._replace(trial=True)))


def test_a_person_of_the_directory_gets_the_portals_plan_for_cards(store, tmp_path) -> None:
    """An account by a keyed hash, and a grant of the plan for way `card`; the same person again is the same account."""
    asked = verdicts(store, says=ADA)
    phone, laptop = asked.of(user(PHONE)), asked.of(user(LAPTOP))
    assert (True, "card") == (phone.accept, phone.grant.plan)
    assert phone.grant.account == laptop.grant.account != ""
    assert phone.grant.id != laptop.grant.id
    assert phone.grant.id == asked.of(user(PHONE)).grant.id
    assert phone.grant.account != verdicts(store, says=ADA._replace(key="another")).of(user(TABLET)).grant.account
    assert not any(ADA.key.encode() in path.read_bytes() for path in tmp_path.glob("proxeny.db*"))


def test_a_site_without_a_portal_has_the_only_one(store) -> None:
    """And where there are two, none: PLAN_GONE says that nobody declared what a card gives."""
    assert "card" == verdicts(store, says=ADA).of(user(site="square")).grant.plan
    two = guests.network()
    two.rows["portal"]["other"] = replace(two.rows["portal"]["main"], name="other")
    assert "PLAN_GONE" == refused(verdicts(store, two, ADA).of(user(LAPTOP, site="square")))


def test_an_account_has_as_many_devices_as_its_plan_says(store) -> None:
    """The third of two is refused and nothing is written of it; a device that is in already is counted once."""
    asked = verdicts(store, says=ADA)
    assert [True, True] == [asked.of(user(device)).accept for device in (PHONE, LAPTOP)]
    assert "TOO_MANY_DEVICES" == refused(asked.of(user(TABLET)))
    assert asked.of(user(LAPTOP)).accept
    with reading(store.engine) as session:
        assert grants.live(session, TABLET, datetime.now(UTC)) is None


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        *((each, "DIRECTORY_UNAVAILABLE") for each in Refusal if each.ours),
        *((each, "DIRECTORY_WRONG") for each in Refusal if not each.ours and each is not Refusal.BUSY),
        (Refusal.BUSY, "DIRECTORY_BUSY"),
    ],
)
def test_a_guest_learns_no_more_than_needed(store, says, reason) -> None:
    """A wrong password, an unknown name and a locked entry are one reason, without words."""
    verdict = verdicts(store, says=says).of(user())
    assert (False, reason, None, "") == tuple(verdict)


def test_what_cannot_be_granted_is_refused_before_the_directory_is_asked(store) -> None:
    """No directory, no plan, no station."""
    assert "LOCAL_UNAVAILABLE" == refused(verdicts(store).of(user()))
    none = guests.network()
    none.rows["plan"].clear()
    assert "PLAN_GONE" == refused(verdicts(store, none, ADA).of(user()))
    assert "NO_STATION" == refused(verdicts(store, says=ADA).of(user(device=b"")))
