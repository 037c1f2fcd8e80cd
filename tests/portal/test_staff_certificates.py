"""Certificates of our listeners as pages: what is shown of each, what is taken in and what not, and the way into use and back."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import select

from portal.cases.certificates import Flaw
from portal.cases.key_files import opened
from portal.cases.own_certificates import Listener
from proxeny import unwrapping
from store import listener_keys
from store.models import AuditEntry, ListenerKey, Role
from store.session import reading
from tests.portal.papers import WIFI, Maker, made_key, pem, private
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

KEPT = Listener("guest", f"https://{WIFI}", (WIFI,), kept=True)
WHERE = "/certificates/guest"


MAKER = Maker()
OTHER = made_key()


def parcel(password: bytes = b"pass", *above: x509.Certificate) -> bytes:
    """PKCS#12 with a certificate of its key."""
    key = made_key()
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"n", key, MAKER.certificate(key.public_key()), above or None, locked)


@pytest.fixture
def room(staffroom: Room) -> Room:
    """The guests' listener is kept by the app; the staff's has a proxy. Uploads are opened in this process: one of its own is slow."""
    staffroom.tools["unwrap"] = opened
    staffroom.tools["listeners"] = lambda: [KEPT, Listener("staff", "https://staff.city.example", ("staff.city.example",), kept=False)]
    return staffroom


def send(room: Room, octets: bytes, password: str = "", **more: Any) -> TestResponse:
    return room.post(f"{WHERE}/upload", file=(io.BytesIO(octets), "a.pem"), password=password, **more)


def whole(key: Any = None, *names: str, **more: Any) -> bytes:
    """A key with its certificate and the intermediate."""
    key = key or made_key()
    return private(key) + pem(MAKER.certificate(key.public_key(), *names, **more), MAKER.above)


def rows(room: Room) -> list[ListenerKey]:
    with reading(room.database) as session:
        return list(session.scalars(select(ListenerKey).order_by(ListenerKey.created_at)))


def test_a_request_is_signed_uploaded_used_and_taken_back(room: Room) -> None:
    """From the key that never leaves to the certificate in use, another one after it, and back to the first; all of it on record."""
    asked = room.post(f"{WHERE}/request", names=f"{WIFI}\nguest.city.example", kind="EC P-256")
    assert (303, True) == (asked.status_code, asked.location.startswith(WHERE))
    (row,) = rows(room)
    download = room.get(f"{WHERE}/request/{row.id}")
    csr = x509.load_pem_x509_csr(download.data)
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert ("application/pkcs10", [WIFI, "guest.city.example"]) == (download.mimetype, names)
    signed = MAKER.certificate(csr.public_key(), WIFI, "guest.city.example")
    answer = send(room, pem(MAKER.root, MAKER.above, signed))
    assert 303 == answer.status_code, answer.get_data(as_text=True)
    (row,) = rows(room)
    kept = x509.load_pem_x509_certificates(row.chain.encode())
    assert ([signed, MAKER.above], None) == (kept, row.used_from)  # its own first, the root left out
    assert "not in use yet" in room.page(WHERE)
    assert 303 == room.post(f"{WHERE}/use", id=row.id).status_code
    assert "90 days left" in room.page("/certificates")
    room.later(minutes=5)
    send(room, whole())
    second = rows(room)[1]
    room.post(f"{WHERE}/use", id=second.id)
    assert "in use before" in room.page(WHERE)
    assert 303 == room.post(f"{WHERE}/use", id=row.id).status_code
    with reading(room.database) as session:
        used = listener_keys.in_use(session, "guest")
        told = session.scalars(select(AuditEntry.action).where(AuditEntry.kind == "certificate").order_by(AuditEntry.id)).all()
    assert (row.id, ["add", "add", "change", "add", "change", "change"]) == (used.id if used else "", list(told))
    assert 409 == room.post(f"{WHERE}/remove", id=row.id).status_code
    assert 303 == room.post(f"{WHERE}/remove", id=second.id).status_code
    assert [row.id] == [each.id for each in rows(room)]


