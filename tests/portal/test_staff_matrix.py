"""The permission matrix: every route of the staff app, every role, generated. A route without a row in `SAMPLES` fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from portal.permissions import ALLOWED, OF_STAFF, Permission
from store.models import Role
from tests.screens.desks import DESKS
from tests.screens.vouchers import OF_BATCHES, VOUCHER

if TYPE_CHECKING:
    from werkzeug.routing import Rule

    from tests.portal.staffroom import Room

# How the variables of a route are filled: rule -> path
SAMPLES: dict[str, str] = {
    **{f"/alerts/<name>{page}": f"/alerts/0123456789abcdef{page}" for page in ("", "/silence", "/close")},
    "/sessions/<name>/extend": "/sessions/06h0nobody000001/extend",
    "/sessions/<name>/plan": "/sessions/06h0nobody000001/plan",
    "/sessions/<name>/disconnect": "/sessions/06h0nobody000001/disconnect",
    "/sessions/<name>": "/sessions/06h0nobody000001",
    "/sessions/<name>/reveal": "/sessions/06h0nobody000001/reveal",
    "/trace/<name>/export": "/trace/06h0nobody000001/export",
    "/trace/<name>": "/trace/06h0nobody000001",
    "/staff/of/<path:name>": "/staff/of/auditor@city.example",
    "/staff/of/<path:name>/role": "/staff/of/auditor@city.example/role",
    "/staff/of/<path:name>/disable": "/staff/of/auditor@city.example/disable",
    "/staff/of/<path:name>/enable": "/staff/of/auditor@city.example/enable",
    "/staff/of/<path:name>/sign-out": "/staff/of/auditor@city.example/sign-out",
    "/staff/of/<path:name>/second-factor": "/staff/of/auditor@city.example/second-factor",
    "/staff/of/<path:name>/link": "/staff/of/auditor@city.example/link",
    "/setup/<secret>": "/setup/nobodys",
    **{f"/me/passkeys/<key>/{page}": f"/me/passkeys/AAAA/{page}" for page in ("rename", "remove")},
    "/me/browsers/<name>/end": "/me/browsers/06h0nobody000001/end",
    "/audit/<int:number>": "/audit/1",
    "/audit/of/<kind>/<path:name>": "/audit/of/site/central-library",
    "/access-points/<path:name>": "/access-points/lib-1",
    **{f"/sites/<path:name>{page}": f"/sites/central-library{page}" for page in ("", "/take-over", "/remove")},
    **{f"/districts/<path:name>{page}": f"/districts/downtown{page}" for page in ("/take-over", "/remove")},
    **{f"/ssids/<path:name>{page}": f"/ssids/City%20Wi-Fi{page}" for page in ("", "/take-over", "/remove")},
    **{f"/certificates/<listener>{page}": f"/certificates/guest{page}" for page in ("", "/new", "/request", "/upload", "/use", "/remove")},
    "/certificates/<listener>/request/<name>": "/certificates/guest/request/06h0nobody000001",
    **{f"/plans/<path:name>{page}": f"/plans/visitor{page}" for page in ("", "/simulate", "/take-over", "/remove")},
    **{f"/policy/<path:name>{page}": f"/policy/vlan{page}" for page in ("", "/move", "/take-over", "/remove")},
    **{f"/homes/<path:name>{page}": f"/homes/uni-a-1{page}" for page in ("", "/use", "/secret", "/test", "/take-over", "/remove")},
    "/static/<digest>/<path:name>": "/static/000000000000/staff.css",
    **{f"/gateways/<path:name>{page}": f"/gateways/library-wlc{page}" for page in ("", "/edit", "/guide", "/remove", "/take-over")},
    **{f"/gateways/<path:name>/secrets{page}": f"/gateways/library-wlc/secrets{page}" for page in ("", "/end")},
    **{
        f"/webhooks/<name>{page}": f"/webhooks/06h0nobody000001{page}"
        for page in ("", "/edit", "/rotate", "/pause", "/resume", "/test", "/replay", "/remove")
    },
    **{f"/webhooks/<name>/deliveries/<int:number>{page}": f"/webhooks/06h0nobody000001/deliveries/1{page}" for page in ("", "/replay")},
    **{f"/jobs/{of}/<int:number>{page}": f"/jobs/{of}/1{page}" for of in ("orders", "messages") for page in ("", "/again", "/cancel")},
    "/access-points/<path:name>/test": "/access-points/lib-1/test",
    "/gateways/new/<nas>": "/gateways/new/coova",
    **{f"/vouchers/<name>{page}": f"{OF_BATCHES}{page}" for page in ("", "/used.svg", "/print", "/sheet", "/sheet.pdf")},
    **{f"/vouchers/<name>/{act}": f"{OF_BATCHES}/{act}" for act in ("cancel", "close", "revoke")},
    **{
        f"/vouchers/<name>/of/<voucher>{page}": f"{OF_BATCHES}/of/{VOUCHER}{page}"
        for page in ("", "/print", "/sheet", "/sheet.pdf", "/revoke")
    },
    **{f"/privacy/requests/<name>{page}": f"/privacy/requests/0123456789reque0{page}" for page in ("", "/contact", "/settle")},
    **{f"/privacy/incidents/<name>{page}": f"/privacy/incidents/0123456789openi0{page}" for page in ("", "/decide", "/close", "/records")},
    "/privacy/incidents/<name>/alone": "/privacy/incidents/0123456789openi0/alone",
    **{
        f"/portals/<path:name>{page}": f"/portals/library{page}"
        for page in ("", "/take-over", "/remove", "/versions", "/compare", "/publish", "/discard", "/preview")
    },
    "/portals/<path:name>/versions/<int:number>/back": "/portals/library/versions/1/back",
    "/portals/terms/<digest>": "/portals/terms/0123456789abcdef",
    "/charts/analytics/<name>.svg": "/charts/analytics/days.svg",
    "/media/<sha>.webp": f"/media/{'0' * 64}.webp",
    **{
        f"/desk/<name>{page}": f"/desk/06h0nobody000001{page}"
        for page in ("", "/resend", "/extend", "/sign-out", "/unblock", "/request", "/reveal")
    },
    **{f"/accounts/<name>{page}": f"/accounts/06h0nobody000001{page}" for page in ("", "/reveal", "/export", "/erase")},
    **{f"/accounts/<name>/devices/<ref>/{page}": f"/accounts/06h0nobody000001/devices/0123/{page}" for page in ("sign-out", "forget")},
    "/open-data/usage/<month>": "/open-data/usage/2026-02",
    **{f"/open-data/of/<name>{page}": f"/open-data/of/06h0nobody000001{page}" for page in ("", "/withdraw")},
    **{f"/review/<kind>/<name>{page}": f"/review/advert/06h0nobody000001{page}" for page in ("", "/seen", "/approve", "/reject")},
    **{f"/businesses/<slug>{page}": f"/businesses/nobodys{page}" for page in ("", "/places", "/suspend", "/restore", "/members")},
    **{f"/businesses/<slug>/figures{page}": f"/businesses/nobodys/figures{page}" for page in ("", ".csv", ".pdf")},
    "/businesses/<slug>/figures/<what>.svg": "/businesses/nobodys/figures/days.svg",
    **{f"/businesses/<slug>/members/<member>/{page}": f"/businesses/nobodys/members/06h0/{page}" for page in ("link", "remove")},
    **{f"/adverts/<name>{page}": f"/adverts/06h0nobody000001{page}" for page in ("", "/weight")},
    "/adverts/<name>/<any(pause, resume, end):verb>": "/adverts/06h0nobody000001/pause",
    **{f"/tokens/<name>{page}": f"/tokens/06h0nobody000001{page}" for page in ("", "/revoke")},
}
PEOPLE = (None, *Role)


def paths(room: Room) -> list[tuple[Rule, str, str]]:
    """(rule, method, path) of every route."""
    found = []
    for rule in room.app.url_map.iter_rules():
        path = SAMPLES.get(rule.rule, rule.rule)
        if rule.rule.startswith("/shops/<slug>/"):  # of none of the city's own: test_business_matrix.py has theirs
            path = re.sub("<[^>]+>", "nobodys", rule.rule)
        assert "<" not in path, f"{rule.rule} has no row in SAMPLES"
        found += [(rule, method, path) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def test_every_route_says_to_whom_it_is_open(staffroom: Room) -> None:
    """Deny by default: a view names a permission, or the steps of whoever signs in; style and scripts alone are anyone's."""
    for rule, _method, _path in paths(staffroom):
        view: Any = staffroom.app.view_functions[rule.endpoint]
        said = [name for name in ("needs", "steps", "open") if getattr(view, name, None)]
        assert 1 == len(said), f"{rule.rule} says {said}"
        assert "open" not in said or rule.endpoint == "assets.serve", rule.rule


