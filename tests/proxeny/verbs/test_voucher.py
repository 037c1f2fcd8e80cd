"""`proxeny voucher`: codes for people and spreadsheets, taken back with whoever is online, forgotten once they are printed."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from proxeny import opening
from proxeny.settings import load
from store import crockford, grants, minting, vouchers
from store.models import Way
from store.privacy import privacy
from store.session import reading, transaction
from tests.proxeny.installation import NETWORK
from tests.store.guests import LAPTOP, PHONE, admit

if TYPE_CHECKING:
    from click.testing import Result

    from tests.proxeny.installation import Installation

PLANS = """
[[plan]]
name = "visitor"
session = "2h"
devices = 2

[[plan]]
name = "resident"
session = "1d"

[[portal]]
name = "library"
plan = "visitor"
ways = ["terms", "voucher"]
"""


@pytest.fixture
def city(installed: Installation) -> Installation:
    assert 0 == installed.apply(NETWORK + PLANS).exit_code
    return installed


def made(city: Installation, *words: str) -> dict[str, Any]:
    answer = city.run("voucher", "make", "--plan", "visitor", "--count", "3", "--json", *words)
    assert 0 == answer.exit_code, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def sheet(answer: Result) -> list[dict[str, str]]:
    assert 0 == answer.exit_code, answer.stderr
    return list(csv.DictReader(answer.stdout.splitlines()))


def come(city: Installation, code: str, device: bytes = PHONE) -> None:
    """A guest with this code."""
    database, seal = opening.store(load(city.settings, {}))
    now = datetime.now(UTC)
    with transaction(database) as session:
        found = vouchers.redeem(session, privacy(session, seal, now), crockford.normal(code), device, {"visitor": 7200}, now)
        assert isinstance(found, vouchers.Redeemed)
        admit(session, device, now, account=found.account, way=Way.VOUCHER)


def online(city: Installation, *devices: bytes) -> list[bool]:
    database, _ = opening.store(load(city.settings, {}))
    with reading(database) as session:
        return [grants.live(session, device, datetime.now(UTC)) is not None for device in devices]


def test_codes_are_printed_as_a_sheet(city: Installation) -> None:
    """A line a code, with what it is good for; what is to be done next goes beside it."""
    answer = city.run("voucher", "make", "--plan", "visitor", "--count", "20", "--name", "June", "--lasts", "7d", "--devices", "2")
    rows = sheet(answer)
    assert 20 == len({row["code"] for row in rows})
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", row["code"]) for row in rows)
    assert {("June", "visitor", "2", "7d")} == {(row["batch"], row["plan"], row["devices"], row["lasts"]) for row in rows}
    until = datetime.fromisoformat(rows[0]["begin_by"])
    assert timedelta(days=29, hours=23) < until - datetime.now(UTC) <= timedelta(days=30)
    assert "proxeny voucher close" in answer.stderr
    assert "Note" not in answer.stderr


def test_no_cell_is_a_formula(city: Installation) -> None:
    """Whatever a batch is called, a spreadsheet shows it as text, and reads as many columns."""
    for name in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", 'June, "first"'):
        rows = sheet(city.run("voucher", "make", "--plan", "visitor", "--count", "1", f"--name={name}"))
        assert [name if name[0] == "J" else f"'{name}"] == [row["batch"] for row in rows]


def test_a_batch_is_listed_until_it_is_closed(city: Installation) -> None:
    """What became of each; the codes again, until nobody needs them printed."""
    batch = made(city, "--name", "June")
    come(city, batch["codes"][0])
    (row,) = json.loads(city.run("voucher", "list", "--json").stdout)
    assert ("June", 3, 1, 0, 1, None) == tuple(row[name] for name in ("name", "made", "used", "revoked", "online", "closed_at"))
    assert "1 batch\n" in city.run("voucher", "list").stdout
    rows = sheet(city.run("voucher", "list", "June"))
    assert list(zip(batch["codes"], ["in use", "unused", "unused"], strict=True)) == [(each["code"], each["state"]) for each in rows]
    assert f"Closed batch {batch['id']}.\n" == city.run("voucher", "close", "June").stdout
    assert f"Batch {batch['id']} was closed before.\n" == city.run("voucher", "close", batch["id"]).stdout
    assert ["", "", ""] == [each["code"] for each in sheet(city.run("voucher", "list", "June"))]
    come(city, batch["codes"][1], LAPTOP)


def test_one_voucher_is_taken_back(city: Installation) -> None:
    """By its code, however it is typed: who is online by it is out, the others stay; a second time nothing is left to do."""
    one, other, _ = made(city)["codes"]
    come(city, one)
    come(city, other, LAPTOP)
    answer = city.run("voucher", "revoke", one.lower().replace("-", " "), "--json")
    assert {"vouchers": 1, "taken_back": 1, "put_out": 1} == json.loads(answer.stdout)
    assert [False, True] == online(city, PHONE, LAPTOP)
    assert "Took back 0 of 1 voucher" in city.run("voucher", "revoke", one).stdout


def test_a_batch_is_taken_back(city: Installation) -> None:
    """By its id or name: every voucher, and whoever is online by one."""
    batch = made(city, "--name", "June")
    come(city, batch["codes"][0])
    come(city, batch["codes"][1], LAPTOP)
    told = city.run("voucher", "revoke", "June").stdout
    assert "Took back 3 of 3 vouchers" in told
    assert "Put out 2 devices" in told
    assert [False, False] == online(city, PHONE, LAPTOP)
    assert {"taken back"} == {each["state"] for each in sheet(city.run("voucher", "list", batch["id"]))}


def test_mistakes_are_told_in_a_line(city: Installation) -> None:
    """What is wrong and what to do: a plan or batch that is not there, a name of two, times and numbers out of bounds."""
    made(city, "--name", "June")
    made(city, "--name", "June")
    cases = {
        ("make", "--plan", "vistor", "--count", "1"): (1, 'voucher: --plan: there is no plan "vistor". Did you mean "visitor"?'),
        ("make", "--plan", "visitor", "--count", "1", "--name", "a\x1b[2Jb"): (1, "--name: is too long, or holds what cannot be printed"),
        ("make", "--plan", "visitor", "--count", "0"): (2, "0 is not in the range"),
        ("make", "--plan", "visitor", "--count", "1", "--lasts", "soon"): (2, '"soon" is no time. Write "2h"'),
        ("make", "--plan", "visitor", "--count", "1", "--valid", "1s"): (2, "is out of bounds"),
        ("list", "July"): (1, "voucher: July: there is no such batch. proxeny voucher list shows the batches"),
        ("revoke", "0000-0000-0000"): (1, "there is no such code or batch"),
        ("revoke", "June"): (1, "2 batches have this name. Name one by its id: "),
        ("close", "June"): (1, "2 batches have this name"),
    }
    for words, (code, told) in cases.items():
        answer = city.run("voucher", *words)
        assert (code, True) == (answer.exit_code, told in answer.stderr), answer.stderr
        assert code == 2 or 1 == len(answer.stderr.splitlines())


def test_surprises_are_noted(installed: Installation) -> None:
    """Vouchers that nobody is asked for, and more devices than the plan lets be online."""
    installed.apply(NETWORK + PLANS.replace(', "voucher"', ""))
    told = installed.run("voucher", "make", "--plan", "visitor", "--count", "1", "--devices", "5").stderr
    assert 'no [[portal]] has "voucher" among its ways' in told
    assert "5 take turns" in told


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('name = "visitor"', 'name = "guest"', 'there is no plan "visitor": 2 vouchers that would be good let nobody in'),
        ('"terms", "voucher"', '"terms"', 'no [[portal]] has "voucher" among its ways: 2 vouchers that would be good let nobody in'),
    ],
)
def test_a_network_without_their_plan_or_way_is_warned_of(city: Installation, before: str, after: str, said: str) -> None:
    """Whoever takes a plan or the way out hears of printed vouchers from apply and check, with the batch; not of those that are over."""
    batch = made(city, "--plan", "visitor", "--count", "3", "--name", "Fair")
    over = made(city, "--plan", "visitor", "--count", "1", "--name", "Over")
    assert [0, 0] == [city.run("voucher", "revoke", each).exit_code for each in (batch["codes"][0], over["id"])]
    other = PLANS.replace(before, after).replace('plan = "visitor"', f'plan = "{"guest" if "guest" in after else "visitor"}"')
    for answer in (city.apply(NETWORK + other, "--prune", "--dry-run"), city.apply(NETWORK + other, "--prune"), city.run("check")):
        assert (True, True, False) == ('voucher batch "Fair"' in answer.output, said in answer.output, '"Over"' in answer.output)
        assert f"proxeny voucher revoke {batch['id']}" in answer.output


def test_a_batch_in_the_making_is_said_to_be_one(city: Installation) -> None:
    """It is listed as that; none of its codes is printed, and it is neither closed nor taken back."""
    database, _seal = opening.store(load(city.settings, {}))
    now = datetime.now(UTC)
    with transaction(database) as session:
        batch = minting.order(session, minting.Wanted("Fair", "visitor", 5, now + timedelta(days=9)), now).id
    assert "in the making" in city.run("voucher", "list").stdout
    for words in (("list", batch), ("close", batch), ("revoke", batch)):
        answer = city.run("voucher", *words)
        assert (1, True) == (answer.exit_code, "still in the making" in answer.stderr), answer.output
