"""Every page of the staff app by name: where it is and who looks at it; and the city that is shown there.

A page is listed here once; what looks at all of them (axe, pictures) takes it from here. Paths may name what `furnish` made.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from proxeny.demo_history import Amounts, write
from store import audit, factors
from store.models import (
    AccessPoint,
    Client,
    District,
    DropMinute,
    Home,
    ManagedBy,
    Realm,
    Role,
    Site,
    Staff,
    StaffLink,
    Step,
    UnknownAccessPoint,
)
from store.sealed import Where
from store.session import transaction
from store.staff_sessions import digest
from tests.screens.campaigns import ADVERT, PAGE, SHOP, campaigns
from tests.screens.city import central
from tests.screens.guest import LOGIN, SESSION, guest
from tests.screens.guests import ACCOUNT, BLOCKED, ERASED, ONLINE, UNUSED, doors, erased, guests
from tests.screens.hooks import AGAIN, ASKED, DELIVERED, FAILED, HOOK, MESSAGE, ORDER, SENT, STOPPED, hooks, queues
from tests.screens.house import ALERT, house, told
from tests.screens.plans import papers, plans
from tests.screens.portals import DIGEST, portals
from tests.screens.privacy import ANSWERED, CLOSED, OPEN, REQUEST, WAITS, privacy
from tests.screens.programs import TOKEN, programs
from tests.screens.published import PUBLIC, USAGE, published
from tests.screens.vouchers import MAKING, OF_BATCHES, SHUT, VOUCHER, batches_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room


class Desk(NamedTuple):
    """One page."""

    path: str
    role: Role | Step | None = Role.CITY_ADMIN  # a step: somebody on the way in


LINK = "an-invitation-that-is-good-for-the-gallery-only"
DESKS: dict[str, Desk] = {
    "overview": Desk("/"),
    "api-guide": Desk("/api/v1/docs", None),
    "api-chapter": Desk("/api/v1/docs/gateways", None),
    "health": Desk("/health"),
    "backups": Desk("/backups"),
    "alerts": Desk("/alerts"),
    "alert": Desk(f"/alerts/{ALERT}"),
    "sign-in": Desk("/sign-in", None),
    "sign-in-late": Desk("/sign-in/city/back", None),
    "sign-in-second": Desk("/sign-in/second", Step.SECOND),
    "setup": Desk(f"/setup/{LINK}", None),
    "setup-gone": Desk("/setup/nobodys", None),
    "setup-second": Desk("/setup", Step.SETUP),
    "me": Desk("/me"),
    "me-password": Desk("/me/password"),
    "me-app": Desk("/me/app"),
    "me-passkey": Desk("/me/passkey"),
    "me-codes": Desk("/me/codes"),
    "prove": Desk("/prove"),
    "audit": Desk("/audit"),
    "staff": Desk("/staff"),
    "staff-new": Desk("/staff/new"),
    "staff-one": Desk("/staff/of/auditor@city.example"),
    "staff-roles": Desk("/staff/roles"),
    "audit-entry": Desk("/audit/1"),
    "audit-of": Desk("/audit/of/site/central-library"),
    "sites": Desk("/sites"),
    "site": Desk("/sites/central-library"),
    "sites-new": Desk("/sites/new"),
    "site-remove": Desk("/sites/central-library/remove"),
    "district-remove": Desk("/districts/downtown/remove"),
    "ssids": Desk("/ssids"),
    "ssid-remove": Desk("/ssids/City%20Wi-Fi/remove"),
    "homes": Desk("/homes"),
    "home": Desk("/homes/uni-a-1"),
    "home-secret": Desk("/homes/uni-a-1/secret"),
    "home-tested": Desk("/homes/uni-a-1/test"),
    "home-remove": Desk("/homes/uni-a-1/remove"),
    "homes-new": Desk("/homes/new"),
    "realms": Desk("/realms"),
    "realm": Desk("/realms/entry?match=uni-a.example"),
    "realm-remove": Desk("/realms/remove?match=uni-a.example"),
    "realms-new": Desk("/realms/new"),
    "routes": Desk("/routes"),
    "certificates": Desk("/certificates"),
    "certificate": Desk("/certificates/guest"),
    "certificate-filed": Desk("/certificates/staff"),
    "certificate-new": Desk("/certificates/guest/new"),
    "plans": Desk("/plans"),
    "plan": Desk("/plans/visitor"),
    "plan-filed": Desk("/plans/resident"),
    "plan-simulate": Desk("/plans/visitor/simulate"),
    "plan-remove": Desk("/plans/visitor/remove"),
    "plans-new": Desk("/plans/new"),
    "policy": Desk("/policy"),
    "rule": Desk("/policy/vlan"),
    "rule-remove": Desk("/policy/vlan/remove"),
    "policy-new": Desk("/policy/new"),
    "gateways": Desk("/gateways"),
    "gateways-choose": Desk("/gateways/new"),
    "gateways-new": Desk("/gateways/new/coova"),
    "gateway": Desk("/gateways/library-wlc"),
    "gateway-edit": Desk("/gateways/library-wlc/edit"),
    "gateway-secrets": Desk("/gateways/library-wlc/secrets"),
    "gateway-guide": Desk("/gateways/library-wlc/guide"),
    "gateway-remove": Desk("/gateways/library-wlc/remove"),
    "gateway-filed": Desk("/gateways/gateway-03/edit"),
    "access-points": Desk("/access-points"),
    "access-points-silent": Desk("/access-points?state=silent"),
    "access-point": Desk("/access-points/ap-0001"),
    "access-points-new": Desk("/access-points/new"),
    "access-points-unknown": Desk("/access-points/unknown"),
    "access-points-import": Desk("/access-points/import"),
    "access-points-map": Desk("/access-points/map"),
    "ap-test": Desk("/access-points/lib-1/test"),
    "ap-test-running": Desk("/access-points/lib-1/test?begun=1773064800"),
    "trace": Desk("/trace"),
    "trace-found": Desk("/trace?q=02-00-5E-00-00-07"),
    "trace-nothing": Desk("/trace?q=02-00-5E-00-00-99"),
    "trace-one": Desk(f"/trace/{LOGIN}"),
    "sessions": Desk("/sessions"),
    "sessions-all": Desk("/sessions/all?status=ended"),
    "sessions-asked": Desk("/sessions/asked?order=1&order=2"),
    "session": Desk(f"/sessions/{SESSION}"),
    "webhooks": Desk("/webhooks"),
    "webhook-new": Desk("/webhooks/new"),
    "webhook": Desk(f"/webhooks/{HOOK}"),
    "webhook-stopped": Desk(f"/webhooks/{STOPPED}"),
    "webhook-edit": Desk(f"/webhooks/{HOOK}/edit"),
    "webhook-remove": Desk(f"/webhooks/{HOOK}/remove"),
    "delivery": Desk(f"/webhooks/{HOOK}/deliveries/{DELIVERED}"),
    "delivery-again": Desk(f"/webhooks/{HOOK}/deliveries/{AGAIN}"),
    "delivery-failed": Desk(f"/webhooks/{HOOK}/deliveries/{FAILED}"),
    "jobs": Desk("/jobs"),
    "jobs-orders": Desk("/jobs/orders"),
    "jobs-order": Desk(f"/jobs/orders/{ORDER}"),
    "jobs-order-waits": Desk(f"/jobs/orders/{ASKED}"),
    "jobs-messages": Desk("/jobs/messages"),
    "jobs-message": Desk(f"/jobs/messages/{MESSAGE}"),
    "jobs-message-sent": Desk(f"/jobs/messages/{SENT}", Role.NETWORK_OPS),
    "jobs-deliveries": Desk("/jobs/deliveries"),
    "analytics": Desk("/analytics?from=2026-02-01&to=2026-02-28"),
    "analytics-places": Desk("/analytics/places"),
    "analytics-stays": Desk("/analytics/stays"),
    "analytics-visitors": Desk("/analytics/visitors"),
    "analytics-compare": Desk("/analytics/compare?from=2026-03-07&to=2026-03-08"),
    "analytics-report": Desk("/analytics/report"),
    "analytics-print": Desk("/analytics/report/print"),
    "visitors": Desk("/visitors"),
    "visitors-month": Desk("/visitors?span=month"),
    "open-data": Desk("/open-data"),
    "open-data-hotspots": Desk("/open-data/hotspots"),
    "open-data-usage": Desk(USAGE),
    "open-data-public": Desk("/open-data/usage/2026-02", Role.NETWORK_OPS),
    "open-data-withdraw": Desk(f"/open-data/of/{PUBLIC}/withdraw"),
    "tokens": Desk("/tokens"),
    "tokens-new": Desk("/tokens/new?role=help-desk"),
    "token": Desk(f"/tokens/{TOKEN}"),
    "desk": Desk("/desk", Role.HELP_DESK),
    "desk-online": Desk(f"/desk/{ONLINE}"),
    "desk-blocked": Desk(f"/desk/{BLOCKED}", Role.HELP_DESK),
    "desk-code": Desk(f"/desk/{UNUSED}"),
    "accounts": Desk("/accounts"),
    "account": Desk(f"/accounts/{ACCOUNT}"),
    "account-erase": Desk(f"/accounts/{ACCOUNT}/erase"),
    "account-erased": Desk(f"/accounts/{ERASED}"),
    "portals": Desk("/portals"),
    "portal": Desk("/portals/library"),
    "portal-filed": Desk("/portals/harbour"),
    "portal-preview": Desk("/portals/library/preview"),
    "portals-new": Desk("/portals/new"),
    "portal-versions": Desk("/portals/library/versions"),
    "portal-compare": Desk("/portals/library/compare"),
    "portal-publish": Desk("/portals/library/publish"),
    "portal-back": Desk("/portals/library/versions/1/back"),
    "portal-remove": Desk("/portals/library/remove"),
    "portal-terms": Desk(f"/portals/terms/{DIGEST}"),
    "privacy": Desk("/privacy"),
    "privacy-presets": Desk("/privacy/presets?to=none"),
    "privacy-runs": Desk("/privacy/runs"),
    "privacy-requests": Desk("/privacy/requests"),
    "privacy-requests-all": Desk("/privacy/requests/all"),
    "privacy-request-new": Desk("/privacy/requests/new"),
    "privacy-request": Desk(f"/privacy/requests/{REQUEST}"),
    "privacy-request-settled": Desk(f"/privacy/requests/{ANSWERED}"),
    "incidents": Desk("/privacy/incidents"),
    "incident-new": Desk(f"/privacy/incidents/new?session={SESSION}"),
    "incident": Desk(f"/privacy/incidents/{WAITS}"),
    "incident-open": Desk(f"/privacy/incidents/{OPEN}"),
    "incident-closed": Desk(f"/privacy/incidents/{CLOSED}"),
    "incident-records": Desk(f"/privacy/incidents/{OPEN}/records"),
    "vouchers": Desk("/vouchers"),
    "vouchers-new": Desk("/vouchers/new"),
    "vouchers-one": Desk("/vouchers/one", Role.HELP_DESK),
    "voucher-batch": Desk(OF_BATCHES),
    "voucher-batch-making": Desk(f"/vouchers/{MAKING}"),
    "voucher-batch-closed": Desk(f"/vouchers/{SHUT}"),
    "voucher": Desk(f"{OF_BATCHES}/of/{VOUCHER}"),
    "vouchers-print": Desk(f"{OF_BATCHES}/print?format=labels"),
    "voucher-print": Desk(f"{OF_BATCHES}/of/{VOUCHER}/print", Role.HELP_DESK),
    "vouchers-sheet": Desk(f"{OF_BATCHES}/sheet?format=a4"),
    "voucher-sheet": Desk(f"{OF_BATCHES}/of/{VOUCHER}/sheet?format=roll"),
    "review": Desk("/review"),
    "review-advert": Desk(f"/review/advert/{ADVERT}"),
    "review-advert-seen": Desk(f"/review/advert/{ADVERT}", Role.HELP_DESK),
    "review-page": Desk(f"/review/page/{PAGE}"),
    "businesses": Desk("/businesses"),
    "businesses-new": Desk("/businesses/new"),
    "business": Desk(f"/businesses/{SHOP}"),
    "business-suspended": Desk("/businesses/green-cafe"),
    "business-figures": Desk(f"/businesses/{SHOP}/figures"),
    "house": Desk("/house"),
    "calendar": Desk("/calendar"),
    "no-such-page": Desk("/no-such-page"),
    "not-yours": Desk("/audit", Role.HELP_DESK),
}

UNIVERSITIES = (("University A", "CA"), ("Université B", "CA"), ("University C", "DE"), ("University D", "GB"), ("University E", "US"))


def furnish(room: Room, *, access_points: int = 24, realms: int = 12, amounts: Amounts | None = None) -> None:
    """A city of this size, with a past."""
    city = central()
    room.tools["central"] = lambda: city
    with transaction(room.database) as session:
        _gateways(session, room)
        _places(session, access_points, room.time)
        _institutions(session, room, realms)
        session.flush()
        _deeds(session, room)
        guest(session, room)
        plans(session, room, access_points // 10)
        papers(session, room)
        doors(session)
        guests(session, room)
        house(session, room)
        batches_of(session, room, access_points)
        privacy(session, room)
        portals(session, room)
        hooks(session, room, access_points)
        queues(session, room, access_points)
        programs(session, room, realms // 12)
        campaigns(session, room, access_points // 10)
        auditor = Staff(name="auditor@city.example", role=Role.AUDITOR, created_at=room.time)
        session.add(auditor)
        session.flush()
        until = room.time + timedelta(hours=24)
        session.add(StaffLink(digest=digest(LINK), staff_id=auditor.id, created_at=room.time, expires_at=until))
        session.add(Staff(name="desk@city.example", shown="Front desk", role=Role.HELP_DESK, created_at=room.time, disabled_at=room.time))
        write(session, room.privacy, amounts or Amounts(logins=900, days=84, online=12), room.time)
        published(session, room)
    told(room)
    erased(room)
    for each in (Role.CITY_ADMIN, Step.SECOND):
        room.client(each)
        _means(room, f"{each.value}@city.example")


def _means(room: Room, name: str) -> None:
    """What they prove with who they are."""
    with transaction(room.database) as session:
        staff = session.scalars(select(Staff).where(Staff.name == name)).one()
        staff.password, staff.totp = "$argon2id$", room.privacy.sealed(b"A" * 32, "staff", staff.id, "totp")
        for number, label in enumerate(("Phone", "Key on my ring")):
            factors.add_passkey(session, staff, f"{name} {number}".encode(), b"", 0, label, room.time)
        factors.new_codes(session, room.privacy, staff, room.time)


def _places(session: Session, access_points: int, now: datetime) -> None:
    session.add(District(name="Lakeshore", managed_by=ManagedBy.APP))
    session.flush()
    for number in range(max(access_points // 20, 3)):
        name = f"site-{number:03}"
        position = {"latitude": 43.58 + number % 7 * 0.004, "longitude": -79.65 + number // 7 * 0.005}
        session.add(
            Site(
                id=name,
                name=f"Branch Library {number + 1}",
                district="Lakeshore",
                timezone="America/Toronto",
                managed_by=ManagedBy.APP,
                **position,
            )
        )
    session.flush()
    sites = max(access_points // 20, 3)
    for number in range(access_points):
        mac = f"02-AA-{number >> 16 & 255:02X}-{number >> 8 & 255:02X}-{number & 255:02X}-00"
        row = AccessPoint(name=f"ap-{number:04}", mac=mac, site=f"site-{number % sites:03}", client="library-wlc", managed_by=ManagedBy.APP)
        row.managed_by = ManagedBy.FILE if number % 10 == 9 else ManagedBy.APP
        session.add(row)
    for number in range(access_points // 3):
        bssid, called = f"02-BB-00-{number >> 10 & 255:02X}-{number >> 2 & 255:02X}-0{number & 3}", "" if number % 3 else f"hall-{number}"
        seen = {"first_seen": now - timedelta(days=number % 80), "last_seen": now - timedelta(minutes=number), "sightings": number * 7 + 1}
        session.add(UnknownAccessPoint(client="library-wlc", bssid=bssid, nas_identifier=called, ssid="City Wi-Fi", **seen))


def _gateways(session: Session, room: Room) -> None:
    """Of several makes: one with another secret than ours, one of the network file's, one in the midst of a change."""
    families = ("aruba", "coova", "unifi", "hostapd", "mikrotik", "cisco-cwa", "opennds", "generic")
    for number, nas in enumerate(families):
        name = f"gateway-{number:02}"
        speaks = nas not in ("unifi", "opennds")
        secret = room.privacy.seal.close(b"a secret of enough length", Where("client", name, "secret"))
        row = Client(name=name, nas=nas, radius=speaks, addresses=[f"198.51.100.{number + 1}/32"] if speaks else [], site="central-library")
        row.secret, row.managed_by = secret if speaks else None, ManagedBy.FILE if number == 3 else ManagedBy.APP
        session.add(row)
        for reason, count in (("BAD_MESSAGE_AUTHENTICATOR", 212), ("CLIENT_LIMITED", 3)) if number == 0 else ():
            session.add(DropMinute(minute=room.time.replace(second=0), source="198.51.100.1", client=name, reason=reason, count=count))
    session.add(DropMinute(minute=room.time.replace(second=0), source="203.0.113.9", client="", reason="UNKNOWN_CLIENT", count=41))
    for reason, count in (("BAD_AUTHENTICATOR", 9), ("PREVIOUS_SECRET", 4)):
        session.add(DropMinute(minute=room.time.replace(second=0), source="127.0.0.1", client="library-wlc", reason=reason, count=count))


