"""Deliveries end to end: an event in the database, a receiver behind TLS, and the row again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from proxeny import opening, outgoing, settings, sweeping
from store import hooks
from store.models import Delivery, DeliveryState, Event, Webhook
from store.privacy import Privacy, privacy
from store.schema import prepare
from store.sealed import Seal, create_keys
from store.session import reading, transaction
from tests.peers.authority import Authority
from tests.peers.program import until
from tests.peers.stubs.controller import Mood
from tests.proxeny.hooked import NAME, Place, Receiver, receiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.proxeny.installation import Installation

TOLERANCE = 300  # seconds, as docs/webhooks.md tells receivers


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def place(tmp_path: Path, opened: Path, authority: Authority) -> Iterator[Place]:
    create_keys(tmp_path / "seal.key")
    (tmp_path / "proxeny.db").write_bytes((opened / "proxeny.db").read_bytes())
    database = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    yield Place(database, Privacy(Seal(tmp_path / "seal.key"), b"t" * 32, b"d" * 32, b"a" * 32), authority.file)
    database.dispose()


@pytest.fixture
def there(authority: Authority, place: Place) -> Iterator[tuple[Receiver, str]]:
    """(the receiver, its address)."""
    with receiver(authority) as (stub, port):
        place.ports = (port,)
        yield stub, f"https://{NAME}:{port}/in?from=proxeny"


def genuine(asked, secrets: list[str], now: float) -> bool:
    """As docs/webhooks.md tells a receiver to check, without a line of ours."""
    name, stamp, given = (asked.headers[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
    signed = f"{name}.{stamp}.".encode() + asked.body
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
    expected = ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    fresh = abs(now - int(stamp)) <= TOLERANCE
    return fresh and any(hmac.compare_digest(one, other) for one in given.split(" ") for other in expected)


def written(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


def test_an_event_arrives_signed_and_is_written_down(place: Place, there: tuple[Receiver, str]) -> None:
    """By name, to the address that was judged; JSON, three headers, and a signature that a receiver of its own finds genuine."""
    stub, url = there
    name, secret = place.hook(url)
    number = place.happen({"rule": "home-dead", "object": "université"})
    assert ("done", True) == ((carried := place.carry(number)).end, carried.heard)
    (asked,) = stub.asked
    said = json.loads(asked.body)
    assert ("POST", "/in", {"from": ["proxeny"]}) == (asked.method, asked.path, asked.query)
    assert {"id", "type", "at", "object", "data"} == said.keys()
    assert ("alert.opened", "06h0nobody000001", {"rule": "home-dead", "object": "université"}) == (
        said["type"],
        said["object"],
        said["data"],
    )
    assert (url.partition("//")[2].partition("/")[0], "application/json", said["id"]) == (
        asked.headers["host"], asked.headers["content-type"], asked.headers["webhook-id"],
    )  # fmt: skip
    assert genuine(asked, [written(secret)], time.time())
    row = place.row(number)
    assert (DeliveryState.DELIVERED, 204, 1, "") == (row.state, row.status, row.tries, row.outcome)
    assert place.webhook(name).delivered_at is not None
    assert [NAME] == place.asked


def test_a_message_that_was_changed_forged_or_is_old_is_not_genuine(place: Place, there: tuple[Receiver, str]) -> None:
    """Neither body, number nor time can be changed; another's secret proves nothing; five minutes later it is a replay."""
    stub, url = there
    _, secret = place.hook(url)
    place.carry(place.happen())
    (asked,) = stub.asked
    keys = [written(secret)]
    now = time.time()
    assert genuine(asked, keys, now)
    assert not genuine(asked._replace(body=asked.body.replace(b"home-dead", b"home-gone")), keys, now)
    for header, other in (("webhook-id", "evt_1"), ("webhook-timestamp", str(int(now) - 1_000)), ("webhook-signature", "v1,AAAA v1a,x")):
        assert not genuine(asked._replace(headers={**asked.headers, header: other}), keys, now), header
    assert not genuine(asked, [written(b"x" * 32)], now)
    assert not genuine(asked, keys, now + TOLERANCE + 2)


