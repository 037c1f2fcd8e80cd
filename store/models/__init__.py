"""Every row the store keeps, under one roof: importing this package fills `Base.metadata`. Never holds code."""

from store.models.adverts import (
    Campaign,
    CampaignClock,
    CampaignDay,
    CampaignPlace,
    CampaignSpan,
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
from store.models.hooks import Delivery, DeliveryState, Event, Webhook
from store.models.keys import NamedKey
from store.models.listeners import ListenerKey
from store.models.messages import Message, MessageKind, MessageState
from store.models.network import Hygiene, Managed, ManagedBy, NetworkVersion, Operator, Verdict
from store.models.open_data import Dataset, Publication
from store.models.orders import Order, OrderKind, OrderState, Via
from store.models.peers import Client, Home
from store.models.places import AccessPoint, Site, UnknownAccessPoint
from store.models.portals import District, Plan, Portal, PortalTerms, PortalVersion, Ssid
from store.models.proofs import Challenge, Consent, Guess, Purpose, Settled, Voucher, VoucherBatch
from store.models.requests import IncidentOpening, PrivacyRequest, RequestKind, RequestState
from store.models.routing import Direction, Policy, Realm, RealmAccounting, RealmAction, Strategy
from store.models.runs import RetentionRun
from store.models.sessions import AccountingKey, OddRecord, Session, SessionAddress, SessionHop, SessionStatus, SessionTrail, UsageHour
from store.models.shops import Business, BusinessPlace, Membership, Picture, ShopVersion
from store.models.site_usage import CityHour, Dwell, DwellWeek, SiteDay, SiteHour, SiteMark, SiteVisitors
from store.models.staff import LinkPurpose, Passkey, RecoveryCode, Role, SavedFilter, Source, Staff, StaffLink, StaffSession, Step
from store.models.tokens import ApiToken, IdempotencyKey
from store.models.trace import AuthEvent, DropMinute, HomeChange, LoginVerdict
from store.models.visitors import Span, VisitorCount, VisitorMark

__all__ = [
    "AccessPoint",
    "Account",
    "AccountingKey",
    "Alert",
    "ApiToken",
    "AuditEntry",
    "AuditKey",
    "AuthEvent",
    "BackupRun",
    "BackupState",
    "Base",
    "Business",
    "BusinessPlace",
    "Campaign",
    "CampaignClock",
    "CampaignDay",
    "CampaignPlace",
    "CampaignSpan",
    "CampaignState",
    "Challenge",
    "CityHour",
    "Client",
    "Consent",
    "Creative",
    "CreativeState",
    "Dataset",
    "Delivery",
    "DeliveryState",
    "Device",
    "Direction",
    "District",
    "DropMinute",
    "Dwell",
    "DwellWeek",
    "Event",
    "Grant",
    "GrantFeed",
    "Guess",
    "GuestUsage",
    "Home",
    "HomeChange",
    "Hygiene",
    "IdempotencyKey",
    "IncidentOpening",
    "LinkPurpose",
    "ListenerKey",
    "LoginVerdict",
    "Managed",
    "ManagedBy",
    "Media",
    "Membership",
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
    "Picture",
    "PlaceKind",
    "PlacementHour",
    "Plan",
    "Policy",
    "Portal",
    "PortalTerms",
    "PortalVersion",
    "PrivacyRequest",
    "Publication",
    "Purpose",
    "Realm",
    "RealmAccounting",
    "RealmAction",
    "RecoveryCode",
    "RequestKind",
    "RequestState",
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
    "ShopVersion",
    "SignInToken",
    "Silence",
    "Site",
    "SiteDay",
    "SiteHour",
    "SiteMark",
    "SiteVisitors",
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
    "Webhook",
]
