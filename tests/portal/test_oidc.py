"""A provider's sign-in through the pages, against a real one over HTTP: the round trip, meddlers, and a provider that is away."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from threading import Semaphore
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Response
from joserfc import jwk, jwt
from sqlalchemy import select

from portal import fetching
from portal.cases.oidc import Registered
from portal.provider import PATIENCE, PAUSE, Provider
from radius.secret import Secret
from store.models import Account, Grant, Way
from store.refusal import Refusal
from store.session import reading
from tests.peers import oidc
from tests.portal.guests import forms, heading, plain
from tests.portal.world import STATION, URL, coova

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World

OTHER = "02-00-5E-00-00-08"


@pytest.fixture
def there(city: World) -> Iterator[oidc.Provider]:
    """A provider at which the city is registered; the city's clock is the real one, for tokens are dated."""
    city.time = time.time()
    with oidc.running(back=[f"{URL}/oidc/city"], now=lambda: city.time) as provider:
        us = Registered(
            "city", provider.issuer, oidc.CLIENT, Secret(oidc.SECRET.encode()), {"en": "City account", "fr": "Compte de la Ville"}
        )
        city.more["oidc"] = {"city": Provider(us)}
        city.offer("oidc:city", "terms")
        yield provider


def pressed(guest: FlaskClient, **words: str) -> str:
    """Where the button leads: the provider's address with its query."""
    answer = guest.post(forms(guest.get(coova(**words)))[0])
    assert 303 == answer.status_code, answer.text
    return answer.headers["Location"]


def says(where: str, name: str = "ada", answer: str = "yes") -> str:
    """The path back to us of a guest who signs in there, or does not."""
    done = httpx.post(where, data={"name": name, "answer": answer})
    assert 302 == done.status_code, done.text
    back = urlsplit(done.headers["Location"])
    assert URL == f"{back.scheme}://{back.netloc}"
    return f"{back.path}?{back.query}"


def rows(city: World, kind: type) -> list[Any]:
    with reading(city.database) as session:
        return list(session.scalars(select(kind)))


def refused(city: World, answer: TestResponse, status: int = 422) -> None:
    assert (status, "You are not signed in", []) == (answer.status_code, heading(answer), rows(city, Grant))


def test_who_signs_in_there_is_in_here(city, there) -> None:
    """Page one's button, the provider's form, and back: a grant for the device that began, for the account of issuer and subject."""
    guest = city.client()
    answer = guest.get(says(pressed(guest)))
    assert (303, "10.1.0.1:3990") == (answer.status_code, urlsplit(answer.headers["Location"]).netloc)
    [grant], [account] = rows(city, Grant), rows(city, Account)
    assert (Way.OIDC, city.privacy.device(STATION), account.id) == (grant.way, grant.device_hash, grant.account_id)
    assert city.privacy.account(Way.OIDC, f"{there.issuer}\nsubject of ada") == account.identity_hash
    assert b"ada@example.org" == city.privacy.opened(account.contact, "account", account.id, "contact")


def test_the_same_person_is_one_account(city, there) -> None:
    """On another device, the same account; the provider's document and keys were asked for once."""
    for station in (STATION, OTHER):
        guest = city.client()
        assert 303 == guest.get(says(pressed(guest, mac=station))).status_code
    assert (1, 2) == (len(rows(city, Account)), len(rows(city, Grant)))
    assert (1, 1, 2) == tuple(there.asked[path] for path in ("/.well-known/openid-configuration", "/keys", "/token"))


def test_what_goes_along(city, there) -> None:
    """Code flow, PKCE by S256, a nonce, the page's language; and a state in which nothing can be read."""
    guest = city.client()
    first, second = (parse_qs(urlsplit(pressed(guest)).query) for _ in range(2))
    fixed = {name: first[name] for name in ("response_type", "client_id", "redirect_uri", "scope", "code_challenge_method", "ui_locales")}
    assert {"response_type": ["code"], "client_id": [oidc.CLIENT], "redirect_uri": [f"{URL}/oidc/city"], "scope": ["openid"],
            "code_challenge_method": ["S256"], "ui_locales": ["en"]} == fixed  # fmt: skip
    assert set() == {first[name][0] for name in ("state", "nonce", "code_challenge")} & {second[name][0] for name in second}


def test_the_page_may_lead_there(city, there) -> None:
    """Chromium applies form-action to the redirect after a POST: page one names the provider's origin, and that of its other hosts."""
    us = city.more["oidc"]["city"].registered
    city.more["oidc"]["city"] = Provider(replace(us, hosts=("login.city.example",)))
    policy = city.client().get(coova()).headers["Content-Security-Policy"]
    assert {there.issuer, "https://login.city.example"} <= set(re.findall(r"form-action ([^;]*)", policy)[0].split())


