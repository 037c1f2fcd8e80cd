"""A shop never reaches another's advert, picture, figure, page or people, by any route, id, file name, form field or export.

Generated over the URL map of the business app: each rule is asked for by everybody who is not of shop B with B's slug, and under
their own slug with every one of B's ids, in its path, its query and its form. What B has says so in its words, so that any of it in an
answer is seen; and nothing of B's may have changed afterwards. A path argument that `THEIRS` does not know fails: whoever adds one
says whose it is.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select

from portal.business.figures import DRAWN
from store import placements
from store.models import (
    Business,
    BusinessPlace,
    Campaign,
    CampaignClock,
    CampaignDay,
    CampaignPlace,
    CampaignSpan,
    CampaignState,
    Creative,
    CreativeState,
    Membership,
    Picture,
    PlacementHour,
    Role,
    ShopVersion,
    Staff,
    StaffLink,
)
from store.pictures import keep_for
from store.session import reading, transaction
from store.stills import prepared
from tests.portal.shoproom import A, B, Person, ShopRoom
from tests.portal.shops import painted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

MARK: Final = "Zanzibar"  # in every text of B's, and in nobody else's
STRANGERS: Final = (Person.OWNER_A, Person.VENUE_A, None)
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OF_A_SHOP: Final = (BusinessPlace, Membership, ShopVersion, Picture, Campaign)
FORMATS: Final = ({}, {"format": "csv"}, {"format": "pdf"})


def furnish(city: ShopRoom) -> dict[str, str]:
    """Everything that a shop may have, of B with the mark in its words; B's ids by what they are."""
    names: dict[str, str] = {}
    with transaction(city.database) as session:
        for shop, mark in ((A, "Bread"), (B, MARK)):
            row = session.get_one(Business, city.shops[shop])
            picture = keep_for(session, row.id, prepared(painted(noise=3 if shop == A else 7)), city.time)
            if shop == B:
                row.name, row.about, row.address = f"{mark} Café", {"en": mark, "fr": mark}, f"1 {mark} Street"
                row.suspended_why = mark
            page = ShopVersion(business_id=row.id, name=mark, about={"en": mark}, picture=picture, created_at=city.time)
            session.add(page)
            session.flush()
            made = {"page": page.id, "sha": picture, "slug": row.slug, "business": row.id}
            for state in CampaignState:
                campaign = Campaign(business_id=row.id, name=f"{mark} {state}", state=state, created_at=city.time)
                session.add(campaign)
                session.flush()
                for number, version in enumerate((CreativeState.APPROVED, CreativeState.DRAFT), 1):
                    words = {"title": {"en": mark}, "text": {"en": mark}, "alt": {"en": mark}, "reason": mark}
                    creative = Creative(
                        campaign_id=campaign.id, version=number, state=version, picture=picture, created_at=city.time, **words
                    )
                    session.add(creative)
                    session.flush()
                    made |= {f"creative {state} {version}": creative.id}
                    hour = city.time.replace(minute=0) - timedelta(hours=2)
                    figures = {"impressions": 98_765 if shop == B else 20, "clicks": 50 if shop == B else 1}
                    told = {
                        "creative_id": creative.id,
                        "campaign_id": campaign.id,
                        "hour": hour,
                        "site": "central-library",
                        "language": "en",
                    }
                    placements.add(session, [told | figures], UTC)
                made |= {f"campaign {state}": campaign.id}
            if shop == B:
                names = made
        names["staff"] = city.people[Person.VENUE_B]
        names["owner"] = city.people[Person.OWNER_B]
        names["person"] = Person.VENUE_B.value
    return names


# Path argument -> B's, of all that it may be. Whoever adds an argument adds its line.
THEIRS: Final[dict[str, str]] = {
    "name": "campaign",
    "sha": "sha",
    "member": "staff",
}
FIXED: Final[dict[str, tuple[str, ...]]] = {  # of nobody: each of them is tried
    "verb": ("submit", "withdraw", "pause", "resume", "end", "copy", "discard", "remove"),
    "what": tuple(DRAWN),
}
# Every field that a form or a query of ours has had, and some that it might be tried with
FIELDS: Final = {
    **dict.fromkeys(("id", "campaign", "advert", "copy", "of"), "campaign live"),
    **dict.fromkeys(("creative", "version"), "creative live draft"),
    **dict.fromkeys(("picture", "sha", "picture_kept"), "sha"),
    **dict.fromkeys(("business", "business_id"), "business"),
    **dict.fromkeys(("shop", "slug"), "slug"),
    **dict.fromkeys(("staff", "member", "person"), "staff"),
    "page": "page",
}


