"""Attribute rules as a table: what is refused, removed, bounded, added and set, on the way in and on the way out.

The rules that fit a packet's code, realm, site, client and home are compiled into a Plan, once. A Plan looks at types
and vendors only until one of them is its business, for most packets are nobody's. Never touches what keeps a
conversation whole: State, Class, Proxy-State, EAP, passwords.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.actions import Reason
from radius.message import Code, Type
from radius.policy_rules import Rule, builtins
from radius.policy_steps import ANY, Clamp, Refuse, Remove, Step, Targets, Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from radius.dictionary import Dictionary, Key
    from radius.policy_rules import Values
    from radius.tables import Home

__all__ = ["Plan", "Policy", "Rule", "builtins"]

REMEMBERED: Final = 65_536
_REQUEST: Final = {"Access-Request": Code.ACCESS_REQUEST, "Accounting-Request": Code.ACCOUNTING_REQUEST}
_REPLY: Final = {
    "Access-Accept": Code.ACCESS_ACCEPT,
    "Access-Reject": Code.ACCESS_REJECT,
    "Access-Challenge": Code.ACCESS_CHALLENGE,
    "Accounting-Response": Code.ACCOUNTING_RESPONSE,
}
_CODES: Final[Mapping[str, Mapping[str, Code]]] = {"request": _REQUEST, "reply": _REPLY}
_DEFAULT: Final = {"request": ("Access-Request",), "reply": ("Access-Accept",)}
_UNTOUCHED: Final = frozenset(  # RFC 2865, 2.3 and 5.24; RFC 3579, 3
    (Type.USER_PASSWORD, Type.CHAP_PASSWORD, Type.CHAP_CHALLENGE, Type.STATE, Type.CLASS, Type.PROXY_STATE, Type.EAP_MESSAGE)
) | {Type.MESSAGE_AUTHENTICATOR}
_VENDOR_SPECIFIC: Final = int(Type.VENDOR_SPECIFIC)


class Plan:
    """What the rules that fit one packet do to it."""

    __slots__ = ("_always", "_any_vendor", "_steps", "_touched", "_vendors")

    def __init__(self, steps: tuple[Step, ...]) -> None:
        keys = {key for step in steps for key in step.targets.keys}
        self._steps = steps
        self._always = any(step.always for step in steps)
        self._any_vendor = _VENDOR_SPECIFIC in keys
        self._vendors = frozenset(key[0].to_bytes(4, "big") for key in keys if isinstance(key, tuple))
        self._touched = frozenset(key if isinstance(key, int) else _VENDOR_SPECIFIC for key in keys)

    def idle(self, types: Mapping[int, int]) -> bool:
        """Whether there is nothing to do, as far as a packet's attribute types can tell."""
        return not self._always and self._touched.isdisjoint(types)

    def apply(self, attributes: list[bytes]) -> list[bytes] | Reason:
        """Whole attributes in, whole attributes out, in order; a Reason refuses the packet, and makes an Accept a Reject."""
        if not self._always and not self._concerns(attributes):
            return attributes
        for step in self._steps:
            outcome = step.run(attributes)
            if isinstance(outcome, Reason):
                return outcome
            attributes = outcome
        return attributes

    def _concerns(self, attributes: list[bytes]) -> bool:
        touched, vendors = self._touched, self._vendors
        for octets in attributes:  # a loop, for any() over a generator costs twice as much
            if octets[0] in touched and (octets[0] != _VENDOR_SPECIFIC or self._any_vendor or octets[2:6] in vendors):
                return True
        return False


class Policy:
    """Every rule of one version of the network. Raises ValueError, naming row and key, for rows that cannot stand."""

    __slots__ = ("_plans", "_rules", "_seen", "_selects")

    def __init__(self, rules: Iterable[Rule], dictionary: Dictionary) -> None:
        own: dict[str, Rule] = {}
        for rule in rules:
            if own.setdefault(rule.name, rule) is not rule:
                raise ValueError(f'policy: two rows are named "{rule.name}"')
        standing = (*(rule for rule in builtins() if rule.name not in own), *own.values())
        self._rules = tuple((rule, _codes(rule), _compiled(rule, dictionary)) for rule in standing)
        self._selects = tuple(any(getattr(rule, by) for rule in standing) for by in ("realm", "site", "client"))
        self._plans: dict[tuple[int, ...], Plan] = {}
        self._seen: dict[tuple[int, str, str, str, str], Plan] = {}

    def plan(self, code: int, realm: str, site: str, client: str, home: Home | None) -> Plan:
        """The Plan for packets of this code between these; `home` is None where none is chosen."""
        by_realm, by_site, by_client = self._selects  # what no rule asks for must not fill the table
        key = (code, realm if by_realm else "", site if by_site else "", client if by_client else "", home.name if home else "")
        plan = self._seen.get(key)
        if plan is None:
            plan = self._look(code, realm, site, client, home)
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            self._seen[key] = plan
        return plan

    def stages(self, code: int, realm: str, site: str, client: str, home: Home | None) -> tuple[tuple[Rule, Plan], ...]:
        """The rules that concern such packets, in their order, each with what it alone does: for people who ask why."""
        fitting = self._fitting(code, realm, site, client, home)
        return tuple((self._rules[index][0], self._made(code, [index])) for index in fitting)

    def _look(self, code: int, realm: str, site: str, client: str, home: Home | None) -> Plan:
        fitting = self._fitting(code, realm, site, client, home)
        return self._plans.setdefault((code, *fitting), self._made(code, fitting))

    def _fitting(self, code: int, realm: str, site: str, client: str, home: Home | None) -> list[int]:
        return [
            index
            for index, (rule, codes, _) in enumerate(self._rules)
            if code in codes
            and rule.site in {"", site}
            and rule.client in {"", client}
            and rule.home in {"", home.name if home else ""}
            and (not rule.foreign or (home is not None and home.foreign))
            and _realm_fits(rule.realm.lower(), realm)
        ]

    def _made(self, code: int, fitting: list[int]) -> Plan:
        steps = tuple(step for index in fitting for step in self._rules[index][2])
        if code != Code.ACCESS_ACCEPT:  # in a Challenge, Session-Timeout is the EAP timer (RFC 3579, 2.6.2)
            steps = tuple(step for step in steps if not isinstance(step, Clamp))
        return Plan(steps)