def test_a_page_elsewhere_is_led_to_by_a_link(city, there) -> None:
    """A sign-in page at an origin that no form of ours may lead to is a link, not a redirect that the browser would stop."""
    there.documented["authorization_endpoint"] = "https://login.elsewhere.example/authorize"
    guest = city.client()
    answer = guest.post(forms(guest.get(coova()))[0])
    assert (200, "Continue with City account") == (answer.status_code, heading(answer))
    assert 1 == answer.text.count('<a class="button" href="https://login.elsewhere.example/authorize?response_type=code&amp;')


def test_a_hint_is_read_before_the_button(city, there) -> None:
    """What the operator wants guests to know stands on a page of its own, whose button leads on."""
    us = city.more["oidc"]["city"].registered
    city.more["oidc"]["city"] = Provider(replace(us, hint={"": "Use your browser."}))
    guest = city.client()
    page = guest.post(forms(guest.get(coova()))[0])
    assert (200, True) == (page.status_code, "Use your browser." in plain(page))
    assert 303 == guest.post(forms(page)[0], data={"read": "yes"}).status_code


def test_a_browser_without_our_mark_is_asked_whose_device_it_is(city, there) -> None:
    """Somebody begins, and sends another the provider's address: they are asked first, and the code stays unused."""
    stranger, victim = city.client(), city.client()
    back = says(pressed(stranger), "victim")
    page = victim.get(back)
    assert ("Is this your device?", 0, []) == (heading(page), there.asked["/token"], rows(city, Grant))
    assert "A device at Central Library wants to use the Wi-Fi in your name, with City account." in plain(page)


def test_a_browser_that_keeps_no_cookies_gets_in_all_the_same(city, there) -> None:
    """The question whose device it is has a button, which carries the code."""
    guest = city.client(cookies=False)
    page = guest.get(says(pressed(guest)))
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    answer = guest.post(forms(page)[0], data=fields)
    assert (303, 1) == (answer.status_code, len(rows(city, Grant)))


@pytest.mark.parametrize("more", [{}, {"yes": "yes"}, {"yes": "x" * 43}])
def test_a_form_of_strangers_is_no_yes(city, there, more) -> None:
    """Whoever has somebody's provider answer by a form (`form_post`) has not had them say whose device it is: they are asked."""
    stranger, victim = city.client(), city.client()
    said = parse_qs(urlsplit(says(pressed(stranger), "victim")).query)
    page = victim.post("/oidc/city", data={name: each[0] for name, each in said.items()} | more)
    assert ("Is this your device?", 0, []) == (heading(page), there.asked["/token"], rows(city, Grant))


def test_who_is_answered_late_keeps_nobody_out(city, there, monkeypatch) -> None:
    """Wrong cards, whose answers wait, and guests who wait for a gateway take no place of those who come by a provider."""
    city.offer("oidc:city", "card")
    city.more |= {"waiting": Semaphore(1), "directory": lambda *_: Refusal.UNKNOWN_USER}
    meanwhile = []

    def wait(seconds: float) -> None:
        city.time += seconds
        meanwhile.append(guest.post(f"{at}/oidc/city").status_code)

    monkeypatch.setattr(city, "pass_time", wait)
    guest = city.client()
    at = forms(guest.get(coova()))[0].partition("/oidc")[0]
    assert 422 == guest.post(f"{at}/card", data={"name": "2004000017", "password": "1234"}).status_code
    assert [303] == meanwhile


def test_a_prefetch_uses_no_code_up(city, there) -> None:
    """HEAD shows what GET would, and changes nothing."""
    guest = city.client()
    back = says(pressed(guest))
    assert (200, 0) == (guest.head(back).status_code, there.asked["/token"])
    assert 303 == guest.get(back).status_code


def test_a_page_loaded_again_leads_to_the_status(city, there) -> None:
    """The code works once; after it the browser is led to its status page, another one is told to try again."""
    guest, other = city.client(), city.client(cookies=False)
    back = says(pressed(guest))
    assert 303 == guest.get(back).status_code
    assert "/" == guest.get(back).headers["Location"]
    assert guest.get("/").headers["Location"].startswith("/s/")
    page = other.get(back)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    assert "You are not signed in" == heading(other.post(forms(page)[0], data=fields))
    assert 1 == len(rows(city, Grant))


def test_a_guest_who_cancels_is_back_at_the_ways(city, there) -> None:
    """The provider says access_denied: words, the same button again, and the way to the others."""
    guest = city.client()
    answer = guest.get(says(pressed(guest), answer="no"))
    refused(city, answer, 200)
    assert "You can try again, or take another way." in plain(answer)
    assert "Other ways to connect" in plain(answer)


