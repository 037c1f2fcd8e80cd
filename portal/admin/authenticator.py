"""The app that makes one-time codes: the secret that is offered to it, as a picture and as text.

What is offered is derived, by our own key, from the session that it is offered in and the last code that counted: it is the
same until it is taken, another afterwards, and kept nowhere meanwhile. Never leaves this page but into the app.
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, NamedTuple

import pyotp
import segno
from flask import g

from portal.admin.desk import desk

if TYPE_CHECKING:
    from store.models import Staff


class Offer(NamedTuple):
    """One secret, for a page to show."""

    secret: str  # base 32
    readable: str  # in groups of four
    address: str  # otpauth://…: opens an app on the same device
    picture: str  # data: of a QR code


def offered(staff: Staff) -> Offer:
    """What this session offers this person's app."""
    said = f"totp\0{staff.id}\0{g.session.id}\0{staff.totp_step}".encode()
    secret = base64.b32encode(hmac.digest(desk().privacy.account_key, said, "sha256")[:20]).decode()
    address = pyotp.TOTP(secret).provisioning_uri(name=staff.name, issuer_name="Proxeny")
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return Offer(secret, groups, address, segno.make(address, micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))
