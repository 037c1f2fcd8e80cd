"""[staff.directory] and [staff.oidc]: what may stand there, how each slip is told, and whom the door asks then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.permissions import OF_STAFF
from proxeny.faults import FaultyError
from proxeny.parts_central import ROLES
from proxeny.settings import load
from proxeny.staff_central import central
from store.models import Role

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.settings import Settings

DIRECTORY = '[directory]\nuri = "ldap://127.0.0.1"\nstarttls = false\nbase = "dc=city,dc=example"\n'
GROUPS = 'groups = { "cn=b,dc=city" = "network-ops", "cn=a,dc=city" = "city-admin" }\n'
OIDC = '[staff.oidc]\nissuer = "https://id.city.example"\nclient_id = "staff"\nclient_secret = "s3cret"\nroles = { it = "network-ops" }\n'


def written(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    (folder / "proxeny.toml").write_text(f"[staff]\n{text}")
    return load(folder / "proxeny.toml", environ or {})


def slip(folder: Path, text: str) -> str:
    with pytest.raises(FaultyError) as told:
        written(folder, text)
    return "; ".join(f"{fault.key}: {fault.what}" for fault in told.value.faults)


def test_the_door_asks_whom_the_settings_name(tmp_path: Path) -> None:
    """Groups in the order of the file; the provider with its button, its scopes and its claim; a second factor unless said otherwise."""
    found = central(written(tmp_path, f"[staff.directory]\n{GROUPS}{OIDC}{DIRECTORY}"))
    assert found.directory is not None
    assert found.provider is not None
    us = found.provider.registered
    assert [("cn=b,dc=city", Role.NETWORK_OPS), ("cn=a,dc=city", Role.CITY_ADMIN)] == list(found.groups.items())
    assert (True, "groups", {"it": Role.NETWORK_OPS}) == (found.second, found.claim, dict(found.values))
    assert ("https://id.city.example", "staff", ("openid", "profile", "email"), {"en": "City account", "fr": "Compte de la ville"}) == (
        us.issuer, us.client_id, us.scopes, dict(us.label),
    )  # fmt: skip


def test_staff_may_be_found_by_another_filter(tmp_path: Path) -> None:
    """Guests' filter is theirs; without one of its own, staff's is the same."""
    own = central(written(tmp_path, f'[staff.directory]\nfilter = "(cn={{user}})"\nrequire_second_factor = false\n{GROUPS}{DIRECTORY}'))
    same = central(written(tmp_path, f"[staff.directory]\n{GROUPS}{DIRECTORY}"))
    assert own.directory is not None
    assert same.directory is not None
    assert ("(cn={user})", "(uid={user})", False) == (own.directory._reach.filter, same.directory._reach.filter, own.second)


def test_without_either_nobody_else_vouches(tmp_path: Path) -> None:
    """[staff] alone: passwords of ours."""
    found = central(written(tmp_path, ""))
    assert (None, None) == (found.directory, found.provider)


def test_a_secret_may_stand_elsewhere(tmp_path: Path) -> None:
    """In the environment, as _env, or in a file."""
    for key, environ in (("client_secret_env", {"STAFF": "from there"}), ("client_secret_file", {})):
        (tmp_path / "STAFF").write_text("from there\n")
        settings = written(tmp_path, OIDC.replace('client_secret = "s3cret"', f'{key} = "STAFF"'), environ)
        assert settings.staff is not None
        assert settings.staff.oidc is not None
        assert b"from there" == settings.staff.oidc.client_secret.octets


def test_the_roles_are_those_that_may_do_something(tmp_path: Path) -> None:
    """The settings' list and the table of permissions agree."""
    assert set(ROLES) == {role.value for role in OF_STAFF}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"[staff.directory]\n{GROUPS}", "staff.directory: has no directory to ask"),
        (f"[staff.directory]\n{DIRECTORY}", "staff.directory.groups: is missing"),
        (f"[staff.directory]\ngroups = {{}}\n{DIRECTORY}", "staff.directory.groups: must name at least one group"),
        (f'[staff.directory]\ngroups = {{ "cn=a,dc=b" = "boss" }}\n{DIRECTORY}', '"boss" is no role'),
        (f'[staff.directory]\ngroups = {{ "cn=a,dc=b" = "business-owner" }}\n{DIRECTORY}', '"business-owner" is no role'),
        (f'[staff.directory]\ngroups = {{ "admins" = "auditor" }}\n{DIRECTORY}', '"admins" is no DN'),
        (f'[staff.directory]\nfilter = "(uid=x)"\n{GROUPS}{DIRECTORY}', "staff.directory.filter"),
        (f"[staff.directory]\ngroup = 1\n{GROUPS}{DIRECTORY}", "staff.directory.group: is no key of ours"),
        (OIDC.replace("https:", "http:"), "staff.oidc.issuer"),
        (OIDC.replace("it =", "it.deep ="), "staff.oidc.roles"),
        (OIDC + 'claim = ""\n', "staff.oidc.claim: must be the name of a claim"),
        (OIDC + 'scopes = ["email"]\n', "staff.oidc.scopes"),
        (OIDC + "hint = 1\n", "staff.oidc.hint: is no key of ours"),
    ],
)
def test_each_slip_is_told_by_its_key(tmp_path: Path, text: str, told: str) -> None:
    """What is wrong, where it stands."""
    assert told in slip(tmp_path, text)
