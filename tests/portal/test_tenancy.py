"""A guest never sees another's device, session or data by any URL: generated over the URL map.

Every route that takes a token is called with every token that a guest may hold, whole and broken, and with a neighbour's ids
in its path and its form. A route that this table does not name fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.capabilities import ACCOUNT, STAY, VISIT, Capability, open_stay
from tests.portal.neighbours import KINDS, Neighbours, move_in, sealed

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.portal.world import World

# Route -> the kind of token that it takes. Whoever adds a route adds its line, and so decides who may call it.
TAKES = {
    "/v/<token>": "visit",
    "/v/<token>/go": "visit",
    "/v/<token>/again": "visit",
    "/v/<token>/voucher": "visit",
    "/v/<token>/email": "visit",
    "/v/<token>/email/code": "visit",
    "/v/<token>/email/resend": "visit",
    "/v/<token>/sms": "visit",
    "/v/<token>/sms/code": "visit",
    "/v/<token>/sms/resend": "visit",
    "/v/<token>/card": "visit",
    "/v/<token>/sponsor": "visit",
    "/v/<token>/sponsor/check": "visit",
    "/v/<token>/oidc/<name>": "visit",
    "/s/<token>": "stay",
    "/s/<token>/again": "stay",
    "/s/<token>/out": "stay",
    "/s/<token>/more": "stay",
    "/s/<token>/code": "stay",
    "/s/<token>/resend": "stay",
    "/s/<token>/email": "stay",
    "/s/<token>/kept": "stay",
    "/s/<token>/me": "stay",
    "/s/<token>/me/send": "stay",
    "/b/<token>": "back",
    "/me/<token>": "account",
    "/me/<token>/add": "account",
    "/me/<token>/data": "account",
    "/me/<token>/data.json": "account",
    "/me/<token>/device/<name>": "account",
    "/me/<token>/device/<name>/name": "account",
    "/me/<token>/device/<name>/out": "account",
    "/me/<token>/device/<name>/forget": "account",
    "/me/<token>/erase": "account",
    "/m/<token>": "mail",
    "/sponsor/<token>": "sponsor",
    "/a/<token>": "advert",
}
# Routes without a token in their path: what they show is everybody's, or their own tests say whose (the last line)
OPEN = {
    "/", "/privacy", "/terms", "/help", "/accessibility", "/eduroam", "/p/<slug>", "/<language>/p/<slug>", "/at/<site>",
    "/media/<sha>.webp", "/healthz", "/robots.txt", "/favicon.ico", "/guest/s/<site>/", "/in/<family>/<path:key>",
    "/in/opennds/<key>/usage", "/open-data/", "/open-data/<name>", "/capport/<key>", "/capport/<key>/sign-in", "/oidc/<name>",
}  # fmt: skip
WITH_VISIT = {"/oidc/<name>": "round"}


def calls(city: World) -> list[tuple[str, str]]:
    """(method, route) of every route with a token, those that end something last."""
    found = [
        (method, rule.rule)
        for rule in city.app.url_map.iter_rules()
        if "<token>" in rule.rule
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    return sorted(found, key=lambda call: (call[0] != "GET", "erase" in call[1], "out" in call[1] or "forget" in call[1], call[1]))


def call(both: Neighbours, method: str, route: str, token: str, name: str) -> TestResponse:
    """One request, with the neighbour's ids in its form and its query."""
    path = route.replace("<token>", token).replace("<name>", name)
    if method == "GET":
        return both.guest.get(path, query_string=both.fields | {"at": token})
    return both.guest.open(path, method=method, data=both.fields)


def betrays(both: Neighbours, answer: TestResponse, asked: str = "") -> list[str]:
    """What of the neighbour's stands in an answer, beside what was asked for."""
    said = answer.text + str(answer.headers)
    return [mark for mark in both.marks if mark in said and mark != asked]


@pytest.fixture
def both(city: World) -> Neighbours:
    return move_in(city)


def test_every_route_has_its_line(city: World) -> None:
    """A new route does not slip by: it names the token that it takes, or says that it is everybody's."""
    app = city.app
    routes = {rule.rule: app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
    machines = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("probes.")}
    assert set(routes) - machines - OPEN == set(TAKES)
    for route, kind in TAKES.items():
        capability: Capability = routes[route].capability  # type: ignore[attr-defined]
        assert kind == capability.name.lower()
    asked = {route for route in OPEN if routes[route].capability not in (Capability.NONE, Capability.GATEWAY)}  # type: ignore[attr-defined]
    assert asked == set(WITH_VISIT)


def test_a_token_opens_its_own_kind_of_page_and_no_other(both: Neighbours) -> None:
    """Each of a guest's tokens at each route of another kind: refused as too old, nothing done, nothing told."""
    before = both.neighbour()
    for method, route in calls(both.city):
        for kind in KINDS:
            if kind != TAKES[route]:
                answer = call(both, method, route, both.tokens[kind], both.ref)
                assert (410, []) == (answer.status_code, betrays(both, answer)), (method, route, kind)
    assert before == both.neighbour()


@pytest.mark.parametrize("broken", ["short", "flipped", "expired"])
def test_a_broken_token_opens_nothing(both: Neighbours, broken: str) -> None:
    """Cut, one bit turned, too old: refused at every route."""
    before, city = both.neighbour(), both.city
    if broken == "expired":
        stay = open_stay(city.tokens, both.tokens["stay"], city.time)
        assert not isinstance(stay, str)
        tokens = sealed(city, stay.visit, stay.grant, "a", "c", city.time - max(STAY, VISIT, ACCOUNT) - 1)
    else:
        change = {"short": lambda token: token[:-1]}
        flip = lambda token: token[:20] + ("A" if token[20] != "A" else "B") + token[21:]  # noqa: E731
        tokens = {kind: change.get(broken, flip)(token) for kind, token in both.tokens.items()}
    for method, route in calls(city):
        kind = TAKES[route]
        if kind in tokens:
            answer = call(both, method, route, tokens[kind], both.ref)
            assert (410, []) == (answer.status_code, betrays(both, answer)), (method, route)
    assert before == both.neighbour()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_guests_own_tokens_reach_nothing_of_a_neighbours(both: Neighbours, language: str) -> None:
    """Every route with the right token, and the neighbour's ids wherever an id can stand: nothing moves, nothing is told."""
    before = both.neighbour()
    both.fields["lang"] = language
    reached = []
    for name in (both.fields["device"], both.ref):
        for method, route in calls(both.city):
            kind = TAKES[route]
            if kind not in both.tokens or ("<name>" not in route and name == both.ref):
                continue
            answer = call(both, method, route, both.tokens[kind], name)
            assert [] == betrays(both, answer, name), (method, route)
            if "/device/" in route:
                assert name == both.ref or 404 == answer.status_code, (method, route)
            if answer.status_code < 400:
                reached.append(route)
    assert {"/me/<token>", "/me/<token>/data", "/me/<token>/data.json", "/me/<token>/erase", "/s/<token>/kept", "/m/<token>"} <= set(
        reached
    )
    assert before == both.neighbour()


def test_the_neighbours_ids_are_no_tokens(both: Neighbours) -> None:
    """What names a row opens no page in a token's place."""
    for method, route in calls(both.city):
        for word in (both.fields["device"], both.fields["account"], both.fields["grant"]):
            answer = call(both, method, route, word.replace("/", ""), both.ref)
            assert (True, []) == (answer.status_code in (404, 405, 410), betrays(both, answer, word)), (method, route)