def test_while_a_secret_is_changed_both_are_good(place: Place, there: tuple[Receiver, str]) -> None:
    """A receiver that knows either finds it genuine; after a day the one before signs nothing."""
    stub, url = there
    name, old = place.hook(url)
    new = b"n" * 32
    with transaction(place.database) as session:
        hook = session.get_one(Webhook, name)
        hook.previous_secret = place.marks.sealed(old, "webhook", name, "previous_secret")
        hook.previous_until = datetime.now(UTC) + timedelta(minutes=5)
        hook.secret = place.marks.sealed(new, "webhook", name, "secret")
    place.carry(place.happen())
    with transaction(place.database) as session:
        session.get_one(Webhook, name).previous_until = datetime.now(UTC) - timedelta(seconds=1)
        hooks.give_up(session, datetime.now(UTC))
    place.carry(place.happen())
    both, alone = stub.asked
    now = time.time()
    assert [True, True] == [genuine(both, [written(key)], now) for key in (old, new)]
    assert [False, True] == [genuine(alone, [written(key)], now) for key in (old, new)]
    assert place.webhook(name).previous_secret is None


def test_what_is_not_taken_is_tried_again_later_and_later_with_the_same_number(place: Place, there: tuple[Receiver, str]) -> None:
    """Eight times over a day, then it has failed; each pause at least as long as promised, and at most a fifth longer."""
    stub, url = there
    stub.status = 500
    place.hook(url)
    number = place.happen()
    for pause in hooks.PAUSES:
        assert "put_off" == place.carry(number).end
        row = place.row(number)
        assert (DeliveryState.CLAIMED, 500, "500") == (row.state, row.status, row.outcome)
        assert pause <= row.leased_until - row.sent_at <= pause * 1.2 + timedelta(seconds=20)
        assert [] == place.due()
        place.soon(number)
        assert [number] == place.due()
    assert "failed" == place.carry(number).end
    assert (DeliveryState.FAILED, 8) == ((row := place.row(number)).state, row.tries)
    assert 1 == len({asked.headers["webhook-id"] for asked in stub.asked})
    assert timedelta(hours=20) < sum(hooks.PAUSES, timedelta()) < timedelta(hours=26)


def test_who_is_gone_is_paused_at_once_and_who_fails_for_a_day_too(place: Place, there: tuple[Receiver, str]) -> None:
    """With the reason, and nothing more is sent."""
    stub, url = there
    stub.status = 410
    name, _ = place.hook(url)
    number, other = place.happen(), place.happen()
    assert "failed" == place.carry(number).end
    assert hooks.GONE == place.webhook(name).why
    assert (None, []) == (place.carry(other), place.due())
    stub.status = 503
    late, _ = place.hook(url)
    third = place.happen()
    with transaction(place.database) as session:
        session.get_one(Webhook, late).failing_since = datetime.now(UTC) - timedelta(days=1)
    place.carry(third)
    assert hooks.FAILING == place.webhook(late).why
    assert 2 == len(stub.asked)


def test_a_delivery_that_goes_well_forgets_the_failures(place: Place, there: tuple[Receiver, str]) -> None:
    """A receiver that was mended within the day goes on."""
    stub, url = there
    stub.status = 500
    name, _ = place.hook(url)
    number = place.happen()
    place.carry(number)
    assert place.webhook(name).failing_since is not None
    stub.status = 200
    place.soon(number)
    assert "done" == place.carry(number).end
    assert None is place.webhook(name).failing_since


def test_a_redirect_is_not_followed(place: Place, there: tuple[Receiver, str]) -> None:
    """Neither to another path of the same server nor anywhere else."""
    stub, url = there
    stub.status, stub.headers = 302, (("Location", url.replace("/in", "/there")),)
    place.hook(url)
    number = place.happen()
    assert "302: a redirect, not followed" == place.carry(number).why
    assert ["POST /in"] == stub.paths


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        (Mood(raw=b"SSH-2.0-OpenSSH_9.2\r\n"), "it does not speak HTTP"),
        (Mood(hang=threading.Event()), "nothing whole within"),
    ],
    ids=["no HTTP", "silent"],
)
def test_who_answers_nonsense_or_hangs_is_left(place: Place, there: tuple[Receiver, str], monkeypatch, mood: Mood, words: str) -> None:
    """A limit for all of it; the delivery waits for its next try."""
    if mood.hang is not None:
        monkeypatch.setattr(outgoing, "WHOLE", 0.5)
    stub, url = there
    stub.mood = mood
    place.hook(url)
    carried = place.carry(place.happen())
    assert ("put_off", False) == (carried.end, carried.heard)
    assert words in carried.why


