"""What there is behind the variables of the API's paths, in the city of tests/screens: for whatever tries every path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from store.models import Account, BackupRun, Delivery, Device, Message, Order, PortalVersion, PrivacyRequest, Voucher, VoucherBatch, Webhook
from store.session import reading
from tests.screens.guest import LOGIN, SESSION
from tests.screens.house import ALERT
from tests.screens.programs import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.portal.staffroom import Room

NAMED = {
    "sites": "central-library",
    "access-points": "lib-1",
    "gateways": "library-wlc",
    "homes": "uni-a-1",
    "realms": "uni-a.example",
    "policies": "vlan",
    "districts": "downtown",
    "ssids": "City Wi-Fi",
    "plans": "visitor",
    "portals": "library",
    "hygiene": "gmail.com",
    "sessions": SESSION,
    "trace": LOGIN,
    "alerts": ALERT,
    "staff": "auditor@city.example",
    "tokens": TOKEN,
}


def there(room: Room) -> Callable[[str], dict[str, Any]]:
    """Path of the document -> its variables, of something that is there."""
    with reading(room.database) as session:

        def first(column: Any, *where: Any) -> Any:
            return session.scalar(select(column).where(*where).limit(1))

        rows = {
            "accounts": first(Account.id),
            "guests": first(Account.id),
            "voucher-batches": first(VoucherBatch.id, VoucherBatch.whole_at.is_not(None)),
            "vouchers": first(Voucher.id),
            "webhooks": first(Webhook.id),
            "privacy": first(PrivacyRequest.id),
            "certificates": "guest",
        }
        numbers = {
            "backups": first(BackupRun.id),
            "audit": 1,
            "orders": first(Order.id),
            "messages": first(Message.id),
            "portals": first(PortalVersion.number),
            "webhooks": first(Delivery.id),
        }
        mine = first(Device.account_id, Device.account_id.is_not(None))
    rows["accounts"] = mine or rows["accounts"]
    names = NAMED | {name: value for name, value in rows.items() if value is not None}

    def of(path: str) -> dict[str, Any]:
        noun = path.removeprefix("/api/v1/").partition("/")[0]
        found = {"name": names.get(noun, ""), "number": numbers.get(noun), "listener": "guest"}
        return {name: value for name, value in found.items() if f"{{{name}}}" in path and value}

    return of
