"""[staff.directory] and [staff.oidc] of the settings -> whom the staff app's door asks. Opens no connection by itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from portal.admin.central import Central
from portal.cases.oidc import Registered
from portal.provider import Provider
from proxeny.directories import directory
from store.models import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxeny.parts_central import StaffOidc
    from proxeny.settings import Settings
    from store.directory import Directory

_log = logging.getLogger("proxeny.staff_central")
PATIENCE: Final = 5.0  # seconds that somebody waits for the directory, whatever `timeout` allows the road
AT_ONCE: Final = 2  # sign-ins of staff at the directory


def tools(settings: Settings) -> dict[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    made = central(settings)
    return {"central": lambda: made}


def central(settings: Settings) -> Central:
    """As the settings have it; where they have neither, nobody else vouches for staff."""
    staff = settings.staff
    if staff is None:
        return Central()
    groups = staff.directory.groups if staff.directory is not None else {}
    return Central(
        directory=_directory(settings),
        groups={name: Role(role) for name, role in groups.items()},
        second=staff.directory.require_second_factor if staff.directory is not None else True,
        provider=provider(staff.oidc) if staff.oidc is not None else None,
        claim=staff.oidc.claim if staff.oidc is not None else "",
        values={value: Role(role) for value, role in staff.oidc.roles.items()} if staff.oidc is not None else {},
    )


def provider(part: StaffOidc) -> Provider:
    """The one that [staff.oidc] names."""
    return Provider(Registered("staff", part.issuer, part.client_id, part.client_secret, part.label, scopes=part.scopes))


def _directory(settings: Settings) -> Directory | None:
    """The server of [directory], with staff's own filter where they have one."""
    own = settings.staff.directory if settings.staff is not None else None
    if own is None or settings.directory is None:
        return None
    part = settings.directory.model_copy(update={"pool": AT_ONCE} | ({"filter": own.filter} if own.filter is not None else {}))
    try:
        return directory(part, PATIENCE)
    except ValueError:
        _log.exception("the directory cannot be asked for staff")
        return None
