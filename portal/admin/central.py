"""Who else vouches for staff: the city's directory by groups, a provider of OpenID Connect by a claim. Roles as the settings map them.

The first that fits in the order of the settings is somebody's role. Made by the composition root, found by `central()`; asks
nobody by itself. Never a role that the settings do not name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from portal.admin.desk import desk
from store.models import Role, Source
from store.refusal import Refusal
from store.vouched import Vouched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.provider import Provider
    from store.directory import Directory


@dataclass(frozen=True, slots=True)
class Central:
    """Both, where the settings have them."""

    directory: Directory | None = None
    groups: Mapping[str, Role] = field(default_factory=dict)  # DN -> role, in order
    second: bool = True  # whether a second factor of ours is asked of whom the directory vouches for
    provider: Provider | None = None
    claim: str = "groups"
    values: Mapping[str, Role] = field(default_factory=dict)  # one of the claim's -> role, in order

    def by_password(self, name: str, password: str) -> tuple[Vouched, Role | None] | Refusal:
        """Whom the directory knows by this name and password, and their role; None: no group of theirs has one."""
        if self.directory is None:
            return Refusal.MISCONFIGURED
        person = self.directory.verify(name.encode("utf-8", "surrogatepass"), password.encode("utf-8", "surrogatepass"))
        if isinstance(person, Refusal):
            return person
        held = self.directory.groups(person, list(self.groups))
        if isinstance(held, Refusal):
            return held
        role = next((role for group, role in self.groups.items() if group in held), None)
        return Vouched(Source.DIRECTORY, person.key, (name,), person.name, person.mail), role

    def by_claims(self, issuer: str, claims: Mapping[str, Any]) -> tuple[Vouched, Role | None]:
        """Whom a verified token is about, and their role."""
        had = values(claims, self.claim)
        role = next((role for value, role in self.values.items() if value in had), None)
        email = str(claims["email"]) if claims.get("email_verified") is True and isinstance(claims.get("email"), str) else ""
        names = [each for each in (claims.get("preferred_username"), email, claims["sub"]) if isinstance(each, str) and each]
        shown = claims["name"] if isinstance(claims.get("name"), str) else ""
        return Vouched(Source.OIDC, f"{issuer}\n{claims['sub']}", tuple(names), shown, email), role


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