FORM: Final = {
    "do": "save",
    "title.en": "Bread",
    "text.en": "Of this morning",
    "alt.en": "Loaves",
    "place": "site:central-library",
    "weekday": "1",
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[tuple[ShopRoom, dict[str, str]]]:
    """Two shops that have everything."""
    from tests.portal.shoproom import shoproom

    made = shoproom(tmp_path_factory.mktemp("shops"), shaped)
    yield made, furnish(made)
    made.close()


def rules(city: ShopRoom) -> list[tuple[str, tuple[str, ...], frozenset[str]]]:
    """(rule, its arguments, its methods) of every page of a shop."""
    found = [
        (rule.rule, tuple(sorted(rule.arguments - {"slug"})), frozenset(rule.methods or ()) - {"HEAD", "OPTIONS"})
        for rule in city.app.url_map.iter_rules()
        if "slug" in rule.arguments
    ]
    return sorted(found)


def path(rule: str, slug: str, arguments: dict[str, str]) -> str:
    for name, value in {"slug": slug, **arguments}.items():
        for kind in ("", "path:", "int:"):
            rule = rule.replace(f"<{kind}{name}>", value)
    assert "<" not in rule, rule
    return rule


def ids(names: dict[str, str], arguments: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Every one of B's, for each argument."""
    unknown = set(arguments) - set(THEIRS) - set(FIXED)
    assert set() == unknown, f"whose are these? {unknown}"
    for fixed in choices(arguments):
        open_ = [each for each in arguments if each in THEIRS]
        if not open_:
            yield fixed
        for kind, value in names.items():
            if any(kind.split(" ")[0] == THEIRS[each] for each in open_):
                yield fixed | dict.fromkeys(open_, value)


def choices(arguments: tuple[str, ...]) -> list[dict[str, str]]:
    """Every value of the arguments that name nobody's thing."""
    fixed = [each for each in arguments if each in FIXED]
    return [dict(zip(fixed, values, strict=True)) for values in product(*(FIXED[each] for each in fixed))]


def kept(database: Engine, business: str) -> list[tuple[Any, ...]]:
    """Every row of a shop."""
    campaigns = select(Campaign.id).where(Campaign.business_id == business)
    people = select(Membership.staff_id).where(Membership.business_id == business)
    queries = (
        select(Business.__table__).where(Business.id == business),
        *(
            select(table.__table__).where(table.business_id == business)
            for table in (BusinessPlace, Membership, ShopVersion, Picture, Campaign)
        ),
        *(
            select(table.__table__).where(table.campaign_id.in_(campaigns))
            for table in (CampaignPlace, Creative, PlacementHour, CampaignDay, CampaignClock, CampaignSpan)
        ),
        select(Staff.id, Staff.name, Staff.role, Staff.disabled_at).where(Staff.id.in_(people)),
        select(StaffLink.__table__).where(StaffLink.staff_id.in_(people)),
    )
    with reading(database) as session:
        return [tuple(row) for query in queries for row in sorted(session.execute(query).all(), key=repr)]


def asked(city: ShopRoom, who: Person | None, method: str, where: str, fields: dict[str, str]) -> TestResponse:
    if method == "GET":
        return city.client(who).get(where, base_url=city.office.url, query_string=fields)
    found: TestResponse = city.post(where, who, **fields)
    return found


def says_nothing(answer: TestResponse, where: str) -> None:
    """No word, number or name of B's."""
    body = answer.get_data().decode("utf-8", "replace")
    leaks = [each for each in (MARK, "98765", "98,765", *(person.value for person in (Person.OWNER_B, Person.VENUE_B))) if each in body]
    assert ([], where) == (leaks, where)
    assert MARK not in str(answer.headers), where


def test_under_anothers_slug_there_is_nothing(both: tuple[ShopRoom, dict[str, str]]) -> None:
    """Whoever is not of B is told that there is no such page, and nobody at all is asked to sign in; B has what it had."""
    city, names = both
    before = kept(city.database, names["business"])
    for rule, arguments, methods in rules(city):
        for chosen in ids(names, arguments):
            for method in sorted(methods):
                for who in STRANGERS:
                    where = path(rule, B, chosen)
                    answer = asked(city, who, method, where, {})
                    allowed = (403, 404) if who is Person.VENUE_A and method != "GET" else (404,)
                    wanted = (303, 403) if who is None else allowed if method != "GET" else (403, 404)
                    assert answer.status_code in wanted, (who, method, where, answer.status_code)
                    says_nothing(answer, where)
    assert before == kept(city.database, names["business"])


def test_anothers_ids_are_nobodys(both: tuple[ShopRoom, dict[str, str]]) -> None:
    """Under A's own slug an id of B's in the path is no page, in whatever form it is asked for; B has what it had."""
    city, names = both
    before = kept(city.database, names["business"])
    for rule, arguments, methods in rules(city):
        if not set(arguments) & set(THEIRS):
            continue
        for chosen in ids(names, arguments):
            for method in sorted(methods):
                for more in FORMATS if method == "GET" else FORMATS[:1]:
                    where = path(rule, A, chosen)
                    answer = asked(city, Person.OWNER_A, method, where, more)
                    assert 404 == answer.status_code, (method, where, answer.status_code)
                    says_nothing(answer, where)
    assert before == kept(city.database, names["business"])


def test_nobody_makes_themselves_more(both: tuple[ShopRoom, dict[str, str]]) -> None:
    """Fields that a form does not have give nobody another role, another shop, or approval."""
    city, _names = both
    more = {"role": "business-owner", "state": "approved", "house": "1", "weight": "1000", "decided_by": "me", "staff_id": "me"}
    for rule, arguments, methods in rules(city):
        if not arguments and "POST" in methods:
            for who in (Person.VENUE_A, Person.OWNER_A):
                city.post(path(rule, A, {}), who, **more)
    with reading(city.database) as session:
        roles = {row.name: row.role for row in session.scalars(select(Staff).where(Staff.name.in_([Person.VENUE_A.value])))}
        assert {Person.VENUE_A.value: Role.VENUE_STAFF} == roles
        assert False is session.get_one(Business, city.shops[A]).house
        weights = set(session.scalars(select(Campaign.weight).where(Campaign.business_id == city.shops[A])))
        assert {1} == weights


def test_anothers_ids_in_fields_do_nothing(both: tuple[ShopRoom, dict[str, str]]) -> None:
    """On A's own pages B's ids in the query and in every field of a form show nothing and change nothing of B's."""
    city, names = both
    before = kept(city.database, names["business"])
    with reading(city.database) as session:
        campaign = session.scalars(select(Campaign.id).where(Campaign.business_id == city.shops[A])).first() or ""
        sha = session.scalars(select(Picture.sha).where(Picture.business_id == city.shops[A])).first() or ""
    mine = {"campaign": campaign, "sha": sha, "staff": city.people[Person.VENUE_A]}
    fields = {field: names[kind] for field, kind in FIELDS.items()}
    for rule, arguments, methods in rules(city):
        own = {each: mine[THEIRS[each]] for each in arguments if each in THEIRS}
        for fixed, method in product(choices(arguments), sorted(methods)):
            for more in FORMATS if method == "GET" else (FORM,):
                where = path(rule, A, own | fixed)
                answer = asked(city, Person.OWNER_A, method, where, fields | more)
                assert answer.status_code < 500, (method, where, answer.status_code)
                says_nothing(answer, where)
    assert before == kept(city.database, names["business"])
    with reading(city.database) as session:
        shown = set(session.scalars(select(Creative.picture).join(Campaign).where(Campaign.business_id == city.shops[A])))
        shown |= set(session.scalars(select(ShopVersion.picture).where(ShopVersion.business_id == city.shops[A])))
        made = session.scalars(select(Creative.title).join(Campaign).where(Campaign.business_id == city.shops[A]))
    assert (False, True) == (names["sha"] in shown, {"en": "Bread"} in list(made))