def _realm_fits(wanted: str, realm: str) -> bool:
    if wanted.startswith("*."):
        return len(realm) > len(wanted) - 1 and realm.endswith(wanted[1:])
    return wanted in {"", "*", realm}


def _codes(rule: Rule) -> frozenset[int]:
    known = _CODES.get(rule.direction)
    if known is None:
        raise ValueError(f'policy "{rule.name}": direction: "request" or "reply", not "{rule.direction}"')
    if strange := next((code for code in rule.codes if code not in known), ""):
        raise ValueError(f'policy "{rule.name}": codes: a {rule.direction} is one of {", ".join(known)}, not "{strange}"')
    codes = rule.codes or _DEFAULT[rule.direction]
    if rule.clamp and "Access-Accept" not in codes:
        raise ValueError(f'policy "{rule.name}": clamp: bounds an Access-Accept only, and codes leaves that out')
    return frozenset(known[code] for code in codes)


def _compiled(rule: Rule, dictionary: Dictionary) -> tuple[Step, ...]:
    """The row's steps in the order of the house: refuse, remove, clamp, add, set."""
    reason = Reason.HOME_PRIVILEGES if rule.foreign else Reason.REFUSED_BY_POLICY
    steps: list[Step] = []
    verb = "refuse"
    try:
        for name, values in rule.refuse.items():
            key = dictionary.key(name)
            steps.append(Refuse(Targets([(key, ANY)]), _octets(dictionary, key, values), reason))
        verb = "remove"
        if rule.remove:
            steps.append(Remove(Targets(_target(dictionary, text) for text in rule.remove)))
        verb = "clamp"
        steps += [_clamp(dictionary, name, bounds) for name, bounds in rule.clamp.items()]
        verb = "add"
        steps += [_write(dictionary, name, values, replace=False) for name, values in rule.add.items()]
        verb = "set"
        steps += [_write(dictionary, name, values, replace=True) for name, values in rule.set.items()]
    except ValueError as fault:
        raise ValueError(f'policy "{rule.name}": {verb}: {fault}') from None
    return tuple(steps)


def _target(dictionary: Dictionary, text: str) -> tuple[Key, bytes]:
    name, told, beginning = text.partition("=")
    if told and not (beginning := beginning.strip()).endswith("*"):
        raise ValueError(f'"{text}": after "=" write how the value begins and a "*", as in "Cisco-AVPair=shell:*"')
    return _mutable(dictionary, name), beginning.removesuffix("*").encode()


def _mutable(dictionary: Dictionary, name: str) -> Key:
    key = dictionary.key(name)
    if key in _UNTOUCHED:
        raise ValueError(f"{dictionary.name(key)} keeps a conversation whole and is left alone")
    return key


def _clamp(dictionary: Dictionary, name: str, bounds: tuple[int, int]) -> Clamp:
    key = _mutable(dictionary, name)
    if not dictionary.is_integer(key):
        raise ValueError(f"{dictionary.name(key)} is not a number")
    if len(bounds) != 2 or not all(isinstance(each, int) for each in bounds) or not 0 <= bounds[0] <= bounds[1] < 1 << 32:
        raise ValueError(f"{dictionary.name(key)}: write [lowest, highest], not {list(bounds)}")
    return Clamp(Targets([(key, ANY)]), *bounds)


def _write(dictionary: Dictionary, name: str, values: Values, *, replace: bool) -> Write:
    key = _mutable(dictionary, name)
    if key == _VENDOR_SPECIFIC:
        raise ValueError('Vendor-Specific is written by its sub-attribute, as "26.9.1" or by its name')
    return Write(Targets([(key, ANY)]), _octets(dictionary, key, values), replace=replace)


def _octets(dictionary: Dictionary, key: Key, values: Values) -> tuple[bytes, ...]:
    return tuple(dictionary.encode(key, value) for value in (values if isinstance(values, list | tuple) else (values,)))
