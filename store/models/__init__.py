"""Every row the store keeps, under one roof: importing this package fills `Base.metadata`. Never holds code."""

from store.models.adverts import (
    Business,
    Campaign,
    CampaignPlace,
    CampaignState,
    Creative,
    CreativeState,
    Media,
    PlaceKind,
    PlacementHour,
)
from store.models.alerts import Alert, BackupRun, BackupState, Silence
from store.models.audit import AuditEntry, AuditKey
from store.models.base import Base, Moment, Sealed
from store.models.guests import Account, Device, Grant, GrantFeed, GuestUsage, Period, SignInToken, Way
from store.models.keys import NamedKey
from store.models.messages import Message, MessageKind, MessageState
from store.models.network import Hygiene, Managed, ManagedBy, NetworkVersion, Operator, Verdict
from store.models.orders import Order, OrderKind, OrderState, Via
from store.models.peers import Client, Home
from store.models.places import AccessPoint, Site, UnknownAccessPoint
from store.models.portals import District, Plan, Portal, Ssid
from store.models.proofs import Challenge, Consent, Guess, Purpose, Settled, Voucher, VoucherBatch
from store.models.routing import Direction, Policy, Realm, RealmAccounting, RealmAction, Strategy
from store.models.runs import RetentionRun
from store.models.sessions import AccountingKey, OddRecord, Session, SessionAddress, SessionHop, SessionStatus, SessionTrail, UsageHour
from store.models.staff import Passkey, RecoveryCode, Role, SavedFilter, Source, Staff, StaffLink, StaffSession, Step
from store.models.trace import AuthEvent, DropMinute, HomeChange, LoginVerdict
from store.models.visitors import Span, VisitorCount, VisitorMark

__all__ = [
    "AccessPoint",
    "Account",
    "AccountingKey",
    "Alert",
    "AuditEntry",
    "AuditKey",
    "AuthEvent",
    "BackupRun",
    "BackupState",
    "Base",
    "Business",
    "Campaign",
    "CampaignPlace",
    "CampaignState",
    "Challenge",
    "Client",
    "Consent",
    "Creative",
    "CreativeState",
    "Device",
    "Direction",
    "District",
    "DropMinute",
    "Grant",
    "GrantFeed",
    "Guess",
    "GuestUsage",
    "Home",
    "HomeChange",
    "Hygiene",
    "LoginVerdict",
    "Managed",
    "ManagedBy",
    "Media",
    "Message",
    "MessageKind",
    "MessageState",
    "Moment",
    "NamedKey",
    "NetworkVersion",
    "OddRecord",
    "Operator",
    "Order",
    "OrderKind",
    "OrderState",
    "Passkey",
    "Period",
    "PlaceKind",
    "PlacementHour",
    "Plan",
    "Policy",
    "Portal",
    "Purpose",
    "Realm",
    "RealmAccounting",
    "RealmAction",
    "RecoveryCode",
    "RetentionRun",
    "Role",
    "SavedFilter",
    "Sealed",
    "Session",
    "SessionAddress",
    "SessionHop",
    "SessionStatus",
    "SessionTrail",
    "Settled",
    "SignInToken",
    "Silence",
    "Site",
    "Source",
    "Span",
    "Ssid",
    "Staff",
    "StaffLink",
    "StaffSession",
    "Step",
    "Strategy",
    "UnknownAccessPoint",
    "UsageHour",
    "Verdict",
    "Via",
    "VisitorCount",
    "VisitorMark",
    "Voucher",
    "VoucherBatch",
    "Way",
]
