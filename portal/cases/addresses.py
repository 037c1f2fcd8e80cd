"""What a guest types as an e-mail address, a mobile number or a code, in the one form that we know it by; "" where it is none.

No name server is asked whether an address exists: who asked would tell whom we mean to write to. Never raises on any text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

if TYPE_CHECKING:
    from collections.abc import Collection

_LONGEST: Final = 254  # octets of an address: RFC 5321, 4.5.3.1.3, without the brackets
_LONGEST_NUMBER: Final = 40  # characters: fifteen digits (E.164), and whatever stands between them
_NUMBER: Final = re.compile(
    r"\+?[\d ()./\u2010-\u2015-]{3,}"
)  # no letters, which the library takes for keys, nor words, which it passes over
_LONGEST_CODE: Final = 64
_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})  # the latter: North America tells no difference


def email(typed: str) -> str:
    """The address to write to: its domain in lower case and as names are looked up (RFC 5890), what stands before the @ as typed.

    No quotes, no comments, no letters beyond ASCII before the @: few servers take such mail (RFC 6531), and look-alikes go.
    """
    text = typed.strip()
    if not text or len(text) > _LONGEST:
        return ""
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return ""
    return found.ascii_email or ""


def identity(address: str) -> str:
    """Whose an e-mail address is: no server in use tells capitals from small letters, and people do not either."""
    return address.lower()


def mobile(typed: str, country: str, countries: Collection[str]) -> str:
    """+14165550123 (E.164), of one of these countries ("CA"), where a mobile may have that number; `country` for who writes none."""
    text = unicodedata.normalize("NFKC", typed[: _LONGEST_NUMBER + 1]).strip().removeprefix("tel:")
    if len(typed) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return ""
    try:
        found = phonenumbers.parse(text, country or None)
    except NumberParseException:
        return ""
    valid = phonenumbers.is_valid_number(found) and not found.extension and phonenumbers.number_type(found) in _MOBILE
    if not valid or phonenumbers.region_code_for_number(found) not in countries:
        return ""
    return phonenumbers.format_number(found, PhoneNumberFormat.E164)


def code(typed: str) -> str:
    """The digits alone, in whichever script and however they are set apart: "482 913" is 482913."""
    return "".join(str(unicodedata.digit(each)) for each in typed[:_LONGEST_CODE] if each.isdecimal())


def masked(contact: str) -> str:
    """Enough for its owner to know it again, and for nobody to write to it: "gu…@example.org", "…123"."""
    local, at, domain = contact.rpartition("@")
    return f"{local[: min(2, len(local) // 2)]}…@{domain}" if at else f"…{contact[-3:]}"