def swapped(back: str, **values: str) -> str:
    """The way back with other values; "" takes one out."""
    path, _, query = back.partition("?")
    kept = {name: each[0] for name, each in parse_qs(query).items()} | values
    return f"{path}?{httpx.QueryParams({name: value for name, value in kept.items() if value})}"


def test_a_state_that_is_not_ours_is_nothing(city, there) -> None:
    """None, a forged one, a visit's token, one twice, one that is eleven minutes old: a page that is too old, and no code used."""
    guest = city.client()
    back = says(pressed(guest))
    visit = forms(guest.get(coova()))[0].split("/")[2]
    tries = [swapped(back, state=state) for state in ("", "x", "A" * 400, visit)]
    tries.append(back + "&state=x")
    assert {410} == {guest.get(each).status_code for each in tries}
    city.time += 601
    assert (410, 0) == (guest.get(back).status_code, there.asked["/token"])


def test_a_state_of_another_visit_proves_nothing_for_it(city, there) -> None:
    """A code got with one round's state is of no use with another's: the nonce and the verifier are the round's own."""
    mine, theirs = city.client(), city.client()
    back, other = says(pressed(mine)), says(pressed(theirs, mac=OTHER), "grace")
    state = parse_qs(urlsplit(other).query)["state"][0]
    refused(city, theirs.get(swapped(back, state=state)), 200)


def test_a_state_of_one_provider_is_nothing_at_another(city, there) -> None:
    """Two providers, one state: it is read at the address that it was made for."""
    guest = city.client()
    back = says(pressed(guest))
    city.more["oidc"]["campus"] = city.more["oidc"]["city"]
    city.offer("oidc:city", "oidc:campus")
    assert 404 == city.client().get(back.replace("/oidc/city", "/oidc/campus")).status_code


@pytest.mark.parametrize("code", ["", "x", "A" * 3_000])
def test_a_code_that_is_none(city, there, code) -> None:
    """The provider refuses it, or is not asked."""
    guest = city.client()
    refused(city, guest.get(swapped(says(pressed(guest)), code=code)), 200)


def forged(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Signed by somebody else who claims the same key's name."""
    return jwt.encode(header, claims, jwk.RSAKey.generate_key(2048, {"kid": header["kid"]}), ["RS256"])


def by_our_secret(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """By a shared secret, which a public key's octets might be taken for."""
    return jwt.encode(header | {"alg": "HS256"}, claims, jwk.OctKey.import_key(oidc.SECRET), ["HS256"])


@pytest.mark.parametrize("signed", [oidc.unsigned, forged, by_our_secret, lambda _header, _claims: "no.token.", lambda _header, _claims: 7],
                         ids=["none", "forged", "hs256", "garbled", "number"])  # fmt: skip
def test_a_token_that_the_provider_did_not_sign(city, there, signed) -> None:
    """Unsigned, signed by another, by the secret we share, or no token at all: nobody is in."""
    there.signed = signed
    guest = city.client()
    refused(city, guest.get(says(pressed(guest))))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"}, {"aud": "somebody-else"}, {"aud": ["somebody-else", "another"]}, {"aud": None}, {"iss": None},
        {"nonce": "another"}, {"nonce": None}, {"exp": 1}, {"exp": None}, {"exp": "tomorrow"}, {"sub": None}, {"sub": ""}, {"sub": 7},
        {"sub": "x" * 256}, {"aud": [oidc.CLIENT, "other"], "azp": "other"}, {"nbf": 9_999_999_999}, {"iat": None},
    ],
    ids=lambda claims: " ".join(f"{name}={str(value)[:12]}" for name, value in claims.items()),
)  # fmt: skip
def test_a_token_that_says_the_wrong_thing(city, there, claims) -> None:
    """Another issuer, audience, nonce or end, or none of them: nobody is in."""
    there.claims.update(claims)
    guest = city.client()
    refused(city, guest.get(says(pressed(guest))))


def test_keys_change_at_any_time(city, there) -> None:
    """A token by a new key has the keys fetched again; one by a key that nobody has does so once in half a minute."""
    for number, kid in enumerate(("first", "second")):
        guest = city.client()
        assert 303 == guest.get(says(pressed(guest, mac=f"02-00-5E-00-01-0{number}"))).status_code
        city.time += PAUSE
        there.rotate(f"after {kid}")
    assert 2 == there.asked["/keys"]
    there.signed = lambda header, claims: forged(header | {"kid": "unknown"}, claims)
    for _ in range(4):
        guest = city.client()
        assert "You are not signed in" == heading(guest.get(says(pressed(guest, mac=OTHER))))
    assert 3 == there.asked["/keys"]