@pytest.mark.parametrize("role", PEOPLE, ids=str)
def test_no_role_gets_what_the_table_does_not_give(staffroom: Room, role: Role | None) -> None:
    """A route that the role may not have answers 403, or leads to sign-in where nobody is; one that it may have never does."""
    nobody = role not in OF_STAFF  # who works for a shop is nobody here
    token = staffroom.token(None if nobody else role)
    for rule, method, path in paths(staffroom):
        view: Any = staffroom.app.view_functions[rule.endpoint]
        needed: Permission | None = getattr(view, "needs", None)
        if needed is None:
            continue
        client = staffroom.client(role)
        answer = client.open(path, method=method, base_url="http://staff.city.example", data={"token": token} if method != "GET" else None)
        if nobody:
            assert (303, True) == (answer.status_code, answer.location.startswith("/sign-in")) or 403 == answer.status_code, (method, path)
        elif needed not in ALLOWED[role]:
            assert 403 == answer.status_code, (role, method, path)
        else:
            assert answer.status_code not in (403, 500, 503), (role, method, path, answer.get_data(as_text=True)[:500])
            assert not (answer.location or "").startswith("/sign-in"), (role, method, path)


@pytest.mark.parametrize("forged", ["", "0" * 32])
def test_a_form_of_another_site_changes_nothing(staffroom: Room, forged: str) -> None:
    """Without this session's token, or sent by another site's page, every POST is refused, whoever is signed in."""
    client, token = staffroom.client(), staffroom.token()
    for rule, method, path in paths(staffroom):
        view: Any = staffroom.app.view_functions[rule.endpoint]
        if method == "GET" or getattr(view, "needs", None) is None:
            continue
        send = {"method": method, "base_url": "http://staff.city.example"}
        assert 403 == client.open(path, data={"token": forged}, **send).status_code, path
        assert 403 == client.open(path, data={"token": token}, headers={"Sec-Fetch-Site": "cross-site"}, **send).status_code, path
        assert 403 == client.open(path, data={"token": token}, headers={"Origin": "https://evil.example"}, **send).status_code, path


def test_every_page_is_looked_at(staffroom: Room) -> None:
    """Whatever can be opened as a page is in tests/screens/desks.py, and so before axe and in the pictures."""
    shown = {
        staffroom.app.url_map.bind("").match(desk.path.partition("?")[0])[0]
        for desk in DESKS.values()
        if desk.path != "/no-such-page" and not desk.path.startswith("/api/")
    }
    for rule, method, path in paths(staffroom):
        view: Any = staffroom.app.view_functions[rule.endpoint]
        if method == "GET" and getattr(view, "needs", None) is not None and rule.endpoint not in shown:
            answer = staffroom.get(path)
            assert not (200 == answer.status_code and "text/html" == answer.mimetype), f"{path} is not in DESKS"
