"""store.audit_chain: what whoever has the database and not the key does to the log is found, and where; on both databases."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, text

from store import audit, audit_chain
from store import models as m
from store.audit import Act
from store.audit_chain import Checkpoint, Flaw
from store.keys import named
from store.privacy import privacy
from store.sealed import Where
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from store.audit_chain import Verdict
    from store.privacy import Privacy
    from store.sealed import Seal

OPS = "ops@city.example"
ROWS = 9


@pytest.fixture
def marks(database: Engine, seal: Seal) -> Privacy:
    """Nine entries are in the log."""
    with transaction(database) as session:
        found = privacy(session, seal, NOW)
        audit.record_all(session, found, (Act(OPS, "change", "site", f"s{number}") for number in range(1, ROWS + 1)), NOW)
    return found


def attack(database: Engine, *deeds: str) -> None:
    """Whoever owns the database takes its refusal away first."""
    with transaction(database) as session:
        if database.dialect.name == "sqlite":
            for deed in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER IF EXISTS audit_entry_{deed}"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        for each in deeds:
            session.execute(text(each))


def verify(database: Engine, marks: Privacy, since: int = 1, checkpoints: Sequence[Checkpoint] = ()) -> Verdict:
    with reading(database) as session:
        return audit_chain.verify(session, marks, since, checkpoints)


def found(database: Engine, marks: Privacy, checkpoints: Sequence[Checkpoint] = ()) -> tuple[Flaw | None, int]:
    verdict = verify(database, marks, 1, checkpoints)
    return verdict.flaw, verdict.number


def signed(database: Engine, marks: Privacy) -> Checkpoint:
    with transaction(database) as session:
        made = audit_chain.checkpoint(session, marks, NOW)
    assert made is not None
    return made


def test_what_nobody_touched_holds(database: Engine, marks: Privacy) -> None:
    """Every row is walked, and the last one named."""
    verdict = verify(database, marks)
    assert (ROWS, ROWS, None, 0) == (verdict.rows, verdict.last, verdict.flaw, verdict.number)


def test_an_empty_log_holds(database: Engine, seal: Seal) -> None:
    """Before anything was written there is nothing wrong, no checkpoint, and no key is made by looking."""
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
        assert None is audit_chain.checkpoint(session, marks, NOW)
    assert (None, 0) == found(database, marks)


COLUMNS = {
    "actor": "'nobody'", "source": "'s'", "action": "'add'", "kind": "'home'", "object": "'s99'", "reason": "'none'",
    "fields": "'{\"a\": [1, 2]}'", "subject": "'a'", "at": "'2020-01-01 00:00:00.000000'", "digest": "previous", "previous": "digest",
}  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_an_altered_row_is_named(database: Engine, marks: Privacy, column: str) -> None:
    """Whatever of a row is another, that row is the first that does not hold."""
    attack(database, f"UPDATE audit_entry SET {column} = {COLUMNS[column]} WHERE id = 5")
    assert (Flaw.ALTERED, 5) == found(database, marks)


def test_a_row_that_was_taken_out_is_named(database: Engine, marks: Privacy) -> None:
    """In the middle, and at the beginning."""
    attack(database, "DELETE FROM audit_entry WHERE id = 4")
    assert (Flaw.MISSING, 4) == found(database, marks)
    attack(database, "DELETE FROM audit_entry WHERE id < 3")
    assert (Flaw.MISSING, 1) == found(database, marks)


def test_closing_the_gap_does_not_help(database: Engine, marks: Privacy) -> None:
    """Rows that are numbered anew and linked anew do not hold: the number is in the digest, and the digest needs the key."""
    attack(
        database,
        "DELETE FROM audit_entry WHERE id = 4",
        "UPDATE audit_entry SET previous = (SELECT b.digest FROM audit_entry b WHERE b.id = 3) WHERE id = 5",
        *(f"UPDATE audit_entry SET id = {number - 1} WHERE id = {number}" for number in range(5, ROWS + 1)),
    )
    assert (Flaw.ALTERED, 4) == found(database, marks)


def _copy(number: int, onto: int) -> str:
    columns = "at, actor, source, action, kind, object, reason, fields, subject, personal, previous, digest"
    return f"INSERT INTO audit_entry (id, {columns}) SELECT {onto}, {columns} FROM audit_entry WHERE id = {number}"


@pytest.mark.parametrize(("onto", "flaw"), [(ROWS + 1, Flaw.ALTERED), (0, Flaw.INSERTED), (-7, Flaw.INSERTED), (ROWS + 5, Flaw.MISSING)])
def test_a_row_that_was_put_in_is_named(database: Engine, marks: Privacy, onto: int, flaw: Flaw) -> None:
    """At the end, before the beginning, beyond the end: nobody without the key makes a row that holds."""
    attack(database, _copy(3, onto))
    assert (flaw, ROWS + 1 if flaw is Flaw.MISSING else onto) == found(database, marks)


def test_a_row_put_in_between_is_named(database: Engine, marks: Privacy) -> None:
    """The others move up to make room for it: it does not hold where it stands."""
    attack(database, *(f"UPDATE audit_entry SET id = {number + 1} WHERE id = {number}" for number in range(ROWS, 4, -1)), _copy(3, 5))
    assert (Flaw.ALTERED, 5) == found(database, marks)


def test_rows_that_changed_places_are_named(database: Engine, marks: Privacy) -> None:
    """The first of two that were exchanged does not hold."""
    attack(
        database,
        "UPDATE audit_entry SET id = 100 WHERE id = 3",
        "UPDATE audit_entry SET id = 3 WHERE id = 6",
        "UPDATE audit_entry SET id = 6 WHERE id = 100",
    )
    assert (Flaw.ALTERED, 3) == found(database, marks)


def test_only_a_checkpoint_tells_that_the_end_was_cut_off(database: Engine, marks: Privacy) -> None:
    """Without one what is left holds; with one the first row that is gone is named."""
    kept = signed(database, marks)
    attack(database, "DELETE FROM audit_entry WHERE id > 6")
    assert (None, 0) == found(database, marks)
    assert (Flaw.CUT, 7) == found(database, marks, [kept])


def test_a_log_that_was_cut_and_written_on_does_not_meet_the_checkpoint(database: Engine, marks: Privacy) -> None:
    """We write on after what is left, in good faith: the checkpoint's row is another now."""
    kept = signed(database, marks)
    attack(database, "DELETE FROM audit_entry WHERE id > 6")
    with transaction(database) as session:
        audit.record_all(session, marks, [Act(OPS, "sign-in")] * 5, NOW)
    assert (None, 0) == found(database, marks)
    assert (Flaw.REWRITTEN, ROWS) == found(database, marks, [kept])


