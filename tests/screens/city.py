"""The city's own sign-in as the staff's door shows it: a directory and a provider that nobody asks."""

from __future__ import annotations

from portal.admin.central import Central
from portal.cases.oidc import Registered
from portal.provider import Provider
from radius.secret import Secret
from store.directory import Directory, Reach


def central() -> Central:
    """Both, with their buttons."""
    us = Registered(
        "staff", "https://id.city.example", "staff", Secret(b"s"), {"en": "City account", "fr": "Compte de la ville"}, scopes=("openid",)
    )
    return Central(Directory(Reach("ldap://127.0.0.1:9", "dc=city,dc=example")), provider=Provider(us))
