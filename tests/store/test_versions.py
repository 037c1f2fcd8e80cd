"""store.versions: one open version, one live one, and nobody decides on their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from store import versions
from store.models import Business, Campaign, Creative, CreativeState, Media, ShopVersion
from store.session import reading, transaction
from store.versions import SamePersonError, StaleError, StepError
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

MODELS = [Creative, ShopVersion]


@pytest.fixture
def owners(database: Engine) -> dict[type, str]:
    """A campaign for adverts, a shop for pages."""
    with transaction(database) as session:
        session.add(Media(sha="a" * 64, octets=b"", width=1, height=1, created_at=NOW))
        return owned(session, "bakery")


def owned(session: Session, slug: str) -> dict[type, str]:
    """The ids of this shop's campaign, and of the shop."""
    shop = Business(slug=slug, name=slug.title(), created_at=NOW)
    session.add(shop)
    session.flush()
    row = Campaign(business_id=shop.id, name="of the day", created_at=NOW)
    session.add(row)
    session.flush()
    return {Creative: row.id, ShopVersion: shop.id}


def states(session: Session, model: Any, owner: str) -> str:
    """Newest first: "2 draft, 1 approved"."""
    return ", ".join(f"{row.version} {row.state.value}" for row in versions.history(session, model, owner))


def approved(session: Session, model: Any, owner: str, **fields: Any) -> Any:
    """One that guests see."""
    row = versions.draft(session, model, owner, "maker", NOW)
    versions.save(row, fields, row.edits, "maker")
    versions.submit(row, "maker", NOW)
    versions.approve(row, "city", NOW)
    return row


@pytest.mark.parametrize("model", MODELS)
def test_an_approved_version_runs_until_the_next_is(database: Engine, owners: dict[type, str], model: Any) -> None:
    """A draft is a copy of it; rejected, the old one goes on; approved, it is replaced."""
    with transaction(database) as session:
        owner = owners[model]
        first = approved(session, model, owner, link="https://one.example/")
        second = versions.draft(session, model, owner, "maker", NOW)
        assert ("https://one.example/", second) == (second.link, versions.draft(session, model, owner, "other", NOW))
        versions.save(second, {"link": "https://two.example/"}, 0, "maker")
        versions.submit(second, "maker", NOW)
        versions.reject(second, "city", "No. " * 1_000, NOW)
        assert ("2 rejected, 1 approved", first, "No. " * 250) == (
            states(session, model, owner),
            versions.live(session, model, owner),
            second.reason,
        )
        third = versions.draft(session, model, owner, "maker", NOW)
        assert ("https://two.example/", first) == (third.link, versions.live(session, model, owner))
        versions.submit(third, "maker", NOW)
        versions.approve(third, "city", NOW)
        assert "3 approved, 2 rejected, 1 replaced" == states(session, model, owner)
        assert [["link"], ["link"], []] == [versions.changed(old, new) for old, new in ((first, third), (None, first), (second, third))]


@pytest.mark.parametrize("model", MODELS)
def test_what_another_shows_goes_on(database: Engine, owners: dict[type, str], model: Any) -> None:
    """Approving takes the place of the same campaign's version, or of the same shop's."""
    with transaction(database) as session:
        for owner in (other := owned(session, "cafe")[model], owners[model]):
            approved(session, model, owner)
        assert "1 approved" == states(session, model, other)


@pytest.mark.parametrize("model", MODELS)
def test_nobody_approves_their_own(database: Engine, owners: dict[type, str], model: Any) -> None:
    """Neither who made it nor who submitted it, nor nobody."""
    with transaction(database) as session:
        row = versions.draft(session, model, owners[model], "maker", NOW)
        versions.save(row, {}, 0, "maker")
        versions.submit(row, "sender", NOW)
        for who in ("maker", "sender", ""):
            with pytest.raises(SamePersonError):
                versions.approve(row, who, NOW)
        assert "1 submitted" == states(session, model, owners[model])


@pytest.mark.parametrize("model", MODELS)
def test_nobody_approves_what_they_had_a_hand_in(database: Engine, owners: dict[type, str], model: Any) -> None:
    """Whoever saved it once, though others saved it since and somebody else submitted it."""
    with transaction(database) as session:
        row = versions.draft(session, model, owners[model], "first", NOW)
        for edits, who in enumerate(("second", "third", "second")):
            versions.save(row, {"link": f"https://{who}.example/"}, edits, who)
        versions.submit(row, "fourth", NOW)
        assert ("second", ["second", "third"]) == (row.made_by, row.editors)
        for who in ("second", "third", "fourth"):
            with pytest.raises(SamePersonError):
                versions.approve(row, who, NOW)
        versions.approve(row, "fifth", NOW)
        assert "1 approved" == states(session, model, owners[model])


@pytest.mark.parametrize("model", MODELS)
def test_a_form_that_knows_fewer_saves_is_stale(database: Engine, owners: dict[type, str], model: Any) -> None:
    """And nothing of it is kept."""
    with transaction(database) as session:
        row = versions.draft(session, model, owners[model], "maker", NOW)
        versions.save(row, {"link": "https://one.example/"}, 0, "maker")
        with pytest.raises(StaleError) as stale:
            versions.save(row, {"link": "https://two.example/"}, 0, "other")
        assert ("https://one.example/", "maker", 1) == (stale.value.newest.link, row.made_by, row.edits)