def test_a_log_that_is_gone_does_not_meet_the_checkpoint(database: Engine, marks: Privacy) -> None:
    """Even if its key went with it."""
    kept = signed(database, marks)
    attack(database, "DELETE FROM audit_entry")
    assert (Flaw.CUT, 1) == found(database, marks, [kept])
    attack(database, "DELETE FROM named_key WHERE name = 'audit'")
    assert (Flaw.KEYLESS, ROWS) == found(database, marks, [kept])


def test_a_log_whose_key_was_taken_away_does_not_hold(database: Engine, marks: Privacy) -> None:
    """With none no row can be judged; with a new one, made for the next entry, none of the old rows holds."""
    attack(database, "DELETE FROM named_key WHERE name = 'audit'")
    assert (Flaw.KEYLESS, 1) == found(database, marks)
    with transaction(database) as session:
        audit.record(session, marks, Act(OPS, "sign-in"), NOW)
    assert (Flaw.ALTERED, 1) == found(database, marks)


def test_a_checkpoint_that_is_not_ours_proves_nothing(database: Engine, marks: Privacy, seal: Seal) -> None:
    """Another number, digest or time than was signed is told; so is one that was signed by a key put in the place of ours."""
    kept = signed(database, marks)
    for forged in (kept._replace(number=3), kept._replace(digest=bytes(32)), kept._replace(at="2020-01-01T00:00:00+00:00")):
        assert (Flaw.FOREIGN, forged.number) == found(database, marks, [forged])
    assert (None, 0) == found(database, marks, [kept])
    with transaction(database) as session:
        session.execute(delete(m.NamedKey).where(m.NamedKey.name == audit_chain.SIGNER))
        other = seal.close(b"k" * 32, Where("named_key", audit_chain.SIGNER, "octets"))
        session.add(m.NamedKey(name=audit_chain.SIGNER, octets=other, created_at=NOW))
    assert (Flaw.FOREIGN, ROWS) == found(database, marks, [kept])


def test_checkpoints_are_found_among_lines_of_a_log(database: Engine, marks: Privacy) -> None:
    """As text one comes back the same, alone or in JSON; what only resembles one is none."""
    kept = signed(database, marks)
    lines = f'{{"event": "x"}}\n{{"checkpoint": "{kept}", "number": 9}}\nproxeny-audit/1/9/never/00/00\n'
    assert [kept] == audit_chain.found(lines) == audit_chain.found(str(kept))


def test_a_walk_may_begin_where_another_ended(database: Engine, marks: Privacy) -> None:
    """From a row on, the rows before are believed; what is wrong there is not seen, what is wrong after is."""
    attack(database, "UPDATE audit_entry SET actor = 'nobody' WHERE id IN (2, 8)")
    later, beyond = verify(database, marks, 6), verify(database, marks, 50)
    assert (2, 7, Flaw.ALTERED, 8) == (later.rows, later.last, later.flaw, later.number)
    assert (Flaw.MISSING, 49) == (beyond.flaw, beyond.number)


def test_a_long_log_costs_no_more_memory(database: Engine, marks: Privacy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk holds one slice of rows: forty times the rows take as much memory, and each slice is told of."""
    monkeypatch.setattr(audit_chain, "SLICE", 50)

    def peak() -> tuple[int, list[int]]:
        told: list[int] = []
        tracemalloc.start()
        try:
            with reading(database) as session:
                assert None is audit_chain.verify(session, marks, told=told.append).flaw
            return tracemalloc.get_traced_memory()[1], told
        finally:
            tracemalloc.stop()

    with transaction(database) as session:
        audit.record_all(session, marks, [Act(OPS, "sign-in", reason="r" * 200)] * (100 - ROWS), NOW)
    peak()  # what is compiled once
    short, _ = peak()
    with transaction(database) as session:
        audit.record_all(session, marks, [Act(OPS, "sign-in", reason="r" * 200)] * 1_900, NOW)
    long, told = peak()
    assert list(range(50, 2_001, 50)) == told
    assert long < short * 2


def test_verifying_makes_no_key(database: Engine, seal: Seal) -> None:
    """Whoever only looks writes nothing."""
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
    verify(database, marks)
    with reading(database) as session:
        assert b"" == audit_chain.public_key(session, marks)
    with transaction(database) as session:
        key = named(session, seal, audit_chain.SIGNER, NOW)
    with reading(database) as session:
        assert 32 == len(key) == len(audit_chain.public_key(session, marks))
