"""store.consumption: sessions run under their guests' grants, and what they use is counted once; on both databases."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from store import grants, usage
from store.consumption import Consumption
from store.ledger import record_accounting
from store.models import Session, Way
from store.privacy import Privacy
from store.session import reading, transaction
from tests.store import guests
from tests.store.rows import NOW
from tests.store.test_ledger import STATION, interim, start, stop

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.entries import Entry
    from store.models import Grant
    from store.sealed import Seal

TORONTO = ZoneInfo("America/Toronto")
HOUR = timedelta(hours=1)
GUEST = {"user_name": STATION.encode(), "ssid": "City Wi-Fi"}


@pytest.fixture
def privacy(seal: Seal) -> Privacy:
    return Privacy(seal, b"t" * 32, b"d" * 32, b"a" * 32)


def admitted(database: Engine, privacy: Privacy, **changes: Any) -> Grant:
    with transaction(database) as session:
        return guests.admit(session, privacy.device(STATION), **changes)


def tell(database: Engine, privacy: Privacy, *entries: Entry) -> set[str]:
    """Record a batch; the subjects it touched."""
    consumption = Consumption(TORONTO)
    with transaction(database) as session:
        record_accounting(session, entries, privacy, consumption)
    return consumption.subjects


def used(database: Engine, subject: str, hours: float = 0.5) -> tuple[int, int, int]:
    with reading(database) as session:
        return usage.of(session, subject, NOW + hours * HOUR, TORONTO)[:3]


def tied(database: Engine) -> list[str | None]:
    with reading(database) as session:
        return list(session.scalars(select(Session.grant_id).order_by(Session.acct_session_id)))


def test_a_session_belongs_to_the_grant_its_class_names(database: Engine, privacy: Privacy) -> None:
    """Whichever of its device's grants is the newest: the Class that we handed out comes back, and says which."""
    with transaction(database) as session:
        account = grants.account(session, Way.CARD, b"i" * 16, NOW).id
        grant = guests.admit(session, privacy.device(STATION), account=account)
    other = admitted(database, privacy, plan="resident")
    ours = GUEST | {"class_": b"g." + grant.id.encode()}
    assert tell(database, privacy, start(**ours), interim(60, 60, 1000, 24, **ours)) == {account}
    assert tied(database) == [grant.id]
    assert used(database, account) == (60, 1024, 1024)
    assert used(database, grants.subject(other)) == (0, 0, 0)


@pytest.mark.parametrize("client", ["library-wlc", "another-wlc"])
def test_no_class_charges_another_device(database: Engine, privacy: Privacy, client: str) -> None:
    """A NAS that repeats a Class for a device it was not given to charges nobody but the device it names."""
    with transaction(database) as session:
        victim = guests.admit(session)
    theirs = GUEST | {"class_": b"g." + victim.id.encode(), "client": client}
    assert tell(database, privacy, start(**theirs), interim(60, 60, 1000, **theirs)) == set()
    own = admitted(database, privacy)
    again = theirs | {"acct_session_id": "5F-02"}
    assert tell(database, privacy, start(70, **again), interim(130, 60, 1000, **again)) == {grants.subject(own)}
    assert used(database, grants.subject(victim)) == (0, 0, 0)


def test_a_class_without_a_station_is_believed_of_the_guests_own_client(database: Engine, privacy: Privacy) -> None:
    """Where accounting names no device, only the gateway that the guest signed in at can say whose it is."""
    grant = admitted(database, privacy)
    unnamed = GUEST | {"class_": b"g." + grant.id.encode(), "station": ""}
    assert tell(database, privacy, start(client="another-wlc", **unnamed)) == set()
    assert tell(database, privacy, start(**unnamed)) == {grants.subject(grant)}


def test_a_session_older_than_its_grant_is_the_grants_from_then_on(database: Engine, privacy: Privacy) -> None:
    """A controller that counts from the first association on, and hears of the sign-in by an order, brings no Class."""
    tell(database, privacy, start(**GUEST), interim(60, 60, 10, **GUEST))
    grant = admitted(database, privacy, now=NOW + timedelta(seconds=90))
    assert tell(database, privacy, interim(120, 120, 30, **GUEST)) == {grants.subject(grant)}
    assert tied(database) == [grant.id]
    assert used(database, grants.subject(grant)) == (60, 20, 20)


def test_a_student_who_names_no_realm_midway_stays_one(database: Engine, privacy: Privacy) -> None:
    """An Interim without User-Name in a session of a home's user uses nothing of the device's grant."""
    tell(database, privacy, start())
    admitted(database, privacy, now=NOW + timedelta(seconds=30))
    assert tell(database, privacy, interim(60, 60, 10, user_name=b"")) == set()
    assert tied(database) == [None]


