"""`proxeny audit`, and what the other verbs leave in the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from proxeny import deeds, opening
from proxeny.settings import load
from store import audit
from store import models as m
from store.audit import Act
from store.privacy import privacy
from store.session import reading, transaction
from tests.proxeny.installation import NETWORK
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.privacy import Privacy
    from tests.proxeny.installation import Installation

PLAN = '\n[[plan]]\nname = "visitor"\nsession = "2h"\n'


@pytest.fixture
def city(installed: Installation) -> Installation:
    assert 0 == installed.apply(NETWORK).exit_code
    return installed


def store(city: Installation) -> tuple[Engine, Privacy]:
    database, seal = opening.store(load(city.settings, {}))
    with transaction(database) as session:
        return database, privacy(session, seal, NOW)


def entries(city: Installation) -> list[m.AuditEntry]:
    with reading(store(city)[0]) as session:
        return list(session.scalars(select(m.AuditEntry).order_by(m.AuditEntry.id)))


def verified(city: Installation, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(city.run("audit", "verify", "--json", *words).stdout)
    return found


def test_apply_leaves_an_entry_for_each_entry_of_the_network(city: Installation) -> None:
    """Keys before and after as the file has them; that a secret was set and nothing of it; nothing for nothing."""
    first = entries(city)
    client = next(each for each in first if each.kind == "client")
    assert (deeds.ACTOR, "add", "library-wlc") == (client.actor, client.action, client.object)
    assert ([None, "central-library"], [None, "set"]) == (client.fields["site"], client.fields["secret"])
    assert 0 == city.apply(NETWORK).exit_code
    assert len(first) == len(entries(city))
    assert 0 == city.apply(NETWORK.replace('name = "Central Library"', 'name = "Library"')).exit_code
    (last,) = entries(city)[len(first) :]
    assert ("change", "site", "central-library", {"name": ["Central Library", "Library"]}) == (
        last.action, last.kind, last.object, last.fields,
    )  # fmt: skip


def test_a_dry_run_and_a_file_that_is_refused_leave_nothing(city: Installation) -> None:
    """What was not done is not told."""
    before = len(entries(city))
    (city.folder / "NETWORK.toml").write_text(NETWORK + PLAN)
    assert 0 == city.run("apply", str(city.folder / "NETWORK.toml"), "--dry-run").exit_code
    assert 1 == city.apply(NETWORK.replace('site = "central-library"', 'site = "nowhere"')).exit_code
    assert before == len(entries(city))


def test_moving_a_realm_is_told(city: Installation) -> None:
    """Where an entry stands among others decides, and is a change like another."""
    before = len(entries(city))
    head, policies = NETWORK.split("[[policy]]")
    start, one, two, three = head.split("[[realm]]")
    assert 0 == city.apply(f"{start}[[realm]]{two}[[realm]]{one}[[realm]]{three}[[policy]]{policies}").exit_code
    told = {each.object: each.fields for each in entries(city)[before:]}
    assert {"uni-a.example": {"position": [1, 2]}, "~^.+\\.ac\\.example$": {"position": [2, 1]}} == told


def test_vouchers_kicks_and_secrets_are_told(city: Installation) -> None:
    """Making, taking back and closing vouchers; showing the network's secrets; never a code."""
    assert 0 == city.apply(NETWORK + PLAN).exit_code
    before = len(entries(city))
    made = json.loads(city.run("voucher", "make", "--plan", "visitor", "--count", "2", "--json").stdout)
    city.run("voucher", "revoke", made["codes"][0])
    city.run("voucher", "close", made["id"])
    city.run("voucher", "revoke", made["id"])
    city.run("export", "--secrets")
    told = entries(city)[before:]
    batch = ("voucher_batch", made["id"])
    assert [("add", *batch), ("revoke", "voucher"), ("close", *batch), ("revoke", *batch), ("reveal", "network", "secrets")] == [
        (each.action, each.kind, each.object)[: 2 if each.kind == "voucher" else 3] for each in told
    ]
    assert [None, 2] == told[0].fields["count"]
    assert "" == "".join(code for code in made["codes"] if code in json.dumps([each.fields for each in told]))


