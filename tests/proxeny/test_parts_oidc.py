"""[oidc.NAME]: what may stand there, and how each slip is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxeny.faults import FaultyError
from proxeny.providers import labels, providers
from proxeny.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.settings import Settings

CITY = {
    "issuer": '"https://id.city.example/realms/wifi"',
    "client_id": '"city-wifi"',
    "client_secret": '"s3cret"',
    "label": '"City account"',
}


def written(folder: Path, name: str = "city", environ: dict[str, str] | None = None, **changed: str | None) -> Settings:
    lines = (f"{key} = {value}" for key, value in (CITY | changed).items() if value is not None)
    (folder / "proxeny.toml").write_text(f"[oidc.{name}]\n" + "\n".join(lines) + "\n")
    return load(folder / "proxeny.toml", environ or {})


def slips(folder: Path, name: str = "city", **changed: str | None) -> str:
    with pytest.raises(FaultyError) as told:
        written(folder, name, **changed)
    return "; ".join(f"{fault.key}: {fault.what}" for fault in told.value.faults)


def test_a_provider_is_what_the_settings_say(tmp_path: Path) -> None:
    """Issuer, name and secret as they are written, `openid` alone asked for, the issuer's host and the others listed once."""
    settings = written(tmp_path, walled_garden='["login.city.example", "*.cdn.example", "id.city.example"]')
    part, provider = settings.oidc["city"], providers(settings)["city"]
    assert ("https://id.city.example/realms/wifi", "city-wifi", ("openid",)) == (part.issuer, part.client_id, part.scopes)
    assert ("id.city.example", "login.city.example", "*.cdn.example") == part.hosts
    assert ("https://id.city.example", "https://login.city.example", "https://*.cdn.example", "https://id.city.example") == provider.origins
    assert (b"s3cret", {"city": {"": "City account"}}) == (provider.registered.client_secret.octets, labels(settings))
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("given", ["env", "file"])
def test_the_secret_may_come_from_elsewhere(tmp_path: Path, given: str) -> None:
    """From the environment or a file, as every secret may."""
    (tmp_path / "secret").write_text("from elsewhere\n")
    where = {"client_secret_env": '"CITY_SECRET"'} if given == "env" else {"client_secret_file": '"secret"'}
    settings = written(tmp_path, client_secret=None, environ={"CITY_SECRET": "from elsewhere"}, **where)
    assert b"from elsewhere" == settings.oidc["city"].client_secret.octets


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    """PROXENY_OIDC__CITY__CLIENT_ID is the key of that provider."""
    assert "other" == written(tmp_path, environ={"PROXENY_OIDC__CITY__CLIENT_ID": "other"}).oidc["city"].client_id


def test_a_loopback_issuer_may_go_in_clear(tmp_path: Path) -> None:
    """On this machine nothing travels."""
    assert "http://127.0.0.1:8000" == written(tmp_path, issuer='"http://127.0.0.1:8000"').oidc["city"].issuer


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"issuer": '"http://id.city.example"'}, "oidc.city.issuer: is http://id.city.example: codes and identities would travel in clear"),
        ({"issuer": '"https://user@id.city.example"'}, 'oidc.city.issuer: "https://user@id.city.example" is no issuer'),
        ({"issuer": '"https://id.city.example/?x=1"'}, 'oidc.city.issuer: "https://id.city.example/?x=1" is no issuer'),
        ({"issuer": '"ldaps://id.city.example"'}, 'oidc.city.issuer: "ldaps://id.city.example" is no issuer'),
        ({"issuer": '"https://id.city.example:0"'}, 'oidc.city.issuer: "https://id.city.example:0" is no issuer'),
        ({"client_secret": '""'}, "oidc.city.client_secret: must be text in quotes, and not empty"),
        ({"client_secret": None}, "oidc.city.client_secret: is missing"),
        ({"client_secret": None, "client_secret_env": '"NOWHERE"'}, "oidc.city.client_secret_env: the environment has no NOWHERE"),
        ({"label": "7"}, "oidc.city.label: must be text of at most 60 characters"),
        ({"label": '{ en = "" }'}, "oidc.city.label: must be text of at most 60 characters"),
        ({"hint": f'"{"x" * 301}"'}, "oidc.city.hint: must be text of at most 300 characters"),
        ({"scopes": '["email"]'}, "oidc.city.scopes: must be scopes, openid among them"),
        ({"scopes": '["openid", "a b"]'}, "oidc.city.scopes: must be scopes, openid among them"),
        ({"walled_garden": '["https://login.example"]'}, 'oidc.city.walled_garden[0]: "https://login.example" is no host name'),
        ({"redirect": '"x"'}, "oidc.city.redirect: is no key of ours"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_slips_are_told(tmp_path: Path, changed: dict[str, str | None], told: str) -> None:
    """Each at its key, in words that say what is wrong."""
    assert told in slips(tmp_path, **changed)


def test_a_name_is_one_that_a_way_can_have(tmp_path: Path) -> None:
    """`oidc:NAME` in the network file must be able to say it."""
    assert 'oidc.City: "City" is no name' in slips(tmp_path, "City")


def test_a_provider_without_a_name_is_told_to_have_one(tmp_path: Path) -> None:
    """[oidc] alone is what everybody writes first: the remedy is how it is meant."""
    (tmp_path / "proxeny.toml").write_text('[oidc]\nissuer = "https://id.city.example"\nclient_id = "city-wifi"\n')
    with pytest.raises(FaultyError) as told:
        load(tmp_path / "proxeny.toml", {})
    assert {"Each has a name: write [oidc.NAME], such as [oidc.city]"} == {fault.remedy for fault in told.value.faults}
