"""One provider of OpenID Connect as the pages reach it: its document and keys, kept for an hour, and the exchange of codes.

Theory of operation. The document and the keys are fetched when they are first needed. A token signed by a key that is not
among them has the keys fetched again, once in PAUSE, so that a provider may change its keys at any time and a stranger's
token costs nothing. After three failures in a row the breaker opens, and guests are told at once that the provider is away.

Never waits longer than PATIENCE for one sign-in, and never keeps a code, a token or whom it was for.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import get_well_known_url

from portal import fetching
from portal.cases import oidc
from portal.cases.oidc import Identity, UnknownKeyError, UnprovenError
from portal.fetching import AwayError
from store.breaker import Breaker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from joserfc.jwk import Key

    from portal.cases.oidc import Documented, Registered
    from portal.fetching import Answer

Made = TypeVar("Made")
PATIENCE: Final = 4.0  # seconds for one step of a sign-in, whatever number of requests that takes
KEPT: Final = 3_600.0  # seconds
PAUSE: Final = 30.0  # seconds between two fetches of keys for the sake of one that we do not know


class UsedError(Exception):
    """The provider takes the code no more: it was used, or its time is over."""


class Provider:
    """For any number of threads; what two of them fetch at once is the same."""

    def __init__(self, registered: Registered, fetch: Callable[..., Answer] = fetching.fetch, breaker: Breaker | None = None) -> None:
        self.registered = registered
        self.breaker = breaker or Breaker()
        self._fetch = fetch
        self._document: tuple[float, Documented] | None = None
        self._keys: tuple[float, dict[str, Key]] | None = None

    @property
    def origins(self) -> tuple[str, ...]:
        """Where a form of ours may lead: the issuer, and the hosts that its sign-in goes through."""
        parts = urlsplit(self.registered.issuer)
        return (f"{parts.scheme}://{parts.netloc}", *(f"https://{host}" for host in self.registered.hosts))

    def reachable(self, now: float) -> None:
        """Raises AwayError where its document or its keys cannot be had, or are of no use."""
        until = time.monotonic() + PATIENCE
        if not self._signers(self._known(now, until), now, until):
            raise AwayError("it has no key that we can use")

    def address(self, back: str, state: str, nonce: str, verifier: str, language: str, now: float, **more: str) -> str:
        """Where the browser goes; `more` is asked of the provider, too. Raises AwayError."""
        until = time.monotonic() + PATIENCE
        found: str = prepare_grant_uri(
            self._known(now, until).authorization, self.registered.client_id, "code", back, " ".join(self.registered.scopes), state,
            nonce=nonce, code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256", ui_locales=language, **more,
        )  # fmt: skip
        return found

    def reached(self, address: str) -> bool:
        """Whether a form of ours may lead there."""
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}" in self.origins

    def identity(self, back: str, code: str, issuer: str, nonce: str, verifier: str, now: float) -> Identity:
        """Whom the provider vouches for, for this code that came with this `iss`. Raises AwayError, UsedError, UnprovenError."""
        return oidc.identity(self.registered, self.claims(back, code, issuer, nonce, verifier, now))

    def claims(self, back: str, code: str, issuer: str, nonce: str, verifier: str, now: float) -> Mapping[str, Any]:
        """All that the provider says of them; the same faults."""
        until = time.monotonic() + PATIENCE
        document = self._known(now, until)
        if issuer != self.registered.issuer and (issuer or document.says_issuer):  # RFC 9207, 2.4: another's answer
            raise UnprovenError("the answer names another issuer")
        token = self._exchanged(document, back, code, verifier, until)
        try:
            return oidc.verified(token, self._signers(document, now, until), self.registered, nonce, now)
        except UnknownKeyError:
            if self._keys is not None and now - self._keys[0] < PAUSE:
                raise
            self._keys = None
            return oidc.verified(token, self._signers(document, now, until), self.registered, nonce, now)

    def _exchanged(self, document: Documented, back: str, code: str, verifier: str, until: float) -> Any:
        """The ID token of a code (OpenID Connect Core 1.0, 3.1.3)."""
        us = self.registered
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {}
        if document.posts_secret:
            form |= {"client_id": us.client_id, "client_secret": us.client_secret.octets.decode()}
        else:
            pair = f"{quote(us.client_id, safe='')}:{quote(us.client_secret.octets, safe='')}"  # RFC 6749, 2.3.1; every decoder reads %20
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return self._asked(document.token, until, _id_token, form, headers)

    def _known(self, now: float, until: float) -> Documented:
        if self._document is None or not 0 <= now - self._document[0] < KEPT:
            url = self.registered.issuer.rstrip("/") + get_well_known_url("")
            self._document = now, self._read(url, until, lambda octets: oidc.document(octets, self.registered.issuer))
        return self._document[1]

    def _signers(self, document: Documented, now: float, until: float) -> dict[str, Key]:
        if self._keys is None or not 0 <= now - self._keys[0] < KEPT:
            self._keys = now, self._read(document.keys, until, oidc.keys)
        return self._keys[1]

    def _read(self, url: str, until: float, read: Callable[[bytes], Made]) -> Made:
        """A document of the provider's; one that is wrong is a failure like none."""

        def whole(answer: Answer) -> Made:
            if answer.status != 200:
                raise AwayError(f"{url}: its answer is {answer.status}")
            try:
                return read(answer.body)
            except ValueError as fault:
                raise AwayError(f"{url}: {fault}") from None

        return self._asked(url, until, whole)

    def _asked(
        self, url: str, until: float, read: Callable[[Answer], Made], form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Made:  # fmt: skip
        """What `read` makes of the answer; the breaker hears of it."""
        left = until - time.monotonic()
        if left <= 0:
            raise AwayError(f"no time is left of {PATIENCE:.0f} s")
        if not self.breaker.admits(time.monotonic()):
            raise AwayError("it is left alone for a moment")
        told = self.breaker.untold
        try:
            made = read(self._fetch(url, left, form, headers))
            told = self.breaker.succeeded
        except UsedError:
            told = self.breaker.succeeded
            raise
        except AwayError:
            told = lambda: self.breaker.failed(time.monotonic())  # noqa: E731  the same word for each outcome
            raise
        finally:
            told()
        return made


def _id_token(answer: Answer) -> Any:
    """What a token endpoint says (RFC 6749, 5)."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or answer.status not in (200, 400, 401):
        raise AwayError(f"its token endpoint answers {answer.status}")
    if said.get("error") == "invalid_grant":
        raise UsedError
    if answer.status != 200:
        raise AwayError(f"it refuses us: {_word(said.get('error'))}")
    return said.get("id_token")


def _word(error: object) -> str:
    """An error's name, as RFC 6749 has them."""
    return error if isinstance(error, str) and error.isascii() and error.replace("_", "").isalpha() and len(error) < 40 else "unnamed"


__all__ = ["AwayError", "Identity", "Provider", "UnprovenError", "UsedError"]