TAKEN = {
    "PEM, key first": whole(),
    "PEM, in another order, with the root": pem(MAKER.above, MAKER.root, MAKER.certificate(OTHER.public_key())) + private(OTHER),
    "a wildcard": whole(None, "*.city.example"),
    "PKCS#12": parcel(b"pass", MAKER.above),
    "PKCS#12 without a password": parcel(b""),
    "RSA": whole(rsa.generate_private_key(65_537, 2_048)),
    "a locked key": private(OTHER, b"pass") + pem(MAKER.certificate(OTHER.public_key())),
    "CRLF and words around it": b"Bag Attributes\r\n" + whole().replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("octets", TAKEN.values(), ids=TAKEN.keys())
def test_what_authorities_and_programs_write_is_taken(room: Room, octets: bytes) -> None:
    """As a file, with the password; what is stored is the chain in order, and the key sealed."""
    answer = send(room, octets, "pass")
    assert 303 == answer.status_code, re.findall(r'class="wrong"[^>]*>([^<]*)', answer.get_data(as_text=True))
    (row,) = rows(room)
    assert row.chain.startswith("-----BEGIN CERTIFICATE-----")
    assert b"PRIVATE KEY" not in row.key


def _odd(kind: str) -> bytes:
    key = made_key(kind)
    return private(key) + pem(MAKER.certificate(key.public_key()))


REFUSED = {
    "nothing": (b" \n", "There is no certificate in it"),
    "garbage": (b"\x00\xff" * 900, "It is no certificate or key"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"x" * 500, "It is no certificate or key"),
    "a broken PEM": (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "It is no certificate or key"),
    "a cut key": (private(OTHER)[:90] + pem(MAKER.above), "It is no certificate or key"),
    "an unclosed PEM": (b"-----BEGIN CERTIFICATE-----\n" * 2_000, "It is no certificate or key"),
    "huge": (whole() + b"\n" * 70_000, "larger than 64 kB"),
    "a chain of a hundred": (pem(*[MAKER.above] * 100), "more than ten certificates"),
    "a key alone": (private(OTHER), "There is no certificate in it"),
    "no key": (pem(MAKER.certificate(OTHER.public_key())), "No key is there for it"),
    "two keys": (private(OTHER) + whole(), "There are several keys in it"),
    "another key": (private(OTHER) + pem(MAKER.certificate(made_key().public_key())), "The key is another certificate’s"),
    "PKCS#12, another password": (parcel(b"other"), "that is not its password"),
    "a locked key, another password": (private(OTHER, b"other") + pem(MAKER.certificate(OTHER.public_key())), "that is not its password"),
    "ended": (whole(None, WIFI, begins=timedelta(days=-9), ends=timedelta(hours=-1)), "has ended"),
    "early": (whole(None, WIFI, begins=timedelta(hours=1)), "It is not valid yet"),
    "another host": (whole(None, "www.city.example"), "does not cover every host name"),
    "a wildcard of two labels": (whole(None, "*.example"), "does not cover every host name"),
    "for clients": (whole(None, WIFI, usage=ExtendedKeyUsageOID.CLIENT_AUTH), "It is not made for servers"),
    "an authority's": (whole(None, WIFI, authority=True), "It is an authority’s own certificate"),
    "P-521": (_odd("P-521"), "Its key is not one that browsers take"),
    "Ed25519": (_odd("Ed25519"), "Its key is not one that browsers take"),
    "RSA 1024": (_odd("RSA 1024"), "Its key is not one that browsers take"),
}


def _twice() -> bytes:
    """With the same extension twice, which no program of ours makes, and which is noticed when it is read."""
    alias = x509.IssuerAlternativeName([x509.DNSName(WIFI)])
    builder = x509.CertificateBuilder().subject_name(MAKER.above.subject).issuer_name(MAKER.above.subject).public_key(OTHER.public_key())
    builder = builder.serial_number(7).not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(WIFI)]), critical=False).add_extension(alias, critical=False)
    made = builder.sign(OTHER, hashes.SHA256()).public_bytes(Encoding.DER).replace(b"\x55\x1d\x12", b"\x55\x1d\x11")
    return private(OTHER) + pem(x509.load_der_x509_certificate(made))


_VERSION_3, _VERSION_24 = b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x17"
REFUSED["a version of the future"] = (
    MAKER.certificate(OTHER.public_key()).public_bytes(Encoding.DER).replace(_VERSION_3, _VERSION_24),
    "It is no certificate or key",
)
REFUSED["an extension twice"] = (_twice(), "It is no certificate or key")


