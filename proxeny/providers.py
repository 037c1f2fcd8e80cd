"""[oidc.NAME] of the settings -> the providers that the guests' pages lead to. Never asks one by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cases.oidc import Registered
from portal.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxeny.settings import Settings


def providers(settings: Settings) -> dict[str, Provider]:
    """By the name that a way has after "oidc:"."""
    return {
        name: Provider(
            Registered(
                name=name,
                issuer=part.issuer,
                client_id=part.client_id,
                client_secret=part.client_secret,
                label=part.label,
                hint=part.hint,
                scopes=part.scopes,
                hosts=part.walled_garden,
            )
        )
        for name, part in settings.oidc.items()
    }


def labels(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """How guests call each: language -> words."""
    return {name: part.label for name, part in settings.oidc.items()}