@pytest.mark.parametrize(
    "mood",
    [
        Mood(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 1_000_000),
        Mood(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx"),
        Mood(drip=True),
    ],
    ids=["long", "broken off", "dripping"],
)
def test_of_an_answer_without_end_no_more_is_read_than_a_little(place: Place, there: tuple[Receiver, str], monkeypatch, mood: Mood) -> None:
    """Its status counts all the same: whoever took the event is not told again."""
    monkeypatch.setattr(outgoing, "POLITE", 0.2)
    stub, url = there
    stub.mood = mood
    name, _ = place.hook(url)
    number = place.happen()
    assert "done" == place.carry(number).end
    assert (200, None) == (place.row(number).status, place.webhook(name).failing_since)


def test_a_strangers_certificate_or_one_of_another_name_is_not_trusted(place: Place, authority: Authority, tmp_path: Path) -> None:
    """Nothing is said to them."""
    for other, names in ((Authority(tmp_path / "other", "Other"), (NAME,)), (authority, ("elsewhere.example",))):
        with receiver(other, *names) as (stub, port):
            place.ports = (port,)
            place.hook(f"https://{NAME}:{port}/")
            assert "its certificate is not trusted" in place.carry(place.happen()).why
            assert [] == stub.asked


def test_two_who_take_one_delivery_send_it_once_and_one_who_died_is_followed(place: Place, there: tuple[Receiver, str]) -> None:
    """A lease, and a number of the try: who comes back too late settles nothing."""
    _, url = there
    place.hook(url)
    number = place.happen()
    with transaction(place.database) as session:
        first = hooks.take(session, number, datetime.now(UTC))
        assert first is not None
        assert None is hooks.take(session, number, datetime.now(UTC))
    place.soon(number)
    assert "done" == place.carry(number).end
    with transaction(place.database) as session:
        assert False is hooks.delivered(session, first, 200, 1, datetime.now(UTC))
    assert 204 == place.row(number).status


def test_one_that_is_slow_hides_no_other(place: Place, there: tuple[Receiver, str]) -> None:
    """Of each webhook some are looked at."""
    _, url = there
    slow, _ = place.hook(url)
    place.hook(url)
    with transaction(place.database) as session:
        event = Event(kind="alert.opened", object="x", at=datetime.now(UTC))
        session.add(event)
        session.flush()
        for _ in range(hooks.AT_ONCE + 20):
            session.add(Delivery(webhook_id=slow, event_id=event.id, queued_at=datetime.now(UTC)))
    number = place.happen()
    assert number in place.due()
    with reading(place.database) as session:
        assert 2 == len({each.webhook for each in hooks.waiting(session, datetime.now(UTC))})


def test_the_jobs_process_delivers_by_the_settings(installed: Installation, opened: Path, authority: Authority) -> None:
    """A sweep as it runs, its queue and threads, [webhooks] as it is written: within seconds, and counted."""
    with receiver(authority) as (stub, port):
        installed.settings.write_text(f'[radius]\n[webhooks]\nallow = "127.0.0.1"\nports = [{port}]\nca = "{authority.file}"\n')
        read = settings.load(installed.settings, {})
        shutil.copytree(opened, read.data_dir, dirs_exist_ok=True)
        database, seal = opening.store(read)
        with transaction(database) as session:
            place = Place(database, privacy(session, seal, datetime.now(UTC)), authority.file)
        place.hook(f"https://127.0.0.1:{port}/")
        sweep = sweeping.Sweep(read)
        sweep.thread.start()
        try:
            number = place.happen()
            until(lambda: place.row(number).settled_at, "the delivery")
            until(lambda: sweep.told()["deliveries_delivered"] == 1, "the count")
        finally:
            sweep.end(5)
            database.dispose()
        assert ["POST /"] == stub.paths


def test_one_that_is_resumed_goes_on_with_the_newest_half(
    place: Place, there: tuple[Receiver, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older half has failed, and can be replayed; what was put off for hours is tried at once."""
    _, url = there
    name, _ = place.hook(url)
    numbers = [place.happen() for _ in range(5)]
    monkeypatch.setattr(hooks, "LEFT", 2)
    with transaction(place.database) as session:
        session.get_one(Delivery, numbers[-1]).state = DeliveryState.CLAIMED
        session.get_one(Delivery, numbers[-1]).leased_until = datetime.now(UTC) + timedelta(hours=6)
        session.get_one(Webhook, name).paused_at = datetime.now(UTC)
    with transaction(place.database) as session:
        assert 3 == hooks.resume(session, session.get_one(Webhook, name), datetime.now(UTC) - timedelta(seconds=1))
    assert numbers[3:] == place.due()
    assert [hooks.DISCARDED] * 3 == [place.row(each).outcome for each in numbers[:3]]
    with transaction(place.database) as session:
        assert 3 == hooks.replay_failed(session, name, datetime.now(UTC) - timedelta(days=7), datetime.now(UTC))
