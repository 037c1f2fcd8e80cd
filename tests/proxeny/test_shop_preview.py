"""proxeny/shop_preview.py: an advert is previewed on the page that guests of its site see."""

from __future__ import annotations

from proxeny.network import Network, Plan, Portal, Site
from proxeny.shop_preview import portal_at

PLAN = Plan("visitor", session=3_600)


def network(*portals: Portal, plan: bool = True) -> Network:
    """With a library of its own portal, and a pool without."""
    sites = {"library": Site("library", "Library", portal="books"), "pool": Site("pool", "Pool")}
    rows = {"site": sites, "portal": {each.name: each for each in portals}, "plan": {PLAN.name: PLAN} if plan else {}}
    return Network(rows={**Network().rows, **rows})


def test_a_site_shows_its_own_portal() -> None:
    """Else the first; a site that there is not shows that, too."""
    books, swim = Portal("books", "visitor"), Portal("alone", "visitor")
    found = [portal_at(network(swim, books), site)[1].name for site in ("library", "pool", "nowhere", "")]
    assert ["books", "alone", "alone", "alone"] == found


def test_where_nobody_is_let_in_a_portal_stands_in() -> None:
    """No portal yet, or one whose plan is not declared: two hours by terms, and the network is as it was but for that plan."""
    for given in (network(), network(Portal("books", "gone")), network(Portal("books", "visitor"), plan=False)):
        made, row = portal_at(given, "library")
        assert (("terms",), 7_200, given.rows["site"]) == (row.ways, made.rows["plan"][row.plan].session, made.rows["site"])
        assert row.plan not in given.rows["plan"]