def _deeds(session: Session, room: Room) -> None:
    """What the audit log shows."""
    ops, desk = "ops@city.example", "desk@city.example"
    acts = [
        audit.Act(ops, "change", "site", "central-library", {"name": ("Old Library", "Central Library"), "portal": (None, "library")}),
        audit.Act(ops, "change", "client", "library-wlc", {"secret": audit.SET, "rate": (100.0, 200.0)}),
        audit.Act(desk, "disconnect", "session", "0123456789abcdef", reason="The guest asked for it"),
        audit.Act(desk, "reveal", "session", "0123456789abcdef", reason="A lost device", subject="a1", personal={"station": "AA-BB"}),
        audit.Act("command line (root)", "remove", "home", "uni-z-1", {"address": ("192.0.2.9", None), "secret": ("set", None)}),
    ]
    audit.record_all(session, room.privacy, acts, room.time)


def _institutions(session: Session, room: Room, realms: int) -> None:
    for number in range(min(realms, 40)):
        name = f"home-{number:02}"
        secret = room.privacy.seal.close(b"a secret of enough length", Where("home", name, "secret"))
        session.add(Home(name=name, address=f"192.0.2.{number + 1}", port=1812, secret=secret, managed_by=ManagedBy.APP))
    for number in range(realms):
        institution, country = UNIVERSITIES[number % len(UNIVERSITIES)]
        match = f"uni-{number:04}.example"
        called = institution if number < len(UNIVERSITIES) else f"{institution} {number}"
        session.add(
            Realm(
                match=match,
                position=number + 2,
                homes=[f"home-{number % 40:02}"],
                institution=called,
                country=country,
                managed_by=ManagedBy.APP,
            )
        )


def client(session: Session) -> Client:
    """The one gateway there is."""
    return session.get_one(Client, "library-wlc")
