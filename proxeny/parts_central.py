"""[staff.directory] and [staff.oidc] of the settings: who else vouches for staff, and which of their groups is which role.

A key's meaning is told in config/proxeny.toml. Never a role for whom no group is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  pydantic reads the annotations when the module runs
from typing import Annotated, Final

from pydantic import BeforeValidator, ConfigDict, Field

from proxeny.faults import WrongError, did_you_mean
from proxeny.parts import Part
from proxeny.parts_oidc import Provider, Scopes, Words, worded
from proxeny.parts_web import Template  # noqa: TC001  as above

ROLES: Final = ("city-admin", "network-ops", "auditor", "help-desk")  # portal/permissions.py: those that have anything to do
_DN: Final = re.compile(r"[A-Za-z][A-Za-z0-9.-]*\s*=[^\x00-\x1f]+")
_MOST: Final = 50  # groups, each of which is asked for at every sign-in
_LABEL: Final = {"en": "City account", "fr": "Compte de la ville"}
_CLAIM: Final = re.compile(r"[\x21-\x7e]{1,200}")


def _roles(value: object) -> object:
    """What is written -> role, in the order of the file: the first that fits counts."""
    if not isinstance(value, dict) or not value:
        raise WrongError("must name at least one group and its role", '{ "cn=network,ou=groups,dc=city,dc=example" = "network-ops" }')
    if len(value) > _MOST:
        raise WrongError(f"names {len(value)} groups", f"At most {_MOST}: each is asked for at every sign-in")
    for name, role in value.items():
        if role not in ROLES:
            raise WrongError(
                f'"{role}" is no role that works on the staff pages', did_you_mean(str(role), ROLES) or ", ".join(ROLES), (name,)
            )
    return value


def _groups(value: object) -> object:
    for name in value if isinstance(value, dict) else ():
        if not _DN.fullmatch(str(name)):
            raise WrongError(f'"{name}" is no DN', "Write the group's whole name: cn=network,ou=groups,dc=city,dc=example", (str(name),))
    return _roles(value)


def _claim(value: object) -> str:
    if not isinstance(value, str) or not _CLAIM.fullmatch(value):
        raise WrongError("must be the name of a claim", 'Write "groups", or "realm_access.roles" for one within another')
    return value


class StaffDirectory(Part):
    """[staff.directory]: staff whom the server of [directory] knows."""

    groups: Annotated[Mapping[str, str], BeforeValidator(_groups)]
    filter: Template | None = None
    require_second_factor: bool = True


class StaffOidc(Provider):
    """[staff.oidc]: staff whom a provider vouches for."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    label: Annotated[
        Words, BeforeValidator(worded("label")), Field(default_factory=lambda: {"en": "City account", "fr": "Compte de la ville"})
    ]
    scopes: Scopes = ("openid", "profile", "email")
    claim: Annotated[str, BeforeValidator(_claim)] = "groups"
    roles: Annotated[Mapping[str, str], BeforeValidator(_roles)]
