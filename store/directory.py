"""The city's own directory: does this person exist, and is that the password? Over LDAP, for the road and the pages.

Theory of operation. A sign-in takes one of `pool` places or is refused; so never more threads than that wait for the
directory. A place has two connections: one bound as the service account, which looks the person up by the operator's
filter, and one that binds as whoever signs in. Both are kept and used again, and opened anew when they turn out dead.
After some failures in a row the breaker opens: everybody is refused at once, and now and then one tries.

Never binds without a password, never puts a user's octets into a filter as they are, never logs either.
"""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from store.breaker import Breaker, State
from store.ldap_groups import held
from store.ldap_line import Line
from store.ldap_wire import Where
from store.ldap_words import check_filter, escaped, is_name
from store.refusal import LineError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from store.ldap_line import Bound, Entry

Answer = TypeVar("Answer")
LONGEST_PASSWORD: Final = 256
IDLE: Final = 60.0  # seconds after which a connection is not trusted to be there still
_PERSON: Final = ("cn", "displayName", "mail", "entryUUID", "objectGUID")
_DOORS: Final = ("userAccountControl", "nsAccountLock", "pwdAccountLockedTime")  # what says that an entry is locked
_LOCKED: Final = {19, 48, 53}  # constraintViolation, inappropriateAuthentication, unwillingToPerform: this entry takes no bind
_AD_LOCKED: Final = re.compile(r"\bdata (?:530|531|532|533|701|773|775)\b")  # Active Directory's own words within invalidCredentials
_INVALID: Final = 49  # invalidCredentials
_TEXTS: Final = {"name": ("displayName", "cn"), "mail": ("mail",)}
_NOBODY: Final = {32, 34}  # noSuchObject, invalidDNSyntax: gone between search and bind


@dataclass(frozen=True, slots=True)
class Reach:
    """`[directory]`: where it is, who we are there, how people are found."""

    uri: str  # "ldaps://ldap.city.example" or "ldap://..."
    base: str
    filter: str = "(uid={user})"
    card_filter: str = ""
    starttls: bool = False
    ca: str = ""
    bind_dn: str = ""
    bind_password: str = field(default="", repr=False)
    timeout: float = 5.0  # seconds for one sign-in, all in all
    pool: int = 4

    @property
    def where(self) -> Where:
        """The server; raises ValueError with what is wrong."""
        parts = urlsplit(self.uri)
        if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname:
            raise ValueError(f"{self.uri} is no ldap:// or ldaps:// address")
        ldaps = parts.scheme == "ldaps"
        return Where(parts.hostname, parts.port or (636 if ldaps else 389), ldaps, self.starttls and not ldaps, self.ca)


class Person(NamedTuple):
    """Somebody the directory vouches for."""

    dn: str
    key: str  # what stays the same when a person is renamed, where the directory has such a thing; else the name in it
    name: str = ""
    mail: str = ""


class _Seat:
    """One connection, kept and used again. An old one that turns out dead is replaced within the same deadline, once."""

    def __init__(self, opened: Callable[[float], Line]) -> None:
        self._opened = opened
        self._line: Line | None = None

    def use(self, work: Callable[[Line], Answer], until: float) -> Answer:
        """What `work` makes of the connection; LineError where there is none."""
        if self._line is not None and time.monotonic() - self._line.used_at > IDLE:
            self.close()  # firewalls forget idle connections without telling anyone
        if self._line is not None:
            try:
                return work(self._line)
            except LineError as fault:
                self.close()
                if fault.refusal is not Refusal.UNREACHABLE:
                    raise
        line = self._line = self._opened(until)
        try:
            return work(line)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class _Place(NamedTuple):
    """One of the pool's: what looks people up, and what binds as them."""

    finder: _Seat
    tryer: _Seat


