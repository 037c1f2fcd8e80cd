"""A full row of every table, for tests that must not forget one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from store import models as m
from store.sealed import Seal, Where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

NOW = datetime(2026, 3, 8, 6, 59, 59, 123456, tzinfo=UTC)  # an hour before clocks change in Toronto
CANARIES = [f"canary-secret-{number:02d}-do-not-leak" for number in range(31)]


def network(seal: Seal, client: str = "library-wlc", home: str = "uni-a-1") -> list[m.Base]:
    """One row of each kind that the network file declares."""

    def sealed(table: str, row: str, column: str, number: int) -> bytes:
        return seal.close(CANARIES[number].encode(), Where(table, row, column))

    return [
        m.Operator(id=1, name="city-of-example", operator_name="1wifi.city.example", country="CA", timezone="America/Toronto"),
        m.District(name="downtown"),
        m.Ssid(name="City Wi-Fi"),
        m.Plan(name="visitor", session=7200, day_data=10**9, up=2 * 10**6, down=10**7, devices=2, extend_times=2, extend_by=1800),
        m.Portal(name="library", ways=["terms"], plan="visitor", languages=["en", "fr"], welcome={"en": "Welcome", "fr": "Bienvenue"}),
        m.Site(
            id="central-library",
            name="Central Library",
            latitude=43.5885,
            longitude=-79.6441,
            timezone="America/Toronto",
            portal="library",
        ),
        m.Client(
            name=client,
            addresses=["127.0.0.1/32", "2001:db8::/64"],
            secret=sealed("client", client, "secret", 0),
            previous_secret=sealed("client", client, "previous_secret", 1),
            previous_until=NOW + timedelta(days=1),
            coa_secret=sealed("client", client, "coa_secret", 2),
            site="central-library",
            rate=200.0,
            options={"login_url": "http://10.1.0.1:3990"},
            uam_secret=sealed("client", client, "uam_secret", 10),
            fas_key=sealed("client", client, "fas_key", 11),
            api_secret=sealed("client", client, "api_secret", 12),
        ),
        m.AccessPoint(name="lib-1", mac="AA-BB-CC-DD-EE-F0/44", site="central-library", client=client),
        m.Home(name=home, address="127.0.0.1", port=18120, secret=sealed("home", home, "secret", 3), timing={"request_timeout": 10}),
        m.Realm(match="uni-a.example", position=1, homes=[home], strategy=m.Strategy.BALANCE, institution="University A", country="CA"),
        m.Policy(name="vlan", position=1, direction=m.Direction.REPLY, remove=["Tunnel-Type"], clamp={"Session-Timeout": [60, 28800]}),
        m.Hygiene(realm="gmail.com", verdict=m.Verdict.ALLOW),
    ]


def session(seal: Seal, name: str = "0123456789abcdef", **changes: object) -> m.Session:
    """A session on which everything is set."""
    fields: dict[str, object] = {
        "id": name,
        "client": "library-wlc",
        "source": "127.0.0.1",
        "nas_identifier": "lib-1",
        "acct_session_id": f"A-{name}",
        "station_hash": b"s" * 16,
        "station_sealed": seal.close(CANARIES[4].encode(), Where("session", name, "station_sealed")),
        "user_hash": b"u" * 16,
        "user_sealed": seal.close(CANARIES[5].encode(), Where("session", name, "user_sealed")),
        "class_": seal.close(CANARIES[6].encode(), Where("session", name, "class")),
        "cui": seal.close(CANARIES[7].encode(), Where("session", name, "cui")),
        "framed_ip": "192.0.2.7",
        "started_at": NOW,
        "updated_at": NOW,
        "input_octets": 2**40,
        "output_octets": 2**62,
        "seconds": 2**33,
    }
    return m.Session(**{**fields, **changes})


def keep(session: Session, rows: Iterable[m.Base]) -> None:
    """Add these rows in their order: what refers to another comes after it."""
    for row in rows:
        session.add(row)
        session.flush()


def everything(seal: Seal) -> list[m.Base]:
    """At least one row of every table."""
    login, odd = "0123456789abcdeg", "0123456789abcdeh"
    return [
        *network(seal),
        m.NetworkVersion(id=1, version=7, changed_at=NOW),
        m.NamedKey(name="trace", octets=seal.close(CANARIES[8].encode(), Where("named_key", "trace", "octets")), created_at=NOW),
        m.UnknownAccessPoint(client="library-wlc", bssid="AA-BB-CC-00-00-01", ssid="eduroam", first_seen=NOW, last_seen=NOW),
        session(seal),
        m.SessionTrail(session_id="0123456789abcdef", leg=0, places="[]", points=b""),
        m.SessionHop(session_id="0123456789abcdef", at=NOW, access_point="lib-1"),
        m.SessionAddress(session_id="0123456789abcdef", address="2001:db8::7", first_at=NOW, last_at=NOW),
        m.OddRecord(
            id=odd,
            at=NOW,
            client="library-wlc",
            source="127.0.0.1",
            why="status 99",
            octets=seal.close(b"raw", Where("odd_record", odd, "octets")),
        ),
        m.UsageHour(hour=NOW, site="central-library", access_point="lib-1", ssid="eduroam", input_octets=2**50),
        m.SiteHour(hour=NOW, site="central-library", roaming=True, input_octets=2**50),
        m.CityHour(hour=NOW, roaming=True, input_octets=2**50),
        m.SiteDay(day=NOW, site="central-library", roaming=True, input_octets=2**50),
        m.DwellWeek(week=NOW, site="central-library", minutes=1440, sessions=1),
        m.Dwell(day=NOW, site="central-library", roaming=True, minutes=1440, sessions=1),
        m.AccountingKey(key=b"k" * 32, at=NOW),
        m.AuthEvent(
            id=login,
            began_at=NOW,
            at=NOW,
            client="library-wlc",
            verdict=m.LoginVerdict.ACCEPT,
            attempts=["uni-a-1", "uni-a-2"],
            cui=seal.close(CANARIES[9].encode(), Where("auth_event", login, "cui")),
        ),
        m.DropMinute(minute=NOW, source="192.0.2.1", client="", reason="UNKNOWN_CLIENT", count=3),
        m.HomeChange(at=NOW, home="uni-a-1", state="dead", why="3 probes missed"),
        m.Order(
            id=41,
            kind=m.OrderKind.DISCONNECT,
            session_id="0123456789abcdef",
            target=seal.close(CANARIES[13].encode(), Where("outbox", "41", "target")),
            queued_at=NOW,
        ),
        *guests(seal),
        *proofs(seal),
        *staff(seal),
        *adverts(),
        *house(seal),
        m.RetentionRun(at=NOW, kept="session", cutoff=NOW, deleted=3, oldest=NOW),
    ]


def staff(seal: Seal) -> list[m.Base]:
    """One who works here, with all that proves them, and what they see."""
    person, later = "0123456789abcdeu", NOW + timedelta(hours=12)
    return [
        m.Staff(
            id=person,
            name="ops@city.example",
            role=m.Role.CITY_ADMIN,
            password="$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$ZGlnZXN0",
            totp=seal.close(CANARIES[23].encode(), Where("staff", person, "totp")),
            created_at=NOW,
        ),
        m.StaffLink(digest=b"l" * 32, staff_id=person, created_at=NOW, expires_at=later),
        m.Passkey(id=b"p" * 16, staff_id=person, public_key=b"k", created_at=NOW),
        m.RecoveryCode(digest=b"r" * 16, staff_id=person),
        m.StaffSession(digest=b"s" * 32, staff_id=person, step=m.Step.WHOLE, created_at=NOW, seen_at=NOW, proven_at=NOW, ends_at=later),
        m.SavedFilter(staff_id=person, page="/sessions", name="Library", query="site=central-library"),
        m.AuditEntry(id=1, at=NOW, actor="ops@city.example", action="sign-in", fields={}, previous=b"", digest=b"d" * 32),
        m.AuditKey(subject="0123456789abcdej", octets=seal.close(b"k" * 32, Where("audit_key", "0123456789abcdej", "octets"))),
        m.Alert(rule="home-dead", object="uni-a-1", opened_at=NOW, seen_at=NOW),
        m.Silence(rule="home-dead", object="uni-b-1", until=later, by="ops@city.example"),
        m.BackupRun(at=NOW, file="proxeny.db", octets=2**33),
        m.VisitorMark(span=m.Span.WEEK, begins_at=NOW, mark=b"m" * 16, institution="University A"),
        m.SiteMark(begins_at=NOW, site="central-library", mark=b"m" * 16, day=8),
        m.Publication(dataset=m.Dataset.USAGE, period="2026-02", published_at=NOW, octets=b"site_id", digest="0" * 64),
        m.SiteVisitors(begins_at=NOW, site="central-library", visitors=1),
        m.VisitorCount(span=m.Span.WEEK, begins_at=NOW, institution="University A", country="CA", visitors=1, logins=3),
    ]


def house(seal: Seal) -> list[m.Base]:
    """What people asked, what programs may do, whom we tell, and what our listeners show."""
    request, opening, token, again, hook, key = (f"0123456789abcd{ending}" for ending in ("ev", "ew", "ex", "f0", "ey", "ez"))
    later = NOW + timedelta(days=30)

    def sealed(table: str, row: str, column: str, number: int) -> bytes:
        return seal.close(CANARIES[number].encode(), Where(table, row, column))

    return [
        m.PortalVersion(portal="library", number=1, fields={"welcome": {"en": "Welcome"}}, made_at=NOW),
        m.PortalTerms(digest="0123456789abcdef", language="en", portal="library", text="Be kind.", at=NOW),
        m.PrivacyRequest(
            id=request,
            kind=m.RequestKind.ERASE,
            contact=sealed("privacy_request", request, "contact", 25),
            received_at=NOW,
            due_at=later,
        ),
        m.IncidentOpening(
            id=opening,
            asked_by="ops@city.example",
            asked_at=NOW,
            reason="A crime",
            scope=sealed("incident_opening", opening, "scope", 26),
        ),
        m.ApiToken(
            id=token,
            name="dashboard",
            digest=b"t" * 32,
            role=m.Role.AUDITOR,
            scopes=["REPORTS"],
            staff_id="0123456789abcdeu",
            created_at=NOW,
            expires_at=later,
        ),
        m.IdempotencyKey(id=again, token_id=token, key="1", request=b"r" * 32, at=NOW, body=sealed("idempotency_key", again, "body", 27)),
        m.Webhook(
            id=hook,
            name="Dashboard",
            url="https://city.example/hook",
            events=["alert.opened"],
            secret=sealed("webhook", hook, "secret", 28),
            previous_secret=sealed("webhook", hook, "previous_secret", 29),
            created_at=NOW,
        ),
        m.Event(id=2**40, kind="alert.opened", object="home-dead", at=NOW),
        m.Delivery(id=2**40, webhook_id=hook, event_id=2**40, queued_at=NOW, replay_of=2**40),
        m.ListenerKey(id=key, listener="guest", key=sealed("listener_key", key, "key", 30), created_at=NOW),
    ]


def guests(seal: Seal) -> list[m.Base]:
    """One guest with an account, who is online."""
    account, grant, token = "0123456789abcdej", "0123456789abcdek", "t-0123456789abcdem"
    return [
        m.Account(
            id=account,
            way=m.Way.EMAIL,
            identity_hash=b"i" * 16,
            contact=seal.close(CANARIES[15].encode(), Where("account", account, "contact")),
            created_at=NOW,
            last_seen=NOW,
        ),
        m.Device(
            hash=b"d" * 16,
            account_id=account,
            label=seal.close(CANARIES[16].encode(), Where("device", (b"d" * 16).hex(), "label")),
            first_seen=NOW,
            last_seen=NOW,
        ),
        m.Grant(
            id=grant,
            device_hash=b"d" * 16,
            account_id=account,
            plan="visitor",
            way=m.Way.EMAIL,
            starts_at=NOW,
            ends_at=NOW + timedelta(hours=2),
            support="K7Q-42M",
            changed=2**40,
        ),
        m.GrantFeed(id=1, number=2**40),
        m.GuestUsage(subject=account, period=m.Period.DAY, begins_at=NOW, ends_at=NOW + timedelta(days=1), seconds=60, octets=2**40),
        m.SignInToken(
            name=token,
            secret=seal.close(CANARIES[14].encode(), Where("sign_in_token", token, "secret")),
            grant_id=grant,
            client="library-wlc",
            expires_at=NOW + timedelta(minutes=5),
        ),
    ]


def proofs(seal: Seal) -> list[m.Base]:
    """What the same guest proved, and what was sent for it."""
    batch, voucher, challenge, later = "0123456789abcden", "0123456789abcdep", "0123456789abcdeq", NOW + timedelta(minutes=15)
    return [
        m.VoucherBatch(id=batch, name="June", plan="visitor", created_at=NOW, wanted=1, whole_at=NOW, expires_at=later),
        m.Voucher(
            id=voucher, batch_id=batch, code_hash=b"v" * 16, code=seal.close(CANARIES[17].encode(), Where("voucher", voucher, "code"))
        ),
        m.Challenge(
            id=challenge,
            way=m.Way.EMAIL,
            identity_hash=b"i" * 16,
            contact=seal.close(CANARIES[18].encode(), Where("challenge", challenge, "contact")),
            code_hash=b"c" * 16,
            device_hash=b"d" * 16,
            target=seal.close(CANARIES[24].encode(), Where("challenge", challenge, "target")),
            asked=seal.close(CANARIES[20].encode(), Where("challenge", challenge, "asked")),
            sponsor=seal.close(CANARIES[21].encode(), Where("challenge", challenge, "sponsor")),
            created_at=NOW,
            expires_at=later,
            outcome=m.Settled.CONFIRMED,
        ),
        m.Guess(name="voucher device 00", begins_at=NOW, until=later),
        m.Consent(account_id="0123456789abcdej", purpose="terms", given_at=NOW),
        m.Message(
            id=43,
            kind=m.MessageKind.MAIL,
            purpose="code",
            to=seal.close(CANARIES[22].encode(), Where("message", "43", "to")),
            to_hash=b"i" * 16,
            content=seal.close(CANARIES[19].encode(), Where("message", "43", "content")),
            queued_at=NOW,
            expires_at=later,
        ),
    ]


def adverts() -> list[m.Base]:
    """A shop that is shown, and was seen once."""
    shop, campaign, creative = "0123456789abcder", "0123456789abcdes", "0123456789abcdet"
    return [
        m.Business(id=shop, slug="corner-books", name="Corner Books", created_at=NOW),
        m.Campaign(id=campaign, business_id=shop, name="Spring", state=m.CampaignState.LIVE, first_day=NOW.date(), created_at=NOW),
        m.CampaignPlace(campaign_id=campaign, kind=m.PlaceKind.SITE, name="central-library"),
        m.Creative(id=creative, campaign_id=campaign, state=m.CreativeState.APPROVED, title={"en": "Books"}, created_at=NOW),
        m.BusinessPlace(business_id=shop, kind=m.PlaceKind.DISTRICT, name="downtown"),
        m.Membership(staff_id="0123456789abcdeu", business_id=shop, created_at=NOW),
        m.ShopVersion(business_id=shop, name="Corner Books", state=m.CreativeState.APPROVED, created_at=NOW, decided_at=NOW),
        m.Picture(business_id=shop, sha="0" * 64, created_at=NOW),
        m.Media(sha="0" * 64, octets=b"RIFF", width=1, height=1, created_at=NOW),
        m.PlacementHour(creative_id=creative, campaign_id=campaign, hour=NOW, site="central-library", language="en", impressions=1),
        m.CampaignDay(campaign_id=campaign, day=NOW, impressions=1),
        m.CampaignClock(campaign_id=campaign, begins_at=NOW, hour=9, impressions=1),
        m.CampaignSpan(campaign_id=campaign, begins_at=NOW, site="central-library", language="en", impressions=1),
    ]