def test_without_a_class_the_device_tells(database: Engine, privacy: Privacy) -> None:
    """The grant that the device had when its session began, not one that had ended or came later."""
    first = admitted(database, privacy)
    second = admitted(database, privacy, now=NOW + 3 * HOUR)
    later = GUEST | {"acct_session_id": "5F-02"}
    earlier = GUEST | {"acct_session_id": "5F-00"}
    tell(database, privacy, start(10, **GUEST), interim(70, 60, 9, **GUEST), start(3 * 3600 + 10, **later), start(-3600, **earlier))
    assert tied(database) == [None, first.id, second.id]


def test_a_member_of_a_home_is_nobodys_guest(database: Engine, privacy: Privacy) -> None:
    """A phone that uses eduroam while it has a grant as a guest uses nothing of that grant."""
    admitted(database, privacy)
    assert tell(database, privacy, start(10), interim(70, 60, 9)) == set()
    assert tied(database) == [None]


ODD = [b"g.", b"g.nobody", b"g." + b"\xff" * 16, b"g." + b"0" * 16, b"x" * 18, b"g." + b"0" * 17, b"g." + bytes(16), b"g.%" + b"_" * 15]


@pytest.mark.parametrize("odd", ODD)
def test_another_ones_class_is_no_grant(database: Engine, privacy: Privacy, odd: bytes) -> None:
    """What is not a grant of ours ties to nothing."""
    assert tell(database, privacy, start(class_=odd), interim(60, 60, 1, class_=odd)) == set()
    assert tied(database) == [None]


def test_an_account_uses_with_all_its_devices(database: Engine, privacy: Privacy) -> None:
    """Two devices of an account are counted together."""
    with transaction(database) as session:
        account = grants.account(session, Way.CARD, b"i" * 16, NOW).id
        stations = [STATION, "02-00-00-00-00-02"]
        two = [guests.admit(session, privacy.device(station), account=account) for station in stations]
    for station, grant in zip(stations, two, strict=True):
        ours = GUEST | {"class_": b"g." + grant.id.encode(), "station": station}
        assert tell(database, privacy, start(**ours), stop(100, 100, 7, 3, **ours)) == {account}
    assert used(database, account) == (200, 20, 20)


def test_a_session_authenticated_anew_counts_for_its_new_grant(database: Engine, privacy: Privacy) -> None:
    """From then on; an old record that comes late does not move it back."""
    one = admitted(database, privacy)
    two = admitted(database, privacy, plan="resident", now=NOW + HOUR / 60)
    classes = [GUEST | {"class_": b"g." + grant.id.encode()} for grant in (one, two)]
    tell(database, privacy, start(**classes[0]), interim(60, 60, 10, **classes[0]))
    tell(database, privacy, interim(120, 120, 30, **classes[1]))
    tell(database, privacy, interim(90, 90, 20, **classes[0]))
    assert tied(database) == [two.id]
    assert used(database, grants.subject(one))[0] == 120  # both are the device's


@pytest.mark.parametrize("seed", range(4))
def test_order_repetition_and_batches_change_nothing(database: Engine, privacy: Privacy, seed: int) -> None:
    """However the records of two sessions arrive, the guest has used what their last words say."""
    grant = admitted(database, privacy)
    dice = random.Random(seed)
    records = []
    for number in range(2):
        ours = GUEST | {"class_": b"g." + grant.id.encode(), "acct_session_id": f"5F-0{number}"}
        records += [start(number, **ours), *(interim(60 * step + number, 60 * step, 1000 * step, **ours) for step in range(1, 8))]
    records += dice.choices(records, k=6)
    dice.shuffle(records)
    while records:
        size = dice.randint(1, 5)
        tell(database, privacy, *records[:size])
        del records[:size]
    assert used(database, grants.subject(grant)) == (840, 14_000, 14_000)


def test_each_day_has_its_own(database: Engine, privacy: Privacy) -> None:
    """NOW is before midnight in Toronto by two hours: what is told after it belongs to the next day, and to the same month."""
    grant = admitted(database, privacy, seconds=86_400)
    ours = GUEST | {"class_": b"g." + grant.id.encode()}
    tell(database, privacy, start(**ours), interim(3600, 3600, 100, **ours), interim(86_400, 86_400, 300, **ours))
    assert used(database, grants.subject(grant), 1) == (3600, 100, 300)
    assert used(database, grants.subject(grant), 24) == (82_800, 200, 300)