def test_a_log_that_holds_is_said_to_and_gives_a_checkpoint(city: Installation) -> None:
    """Exit 0; the checkpoint is one that the same log meets, also as lines of a file."""
    found = verified(city)
    assert (True, len(entries(city)), None) == (found["holds"], found["last"], found["flaw"])
    again = city.run("audit", "verify", "--checkpoint", found["checkpoint"])
    assert (0, True) == (again.exit_code, "rows hold, and agree with 1 checkpoint." in again.stdout)
    file = city.folder / "log.jsonl"
    file.write_text(f'{{"event": "x"}}\n{{"event": "audit checkpoint", "checkpoint": "{found["checkpoint"]}"}}\n')
    assert 0 == city.run("audit", "verify", "--checkpoint", str(file)).exit_code


def test_a_log_that_does_not_hold_names_its_first_row(city: Installation) -> None:
    """Exit 1, the row and why; no checkpoint of what does not hold."""
    kept = verified(city)
    with transaction(store(city)[0]) as session:
        for deed in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER audit_entry_{deed}"))
        session.execute(text(f"DELETE FROM audit_entry WHERE id = {kept['last']}"))
    assert 0 == city.run("audit", "verify").exit_code
    cut = city.run("audit", "verify", "--checkpoint", kept["checkpoint"])
    assert (1, f"Row {kept['last']} does not hold: it and all after it were cut off: the checkpoint names it.") == (
        cut.exit_code, cut.stderr.splitlines()[0],
    )  # fmt: skip
    with transaction(store(city)[0]) as session:
        session.execute(text("UPDATE audit_entry SET actor = 'nobody' WHERE id = 2"))
    found = verified(city)
    assert (False, 2, "altered", None) == (found["holds"], found["row"], found["flaw"], found["checkpoint"])


@pytest.mark.parametrize("said", ["no-such-file", "proxeny-audit/1/nine"])
def test_what_is_no_checkpoint_is_refused_in_words(city: Installation, said: str) -> None:
    """Neither a text nor a file: exit 1, and what to give; never "holds"."""
    answer = city.run("audit", "verify", "--checkpoint", said)
    assert (1, True, "") == (answer.exit_code, "neither a checkpoint nor a file" in answer.stderr, answer.stdout)


def test_a_file_without_a_checkpoint_is_refused(city: Installation) -> None:
    """A log from which the lines were taken must not pass for one that was met."""
    assert (1, "") == (city.run("audit", "verify", "--checkpoint", str(city.folder / "NETWORK.toml")).exit_code, "")


def test_the_log_is_exported_as_lines_and_says_that_it_was(city: Installation) -> None:
    """One JSON object a line, oldest first, with the export itself; a person's values only while their key lives."""
    database, marks = store(city)
    with transaction(database) as session:
        contact = {"contact": "guest-017@example.org"}
        for name in ("a1", "a2"):
            audit.record(session, marks, Act("ops@city.example", "reveal", subject=name, personal=contact), NOW)
        audit.forget(session, "a1")
    lines = [json.loads(line) for line in city.run("audit", "export").stdout.splitlines()]
    assert list(range(1, len(lines) + 1)) == [each["id"] for each in lines]
    assert [None, {"contact": "guest-017@example.org"}] == [each["personal"] for each in lines if "subject" in each]
    assert (deeds.ACTOR, "export", "audit") == tuple(lines[-1][key] for key in ("actor", "action", "kind"))
    assert lines[-1]["previous"] == lines[-2]["digest"]


def test_the_log_is_exported_from_a_day_on(city: Installation) -> None:
    """Rows of before are left out; what is no date is refused in words."""
    database, marks = store(city)
    with transaction(database) as session:
        audit.record(session, marks, Act("ops@city.example", "sign-in"), NOW.replace(year=2001))
    lines = city.run("audit", "export", "--since", "2002-01-01").stdout.splitlines()
    assert len(entries(city)) - 1 == len(lines)
    assert (1, True) == ((answer := city.run("audit", "export", "--since", "yesterday")).exit_code, "is no date" in answer.stderr)