@pytest.mark.parametrize(("octets", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_would_not_serve_is_refused_in_words(room: Room, octets: bytes, said: str) -> None:
    """Nothing is kept of it, and no word of a key comes back."""
    answer = send(room, octets, "pass")
    page = answer.get_data(as_text=True)
    assert (422, True, False) == (answer.status_code, said in page, "PRIVATE KEY" in page), re.findall(r'class="wrong"[^>]*>([^<]*)', page)
    assert [] == rows(room)


def test_an_upload_is_opened_by_a_process_of_its_own(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says the same as if it had been opened here, good or bad; and one that takes for ever is ended, and the page says so."""
    for octets in (whole(), b"garbage"):
        assert opened(octets, b"") == unwrapping.unwrap(octets, b"")
    monkeypatch.setattr(unwrapping, "PATIENCE", 0.001)
    assert Flaw.SLOW is unwrapping.unwrap(whole(), b"")
    room.tools["unwrap"] = lambda *_: Flaw.SLOW
    answer = send(room, whole())
    assert (422, True) == (answer.status_code, "It took too long to open" in answer.get_data(as_text=True))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"names": "", "kind": "EC P-256"}, "Name the hosts"),
        ({"names": " ".join(f"{n}.example" for n in range(21)), "kind": "EC P-256"}, "Name the hosts"),
        ({"names": "wifi_.city.example", "kind": "EC P-256"}, "is no host name"),
        ({"names": "https://wifi.city.example/", "kind": "EC P-256"}, "is no host name"),
        ({"names": "é.example", "kind": "EC P-256"}, "is no host name"),
        ({"names": "x" * 300, "kind": "EC P-256"}, "is no host name"),
        ({"names": WIFI, "kind": "DSA"}, "Name the hosts"),
    ],
    ids=str,
)
def test_a_request_for_nobody_is_refused(room: Room, form: dict[str, str], said: str) -> None:
    """With what was typed still there."""
    answer = room.post(f"{WHERE}/request", **form)
    assert (422, True, []) == (answer.status_code, said in answer.get_data(as_text=True), rows(room))


def test_a_dozen_are_kept_and_no_more(room: Room) -> None:
    """The thirteenth is refused, whichever way it comes, until one is removed."""
    for _ in range(listener_keys.MOST):
        room.post(f"{WHERE}/request", names=WIFI, kind="EC P-256")
    assert 409 == room.post(f"{WHERE}/request", names=WIFI, kind="EC P-256").status_code
    assert 409 == send(room, whole()).status_code
    room.post(f"{WHERE}/remove", id=rows(room)[0].id)
    assert 303 == send(room, whole()).status_code


def test_what_ended_while_it_waited_is_not_used(room: Room) -> None:
    """It is judged again when it is to be used; a request without a certificate, too; the one in use stays."""
    send(room, whole())
    room.post(f"{WHERE}/use", id=rows(room)[0].id)
    send(room, whole(None, WIFI, ends=timedelta(days=2)))
    room.later(days=3)
    late = room.post(f"{WHERE}/use", id=rows(room)[1].id, role=Role.NETWORK_OPS)
    assert (409, True) == (late.status_code, "has ended" in late.get_data(as_text=True))
    with reading(room.database) as session:
        used = listener_keys.in_use(session, "guest")
    assert rows(room)[0].id == (used.id if used else "")
    assert 404 == room.post(f"{WHERE}/use", id="06h0nobody000001", role=Role.NETWORK_OPS).status_code


def test_each_listener_is_shown_with_what_it_lacks(room: Room) -> None:
    """Days left as the warnings have them, hosts that are not covered, a file's chain in a wrong order, none at all."""
    leaf = MAKER.certificate(OTHER.public_key(), WIFI, ends=timedelta(days=6, hours=1))
    listeners = [
        Listener("guest", f"https://{WIFI}", (WIFI, "guest.city.example"), kept=False, file="wifi.pem", chain=pem(leaf, MAKER.above)),
        Listener("staff", "https://staff.city.example", ("staff.city.example",), kept=False),
        Listener("business", "https://b.example", ("b.example",), kept=False, file="b.pem", chain=b"gone"),
    ]
    room.tools["listeners"] = lambda: listeners
    page = room.page("/certificates")
    said = (
        "6 days left",
        "does not cover guest.city.example",
        "no certificate here: a proxy has it",
        "its file cannot be read",
        "wifi.pem",
    )
    assert [] == [each for each in said if each not in page]
    one = room.page(WHERE)
    assert [] == [
        each for each in ("Intermediate", "EC P-256", 'certificate = "app"', "This machine does not know who issued") if each not in one
    ]
    assert 404 == room.get("/certificates/radsec").status_code


def test_who_may_see_and_who_may_change(room: Room) -> None:
    """The auditor sees; the help desk does not; a change asks for a fresh proof."""
    assert 200 == room.get(WHERE, Role.AUDITOR).status_code
    assert "/new" not in room.page(WHERE, Role.AUDITOR)
    assert [403, 403] == [room.get(WHERE, Role.HELP_DESK).status_code, room.get(f"{WHERE}/new", Role.AUDITOR).status_code]
    room.client()
    room.later(minutes=11)
    for path in ("/request", "/upload", "/use", "/remove"):
        answer = room.post(f"{WHERE}{path}", names=WIFI, kind="EC P-256")
        assert (303, True) == (answer.status_code, answer.location.startswith("/prove")), path
    assert [] == rows(room)


def test_no_page_and_no_log_has_a_private_key(room: Room) -> None:
    """Not what was uploaded, not what was made."""
    key = made_key()
    send(room, whole(key))
    room.post(f"{WHERE}/request", names=WIFI, kind="EC P-256")
    said = "".join([room.page(WHERE), room.page(f"{WHERE}/new"), room.page("/audit"), str(room.lines)])
    body = private(key).decode().splitlines()[1]
    assert (False, False) == (body in said, "PRIVATE" in said)