def test_an_answer_of_another_issuer(city, there) -> None:
    """RFC 9207: an `iss` that is another's is refused; where the provider always says it, so is none."""
    there.says_issuer = True
    guest = city.client()
    back = says(pressed(guest))
    for issuer in ("https://elsewhere.example", ""):
        refused(city, guest.get(swapped(back, iss=issuer)))
    assert (0, 303) == (there.asked["/token"], guest.get(back).status_code)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example"}, {"issuer": None}, {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://elsewhere.example/authorize"}, {"token_endpoint": ""}, {"jwks_uri": "file:///etc/passwd"},
    ],
    ids=str,
)  # fmt: skip
def test_a_document_that_is_not_the_providers(city, there, document) -> None:
    """Another issuer's document, or addresses that are not https: no guest is sent there."""
    there.documented.update(document)
    guest = city.client()
    answer = guest.post(forms(guest.get(coova()))[0])
    assert (503, "Not at this moment") == (answer.status_code, heading(answer))
    assert "The sign-in service “City account” does not answer. It is not your fault" in plain(answer)
    assert "city: " == city.lines[-1]["why"][:6]  # staff see which of several


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/.well-known/openid-configuration", lambda: Response(b" " * 10_000_000, mimetype="application/json")),
        ("/.well-known/openid-configuration", lambda: Response("{", mimetype="application/json")),
        ("/.well-known/openid-configuration", lambda: Response("[]", mimetype="application/json")),
        ("/.well-known/openid-configuration", lambda: Response("[" * 100_000, mimetype="application/json")),
        ("/.well-known/openid-configuration", lambda: Response("", 302, {"Location": "http://127.0.0.1:1/"})),
        ("/keys", lambda: Response(b'{"keys": [' + b'{"kty":"oct","k":"AA"},' * 9_000 + b"{}]}", mimetype="application/json")),
        ("/keys", lambda: Response('{"keys": {}}', mimetype="application/json")),
        ("/token", lambda: Response("", 500)),
        ("/token", lambda: Response('{"error": "invalid_client"}', 401)),
        ("/token", lambda: Response('["id_token"]', 200)),
    ],
)
def test_a_provider_that_answers_nonsense(city, there, path, said) -> None:
    """10 MB, half a document, brackets in brackets, redirects, keys of the wrong kind, errors: words, and nobody is in."""
    guest = city.client()
    there.answers[path] = said
    answer = guest.post(forms(guest.get(coova()))[0])
    if answer.status_code == 303:
        answer = guest.get(says(answer.headers["Location"]))
    assert (True, []) == (heading(answer) in {"Not at this moment", "You are not signed in"}, rows(city, Grant))


def test_a_provider_that_drips_holds_nobody(city, there) -> None:
    """An octet each half second: after four seconds the guest is told, and the threads of the others are free."""

    def slowly() -> Response:
        def octets() -> Iterator[bytes]:
            for _ in range(40):
                time.sleep(0.5)
                yield b" "

        return Response(octets(), mimetype="application/json")

    there.answers["/.well-known/openid-configuration"] = slowly
    guest, began = city.client(), time.monotonic()
    answer = guest.post(forms(guest.get(coova()))[0])
    assert (503, True) == (answer.status_code, time.monotonic() - began < PATIENCE + 5)


def test_a_provider_that_is_gone_is_left_alone(city, there) -> None:
    """After three failures the fourth guest is told at once, without an attempt."""
    asked = []

    def dead(url: str, *_: object) -> fetching.Answer:
        asked.append(url)
        raise fetching.AwayError("nobody there")

    city.more["oidc"]["city"] = Provider(city.more["oidc"]["city"].registered, dead)
    guest = city.client()
    button = forms(guest.get(coova()))[0]
    assert ({503}, 3) == ({guest.post(button).status_code for _ in range(6)}, len(asked))


def test_no_more_wait_than_may(city, there) -> None:
    """Where every place is taken the guest is told at once, and the code stays unused."""
    guest = city.client()
    back = says(pressed(guest))
    waiting = guest.application.extensions["guest"].exchanging
    taken = 0
    while waiting.acquire(blocking=False):
        taken += 1
    assert (503, 0) == (guest.get(back).status_code, there.asked["/token"])
    waiting.release(taken)
    assert 303 == guest.get(back).status_code


def test_no_code_and_no_name_is_in_a_log(city, there) -> None:
    """The log has the route's template and words of ours."""
    guest = city.client()
    back = says(pressed(guest))
    guest.get(back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert (False, False) == (code in str(city.lines), "ada" in str(city.lines))


def test_where_it_is_not_offered_there_is_no_way(city, there) -> None:
    """A door without the way, or a way without its section: no page."""
    city.offer("terms", "oidc:campus")
    guest = city.client()
    visit = forms(guest.get(coova()))[0].rpartition("/")[0]
    assert {404} == {guest.post(f"{visit}/oidc/{name}").status_code for name in ("city", "campus", "none", "..")}
