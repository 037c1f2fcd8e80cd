"""Every resource of the API beyond the network's, in the order of the documentation page. Never one that is not here."""

from __future__ import annotations

from typing import Final

from portal.api import (
    accounts,
    alerts,
    audit,
    certificates,
    guests,
    hooks,
    house,
    jobs,
    people,
    portals,
    privacy,
    sessions,
    trace,
    visitors,
    vouchers,
)

RESOURCES: Final = (
    sessions.RESOURCE,
    trace.RESOURCE,
    alerts.RESOURCE,
    guests.RESOURCE,
    accounts.RESOURCE,
    vouchers.RESOURCE,
    house.RESOURCE,
    visitors.RESOURCE,
    portals.RESOURCE,
    certificates.RESOURCE,
    privacy.RESOURCE,
    jobs.RESOURCE,
    hooks.RESOURCE,
    people.STAFF,
    people.TOKENS,
    audit.RESOURCE,
)
