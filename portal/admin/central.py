"""Who else vouches for staff: the city's directory by groups, a provider of OpenID Connect by a claim. Roles as the settings map them.

The first that fits in the order of the settings is somebody's role. Made by the composition root, found by `central()`; asks
nobody by itself. Never a role that the settings do not name.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final, TypeVar

from portal.admin.desk import desk
from portal.fetching import AwayError
from store.models import Role, Source
from store.refusal import Refusal
from store.vouched import Vouched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from portal.provider import Provider
    from store.directory import Directory


Answer = TypeVar("Answer")
PLACES: Final = 3  # of the app's threads that wait for the directory or the provider at once: the others serve pages


@dataclass(frozen=True, slots=True)
class Central:
    """Both, where the settings have them."""

    directory: Directory | None = None
    groups: Mapping[str, Role] = field(default_factory=dict)  # DN -> role, in order
    second: bool = True  # whether a second factor of ours is asked of whom the directory vouches for
    provider: Provider | None = None
    claim: str = "groups"
    values: Mapping[str, Role] = field(default_factory=dict)  # one of the claim's -> role, in order
    places: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(PLACES))

    def by_password(self, name: str, password: str) -> tuple[Vouched, Role | None] | Refusal:
        """Whom the directory knows by this name and password, and their role; None: no group of theirs has one."""
        if self.directory is None:
            return Refusal.MISCONFIGURED
        with self._place() as free:
            return self._known(self.directory, name, password) if free else Refusal.BUSY

    @contextmanager
    def _place(self) -> Iterator[bool]:
        """Whether there is room for one more to wait for somebody else's machine."""
        free = self.places.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self.places.release()

    def _known(self, directory: Directory, name: str, password: str) -> tuple[Vouched, Role | None] | Refusal:
        person = directory.verify(name.encode("utf-8", "surrogatepass"), password.encode("utf-8", "surrogatepass"))
        if isinstance(person, Refusal):
            return person
        held = directory.groups(person, list(self.groups))
        if isinstance(held, Refusal):
            return held
        role = next((role for group, role in self.groups.items() if group in held), None)
        return Vouched(Source.DIRECTORY, person.key, (name,), person.name, person.mail), role

    def asked(self, work: Callable[[Provider], Answer]) -> Answer:
        """What `work` makes of the provider. Raises AwayError, and whatever it raises."""
        with self._place() as free:
            if not free or self.provider is None:
                raise AwayError("as many wait for it as may")
            return work(self.provider)

    def by_claims(self, issuer: str, claims: Mapping[str, Any]) -> tuple[Vouched, Role | None]:
        """Whom a verified token is about, and their role."""
        had = values(claims, self.claim)
        role = next((role for value, role in self.values.items() if value in had), None)
        email = _text(claims["email"]) if claims.get("email_verified") is True and isinstance(claims.get("email"), str) else ""
        names = [each for each in (claims.get("preferred_username"), email, claims["sub"]) if isinstance(each, str) and each]
        shown = _text(claims["name"]) if isinstance(claims.get("name"), str) else ""
        return Vouched(Source.OIDC, f"{issuer}\n{claims['sub']}", tuple(names), shown, email), role


def _text(said: str) -> str:
    """What somebody calls themselves elsewhere, as a line that both databases hold and that shows as it reads."""
    return "".join(each for each in said if each.isprintable()).strip()


NOBODY: Final = Central()


def central() -> Central:
    """As the settings have it."""
    tool = desk().tools.get("central")
    return tool() if tool is not None else NOBODY


def values(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """What a claim holds: one text or several; "realm_access.roles" is within another."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for step in name.split("."):
            found = found.get(step) if isinstance(found, dict) else None
    said = found if isinstance(found, list) else [found]
    return frozenset(each for each in said if isinstance(each, str))
