"""A request under an Idempotency-Key is done once, however often and at once it is sent; on both databases."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from store.models import AuditEntry, IdempotencyKey, Site
from store.retention import Kept, purge
from store.schema import upgrade
from store.sealed import Seal, create_keys
from store.session import engine, reading, transaction
from tests.peers import postgres
from tests.portal.api_room import Programs
from tests.portal.staffroom import over, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SITE = {"id": "x", "name": "X"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))])
def programs(request: pytest.FixtureRequest, tmp_path: Path, shaped: Path) -> Iterator[Programs]:
    """On either database."""
    if request.param == "sqlite":
        made = room(tmp_path, shaped)
        yield Programs(made)
        made.close()
        return
    with request.getfixturevalue("cluster").database(upgrade) as address:
        create_keys(tmp_path / "keys" / "seal.key")
        made = over(engine(address), Seal(tmp_path / "keys" / "seal.key"), tmp_path)
        yield Programs(made)
        made.close()


def sites(programs: Programs) -> int:
    with reading(programs.room.database) as session:
        return session.scalar(select(func.count()).select_from(Site)) or 0


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["type"].rpartition("#problem-")[2]


def test_the_same_request_again_gets_the_same_answer(programs: Programs) -> None:
    """Word for word, with its headers, and marked; done once."""
    first = programs.ask("POST", "/sites", SITE, Idempotency_Key="a")
    again = programs.ask("POST", "/sites", SITE, Idempotency_Key="a")
    assert 201 == first.status_code
    assert (first.status_code, first.get_data(), "true") == (again.status_code, again.get_data(), again.headers["Idempotent-Replayed"])
    assert [first.headers[name] for name in ("Location", "ETag")] == [again.headers[name] for name in ("Location", "ETag")]
    assert "Idempotent-Replayed" not in first.headers
    assert 2 == sites(programs)


def test_another_request_under_the_same_key_is_refused(programs: Programs) -> None:
    """Another body, another path: 422; another token's key is another key."""
    programs.ask("POST", "/sites", SITE, Idempotency_Key="a")
    assert (422, "key-reused") == kind(programs.ask("POST", "/sites", {"id": "y", "name": "Y"}, Idempotency_Key="a"))
    assert (422, "key-reused") == kind(programs.ask("POST", "/sites?dry_run=false", SITE, Idempotency_Key="a"))
    other = programs.token("NETWORK", "NETWORK_ACT")
    assert 201 == programs.ask("POST", "/sites", {"id": "y", "name": "Y"}, other, Idempotency_Key="a").status_code


def test_what_was_refused_may_be_tried_again(programs: Programs) -> None:
    """Nothing was done: the key is free."""
    assert 422 == programs.ask("POST", "/sites", {"id": "x"}, Idempotency_Key="a").status_code
    assert 201 == programs.ask("POST", "/sites", SITE, Idempotency_Key="a").status_code


def test_one_that_is_under_way_is_not_begun_again(programs: Programs) -> None:
    """409 and when to come again; so where the process died in between, for nobody knows whether it was done."""
    programs.ask("POST", "/sites", SITE, Idempotency_Key="a")
    with transaction(programs.room.database) as session:
        session.execute(update(IdempotencyKey).values(status=0, body=None))
    answer = programs.ask("POST", "/sites", SITE, Idempotency_Key="a")
    assert ((409, "under-way"), "1") == (kind(answer), answer.headers["Retry-After"])


@pytest.mark.parametrize("key", ["", "x"])
def test_of_many_at_once_one_is_done(programs: Programs, key: str) -> None:
    """Eight in the same moment: one site and one audit entry; with a key everybody else hears its answer or waits for it."""
    token, start, answers = programs.token(), Barrier(4), []
    headers = {"Idempotency_Key": key} if key else {}

    def send() -> None:
        mine = Programs(programs.room)
        start.wait()
        answers.append(mine.ask("POST", "/sites", SITE, token, **headers))

    threads = [Thread(target=send) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (2, 1) == (sites(programs), [each.status_code for each in answers if "Idempotent-Replayed" not in each.headers].count(201))
    assert {each.status_code for each in answers} <= ({201, 409} if key else {201, 409, 422})
    with reading(programs.room.database) as session:
        assert 1 == session.scalar(select(func.count()).where(AuditEntry.kind == "site"))


def test_of_two_who_change_the_same_version_the_second_is_told(programs: Programs) -> None:
    """412, however close they are: the version is looked at under the lock that writes."""
    token = programs.token()
    _, etag = programs.seen("/sites/central-library")
    start, answers = Barrier(4), []

    def send(number: int) -> None:
        mine = Programs(programs.room)
        start.wait()
        answers.append(mine.ask("PATCH", "/sites/central-library", {"name": f"Name {number}"}, token, If_Match=etag))

    threads = [Thread(target=send, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [200, 412, 412, 412] == sorted(each.status_code for each in answers)


def test_answers_are_sealed_and_gone_after_a_day(programs: Programs) -> None:
    """What a database's copy has of them opens for nobody; and not for long."""
    programs.ask("POST", "/sites", {"id": "x", "name": "Unmistakable"}, Idempotency_Key="a")
    with reading(programs.room.database) as session:
        assert b"Unmistakable" not in session.scalars(select(IdempotencyKey.body)).one()
    assert 0 == purge(programs.room.database, {}, programs.room.time + timedelta(hours=23))[Kept.API_ANSWER]
    assert 1 == purge(programs.room.database, {}, programs.room.time + timedelta(hours=25))[Kept.API_ANSWER]


@pytest.mark.parametrize("key", ["x" * 256, "é", "a\tb"])
def test_a_key_is_a_word(programs: Programs, key: str) -> None:
    """At most 255 printable ASCII characters."""
    assert (400, "bad-request") == kind(programs.ask("POST", "/sites", SITE, Idempotency_Key=key.encode().decode("latin-1")))