class Directory:
    """For any number of threads. Raises ValueError where `reach` cannot be."""

    def __init__(self, reach: Reach, breaker: Breaker | None = None) -> None:
        _check(reach)
        self._reach = reach
        self._where = reach.where
        self.breaker = breaker or Breaker()
        self.fault: Refusal | None = None  # what last kept the directory from answering; None where it answers
        self.words = ""  # the same, in its own words
        self._places: queue.LifoQueue[_Place] = queue.LifoQueue()
        for _ in range(reach.pool):
            self._places.put(_Place(_Seat(self._as_ourselves), _Seat(lambda until: Line(self._where, until))))

    @property
    def state(self) -> str:
        """One line for /readyz: "answers", or why it does not."""
        if self.fault is None:
            return "answers"
        left_alone = "" if self.breaker.state is State.CLOSED else "; left alone, and tried now and then"
        return f"{self.fault.value} ({self.words}){left_alone}"

    def verify(self, user: bytes, password: bytes) -> Person | Refusal:
        """The person of this name, where this is the password."""
        return self._sign_in((self._reach.filter,), user, password)

    def card(self, number: bytes, password: bytes) -> Person | Refusal:
        """The same by `card_filter`: a library card's number and its PIN."""
        return self._sign_in((self._reach.card_filter,), number, password) if self._reach.card_filter else Refusal.MISCONFIGURED

    def guest(self, name: bytes, password: bytes, may: Callable[[str], bool] = lambda _key: True) -> Person | Refusal:
        """The person of this card or, where no card has that number, of this name.

        `may` says of a person's key whether the password is to be tried: a person has several names, and one lock.
        """
        return self._sign_in((self._reach.card_filter, self._reach.filter), name, password, may)

    def groups(self, person: Person, wanted: Sequence[str]) -> frozenset[str] | Refusal:
        """Which of these groups somebody is in whom it has just vouched for."""
        return self._asked(lambda place, until: place.finder.use(lambda line: held(line, person.dn, wanted, until), until))

    def close(self) -> None:
        """Hang up what is idle, for good."""
        with contextlib.suppress(queue.Empty):
            while True:
                for seat in self._places.get_nowait():
                    seat.close()

    # One sign-in

    def _sign_in(
        self, templates: tuple[str, ...], user: bytes, password: bytes, may: Callable[[str], bool] = lambda _key: True
    ) -> Person | Refusal:
        if not password:
            return Refusal.EMPTY_PASSWORD
        if not is_name(user):
            return Refusal.UNKNOWN_USER
        if len(password) > LONGEST_PASSWORD or b"\0" in password:  # a server in C would see the part before the NUL: maybe nothing
            return Refusal.WRONG_PASSWORD
        filters = [template.replace("{user}", escaped(user)) for template in templates if template]
        return self._asked(lambda place, until: self._vouch(place, filters, password, may, until))

    def _asked(self, work: Callable[[_Place, float], Answer | Refusal]) -> Answer | Refusal:
        """What `work` makes of a place of the pool; the breaker hears of it."""
        until = time.monotonic() + self._reach.timeout
        if not self.breaker.admits(time.monotonic()):
            return self.fault or Refusal.UNREACHABLE
        outcome: Answer | Refusal | None = None
        words = ""
        try:
            with self._place(until) as place:
                outcome = work(place, until)
        except LineError as fault:
            outcome, words = fault.refusal, str(fault)
        finally:
            self._note(outcome, words)
        return outcome

    @contextlib.contextmanager
    def _place(self, until: float) -> Iterator[_Place]:
        try:
            place = self._places.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise LineError(Refusal.BUSY) from None
        try:
            yield place
        finally:
            self._places.put(place)

    def _note(self, outcome: object, words: str) -> None:
        """Tell the breaker, and remember why the directory did not answer."""
        if outcome is None or outcome is Refusal.BUSY:
            self.breaker.untold()
        elif isinstance(outcome, Refusal) and outcome.ours:
            self.fault, self.words = outcome, words
            self.breaker.failed(time.monotonic())
        else:
            self.fault, self.words = None, ""
            self.breaker.succeeded()

    def _vouch(self, place: _Place, filters: list[str], password: bytes, may: Callable[[str], bool], until: float) -> Person | Refusal:
        found = next(filter(None, (self._found(place, words, until) for words in filters)), [])
        if len(found) != 1 or not found[0].dn:
            return Refusal.NOT_UNIQUE if found else Refusal.UNKNOWN_USER
        entry = found[0]
        if _shut(entry):
            return Refusal.DISABLED
        if not may(_person(entry).key):
            return Refusal.WRONG_PASSWORD
        bound = place.tryer.use(lambda line: line.bind(entry.dn, password, until), until)
        return _person(entry) if bound.code == 0 else _no(bound, entry)

    def _found(self, place: _Place, words: str, until: float) -> list[Entry]:
        return place.finder.use(lambda line: line.search(self._reach.base, words, (*_PERSON, *_DOORS), 2, until), until)

    def _as_ourselves(self, until: float) -> Line:
        """A connection bound as the service account; anonymous where there is none."""
        line = Line(self._where, until)
        if self._reach.bind_dn:
            bound = line.bind(self._reach.bind_dn, self._reach.bind_password.encode(), until)
            if bound.code != 0:
                line.close()
                raise LineError(Refusal.MISCONFIGURED, f"bind_dn or bind_password: {bound.words}")
        return line


def _first(entry: Entry, *names: str) -> bytes:
    return next((values[0] for name in names if (values := entry.attributes.get(name.lower()))), b"")


def _person(entry: Entry) -> Person:
    text = {name: _first(entry, *names).decode(errors="replace") for name, names in _TEXTS.items()}
    identity = _first(entry, "entryUUID").decode(errors="replace").lower() or _first(entry, "objectGUID").hex()
    return Person(entry.dn, identity or entry.dn.casefold(), text["name"], text["mail"])


def _shut(entry: Entry) -> bool:
    """Whether the entry itself says that nobody signs in with it."""
    control = _first(entry, "userAccountControl")
    disabled = control.isdigit() and int(control) & 2  # ADS_UF_ACCOUNTDISABLE
    for_good = _first(entry, "pwdAccountLockedTime").startswith(b"000001010000")  # draft-behera-ldap-password-policy, 5.3.3
    return bool(disabled or for_good or _first(entry, "nsAccountLock").lower() == b"true")


def _no(bound: Bound, entry: Entry) -> Refusal:
    """Why a bind as this person was refused."""
    if bound.code in _NOBODY:
        return Refusal.UNKNOWN_USER
    if bound.code in _LOCKED or (bound.code == _INVALID and (_AD_LOCKED.search(bound.words) or _first(entry, "pwdAccountLockedTime"))):
        return Refusal.DISABLED
    return Refusal.WRONG_PASSWORD if bound.code == _INVALID else Refusal.MISCONFIGURED


def _check(reach: Reach) -> None:
    where = reach.where
    if where.clear and not _loopback(where.host):
        raise ValueError(f"{reach.uri} would carry passwords unencrypted: write ldaps://, or starttls = true")
    if bool(reach.bind_dn) != bool(reach.bind_password):
        raise ValueError("bind_dn and bind_password go together")
    for template in filter(None, (reach.filter, reach.card_filter)):
        check_filter(template)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
