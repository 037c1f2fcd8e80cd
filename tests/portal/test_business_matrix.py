"""Who may open what on the shops' pages: every route, everybody, generated. Whoever adds a route is here at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from portal import press
from portal.business import tenancy
from portal.permissions import Permission, may
from store.models import CampaignState
from tests.portal.shoproom import ROLES, A, Person
from tests.screens.shop_pages import SHOPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.routing import Rule

    from tests.portal.shoproom import ShopRoom

OF_A_SHOP: Final = frozenset({Permission.SHOP, Permission.SHOP_ACT, Permission.SHOP_PEOPLE})
PEOPLE: Final = (None, *Person)
OPEN: Final = frozenset({"assets.serve", "front.healthz"})


@pytest.fixture(autouse=True)
def _pressless(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a PDF holds is not looked at here, and printing one takes as long as all the rest."""
    monkeypatch.setattr(press, "pdf", lambda _page: b"%PDF-1.7")


def fill(city: ShopRoom) -> dict[str, str]:
    """What the arguments of the rules stand for, of shop A; of whatever else, nobody's."""
    campaign = city.advert(state=CampaignState.DRAFT)
    return {"slug": A, "member": city.people[Person.VENUE_A], "campaign": campaign, "name": campaign, "sha": "0" * 64, "int:number": "1"}


def paths(city: ShopRoom) -> list[tuple[Rule, str, str]]:
    """(rule, method, path) of every route."""
    known, found = fill(city), []
    for rule in city.app.url_map.iter_rules():
        path = re.sub("<([^>]+)>", lambda match: known.get(match[1], "nobodys"), rule.rule)
        found += [(rule, method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def each(city: ShopRoom, who: Person | None, judge: Callable[[Rule, Permission, str, Any], None]) -> None:
    """Open every route that names a permission, and have its answer judged."""
    token = city.token(who)
    for rule, method, path in paths(city):
        needed = getattr(city.app.view_functions[rule.endpoint], "needs", None)
        if needed is None:
            continue
        form = {"token": token} if method != "GET" else None
        judge(rule, needed, path, city.client(who).open(path, method=method, base_url=city.office.url, data=form))


def test_every_route_says_to_whom_it_is_open(shoproom: ShopRoom) -> None:
    """A permission, or the steps of whoever signs in; what is a shop's lies under its name, and nothing else does."""
    for rule, _method, _path in paths(shoproom):
        view: Any = shoproom.app.view_functions[rule.endpoint]
        said = [name for name in ("needs", "steps", "open") if getattr(view, name, None)]
        assert 1 == len(said), f"{rule.rule} says {said}"
        assert "open" not in said or rule.endpoint in OPEN, rule.rule
        assert rule.rule.startswith(tenancy.UNDER) is (getattr(view, "needs", None) in OF_A_SHOP), rule.rule


@pytest.mark.parametrize("who", PEOPLE, ids=str)
def test_nobody_gets_what_is_not_theirs(shoproom: ShopRoom, who: Person | None) -> None:
    """Of shop A: its owner everything, its venue staff what shows, another shop's people nothing at all, a stranger the way in."""

    def judge(rule: Rule, needed: Permission, path: str, answer: Any) -> None:
        told = (answer.status_code, rule.methods, path)
        if who is None:
            assert 303 == answer.status_code, told
            assert answer.location.startswith("/sign-in"), told
        elif not may(ROLES[who], needed):
            assert 403 == answer.status_code, told
        elif needed in OF_A_SHOP and who.shop != A:
            assert 404 == answer.status_code, told
        else:
            assert answer.status_code not in (403, 500, 503), told
            assert not (answer.location or "").startswith("/sign-in"), told

    each(shoproom, who, judge)


def test_a_suspended_shop_is_seen_and_not_changed(shoproom: ShopRoom) -> None:
    """Its owner opens every page, and none of their forms does anything: each says why."""
    shoproom.suspend(why="The prices were wrong")

    def judge(_rule: Rule, needed: Permission, path: str, answer: Any) -> None:
        if needed in tenancy.CHANGES:
            assert (403, True) == (answer.status_code, "The prices were wrong" in answer.get_data(as_text=True)), path
        else:
            assert answer.status_code not in (403, 500, 503), path

    each(shoproom, Person.OWNER_A, judge)
    forms = [rule for rule in shoproom.app.url_map.iter_rules() if rule.rule.startswith(tenancy.UNDER) and "POST" in (rule.methods or ())]
    assert set() == {shoproom.app.view_functions[rule.endpoint].needs for rule in forms} - tenancy.CHANGES


@pytest.mark.parametrize("forged", ["", "0" * 32])
def test_a_form_of_another_site_changes_nothing(shoproom: ShopRoom, forged: str) -> None:
    """Without this session's token, or sent by another site's page, every POST is refused."""
    client, token = shoproom.client(), shoproom.token()
    for rule, method, path in paths(shoproom):
        if method == "GET" or getattr(shoproom.app.view_functions[rule.endpoint], "needs", None) is None:
            continue
        send: dict[str, Any] = {"method": method, "base_url": shoproom.office.url}
        assert 403 == client.open(path, data={"token": forged}, **send).status_code, path
        assert 403 == client.open(path, data={"token": token}, headers={"Sec-Fetch-Site": "cross-site"}, **send).status_code, path


def test_no_two_templates_have_one_name_but_where_one_stands_for_the_other(shoproom: ShopRoom) -> None:
    """Each app takes its own folder's first: a page of one must not come out as another's."""
    folders = [{*loader.list_templates()} for loader in shoproom.app.jinja_env.loader.loaders]  # type: ignore[union-attr]
    meant = {"layout.html", "sign_in.html", "setup.html", "setup_gone.html", "prove.html", "trouble.html"}
    assert meant == folders[0] & folders[1]


def test_every_page_is_looked_at(shoproom: ShopRoom) -> None:
    """Whatever can be opened as a page is in tests/screens/shop_pages.py, and so before axe and in the pictures."""
    known = shoproom.app.url_map.bind("")
    shown = {known.match(desk.path.partition("?")[0])[0] for desk in SHOPS.values() if desk.path != "/no-such-page"}
    for rule, method, path in paths(shoproom):
        named = getattr(shoproom.app.view_functions[rule.endpoint], "needs", None) is not None
        preview = path.endswith("/preview")  # a guest's own page: looked at among theirs
        if method == "GET" and named and rule.endpoint not in shown and not preview:
            answer = shoproom.get(path)
            assert not (200 == answer.status_code and "text/html" == answer.mimetype), f"{path} is not in SHOPS"