@pytest.mark.parametrize("model", MODELS)
def test_an_edit_of_what_waits_withdraws_it(database: Engine, owners: dict[type, str], model: Any) -> None:
    """So nobody approves words that they did not see; and it may be withdrawn, or thrown away."""
    with transaction(database) as session:
        owner = owners[model]
        row = versions.draft(session, model, owner, "maker", NOW)
        versions.submit(row, "maker", NOW)
        versions.save(row, {"link": "https://one.example/"}, 0, "maker")
        assert ("1 draft", None, "") == (states(session, model, owner), row.submitted_at, row.submitted_by)
        versions.submit(row, "maker", NOW)
        assert row is versions.draft(session, model, owner, "maker", NOW)
        versions.submit(row, "maker", NOW)
        versions.withdraw(row)
        assert "1 draft" == states(session, model, owner)
        versions.discard(row)
        assert "" == states(session, model, owner)


def test_a_step_begins_where_it_begins(database: Engine, owners: dict[type, str]) -> None:
    """Of any other state it is refused, by name of where the version stands."""
    steps = {
        "save": lambda row: versions.save(row, {}, 0, "maker"),
        "submit": lambda row: versions.submit(row, "maker", NOW),
        "withdraw": versions.withdraw,
        "approve": lambda row: versions.approve(row, "city", NOW),
        "reject": lambda row: versions.reject(row, "city", "No.", NOW),
        "discard": versions.discard,
    }
    taken = {state: [name for name, step in steps.items() if _takes(database, owners[Creative], state, step)] for state in CreativeState}
    wanted = {
        CreativeState.DRAFT: ["save", "submit", "discard"],
        CreativeState.SUBMITTED: ["save", "withdraw", "approve", "reject", "discard"],
    }
    assert {state: wanted.get(state, []) for state in CreativeState} == taken


def _takes(database: Engine, campaign: str, state: CreativeState, step: Callable[[Creative], None]) -> bool:
    with transaction(database) as session:
        row = Creative(campaign_id=campaign, state=state, created_at=NOW, made_by="maker")
        session.add(row)
        session.flush()
        told: set[CreativeState | None] = set()
        try:
            step(row)
        except StepError as fault:
            told.add(fault.state)
        session.rollback()
    assert told <= {state}
    return not told


def test_of_two_who_decide_at_once_the_second_is_told(database: Engine, owners: dict[type, str]) -> None:
    """Both read it as submitted; one says yes, the other hears that it was said."""
    with transaction(database) as session:
        row = versions.draft(session, Creative, owners[Creative], "maker", NOW)
        versions.submit(row, "maker", NOW)
        name = row.id

    def decide(who: str) -> str:
        with transaction(database) as session:
            found = session.get(Creative, name)
            try:
                versions.approve(found, who, NOW)
            except StepError as fault:
                return fault.state.value
            return "mine"

    with ThreadPoolExecutor(2) as both:
        assert ["approved", "mine"] == sorted(both.map(decide, ("one", "two")))


def test_two_who_begin_at_once_have_one_draft(database: Engine, owners: dict[type, str]) -> None:
    """The second finds the first's."""

    def begin(who: str) -> str:
        with transaction(database) as session:
            return versions.draft(session, ShopVersion, owners[ShopVersion], who, NOW).id

    with ThreadPoolExecutor(2) as both:
        assert 1 == len(set(both.map(begin, ("one", "two"))))


def test_a_draft_is_made_of_what_is_there_now(database: Engine, owners: dict[type, str]) -> None:
    """Not of what this session read before: what was approved meanwhile is not taken back."""
    with transaction(database) as session:
        row = versions.draft(session, Creative, owners[Creative], "maker", NOW)
        versions.submit(row, "maker", NOW)
        session.flush()
        said = update(Creative).values(state=CreativeState.APPROVED).execution_options(synchronize_session=False)
        session.execute(said)
        assert CreativeState.SUBMITTED is row.state
        versions.draft(session, Creative, owners[Creative], "maker", NOW)
        assert "2 draft, 1 approved" == states(session, Creative, owners[Creative])


def test_approving_publishes_the_picture(database: Engine, owners: dict[type, str]) -> None:
    """Before, strangers cannot fetch it; what was published stays so since then."""
    with transaction(database) as session:
        row = versions.draft(session, Creative, owners[Creative], "maker", NOW)
        versions.save(row, {"picture": "a" * 64}, 0, "maker")
        versions.submit(row, "maker", NOW)
        assert session.get(Media, "a" * 64).published_at is None
        versions.approve(row, "city", NOW)
        again = versions.draft(session, Creative, owners[Creative], "maker", NOW)
        versions.submit(again, "maker", NOW)
        versions.approve(again, "city", NOW + timedelta(days=1))
        assert "a" * 64 == again.picture
    with reading(database) as session:
        assert NOW == session.get(Media, "a" * 64).published_at


def test_what_is_gone_has_no_steps(database: Engine) -> None:
    """Nor has a version of a campaign that is gone."""
    with transaction(database) as session:
        with pytest.raises(StepError):
            versions.draft(session, Creative, "gone", "maker", NOW)
        with pytest.raises(StepError):
            versions.submit(Creative(campaign_id="gone", created_at=NOW), "maker", NOW)
