"""portal.cases.addresses: one form of each address, number and code; nothing for what is none; never a fault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases import addresses


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("guest-017@example.org", "guest-017@example.org"),
        (" Guest.017+wifi@EXAMPLE.org\t", "Guest.017+wifi@example.org"),
        ("guest@b\u00fccher.example", "guest@xn--bcher-kva.example"),
        ("guest@B\u00dcCHER.example", "guest@xn--bcher-kva.example"),
        ("guest@ex\u3002ample.org", "guest@ex.ample.org"),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_an_e_mail_address(typed: str, address: str) -> None:
    """Its domain as it is looked up, what stands before the @ as typed."""
    assert address == addresses.email(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "guest", "@", "a@b", "a@b@c", "a@b@example.org", "a @example.org", "a@localhost", "a@[127.0.0.1]", "a@127.0.0.1",
        '"a b"@example.org', "\"a\"@example.org", "Guest <a@example.org>", "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a\0@example.org", "a@exam\0ple.org", "a@example..org", ".a@example.org", "a.@example.org", "a@-example.org", "a@example.org.",
        "\u00fc@example.org", "\uff41@example.org", "a@\u202eexample.org", "a@example.invalid", "a@example.test", f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.org", f"a@{'b.' * 130}org", "a" * 65_536, "a@" + "b." * 32_000, "(comment)a@example.org", "\ud800@example.org",
    ],
)  # fmt: skip
def test_what_is_no_e_mail_address(typed: str) -> None:
    """Nothing that a mail server reads as more than one address, or that nobody can own."""
    assert "" == addresses.email(typed)


def test_look_alikes_are_somebody_else() -> None:
    """A domain with Cyrillic letters is another address than the Latin one it resembles."""
    latin, mixed = addresses.email("guest@apple.example"), addresses.email("guest@\u0430pple.example")
    assert "guest@apple.example" == latin
    assert mixed.startswith("guest@xn--")


def test_capitals_are_nobody_else() -> None:
    """One account, however the address is written; tags after a plus are an address of their own."""
    assert "guest-017@example.org" == addresses.identity(addresses.email("Guest-017@Example.ORG"))
    assert addresses.identity(addresses.email("a+b@example.org")) != addresses.identity(addresses.email("a@example.org"))


@pytest.mark.parametrize(
    "typed",
    [
        "416 555 0123", "(416) 555-0123", "+1 416.555.0123", "1-416-555-0123", "tel:+14165550123",
        " +1\u00a0416\u202f555\u00a00123 ", "\uff0b14165550123", "011 1 416 555 0123",
    ],
)  # fmt: skip
def test_a_mobile_number(typed: str) -> None:
    """However it is written: E.164."""
    assert "+14165550123" == addresses.mobile(typed, "CA", ("CA",))


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "416", "911", "+1416555", "abc", "+", "+1 900 555 1234", "+1 800 555 0100", "+1 876 555 1234", "+33 6 12 34 56 78",
        "416 555 0123 ext 5", "416 555 0123x5", "416-555-0123;ext=1", "+882 13 300 655", "+1 416 555 0123\0",
        "+1 416 555 0123\r\n+1 416 555 0124",
        "4165550123" * 5, "9" * 65_536, "+44 20 7946 0958", "1-416-FLOWERS", "+1 (416) 555-0123; rm",
    ],
)  # fmt: skip
def test_what_is_no_mobile_number(typed: str) -> None:
    """Premium and free numbers, other countries', extensions, letters, two in one, and what is none at all."""
    assert "" == addresses.mobile(typed, "CA", ("CA",))


def test_numbers_of_other_countries() -> None:
    """Where they are served; without its country a number is the operator's own."""
    assert "+33612345678" == addresses.mobile("+33 6 12 34 56 78", "CA", ("CA", "FR"))
    assert "+33612345678" == addresses.mobile("06 12 34 56 78", "FR", ("FR",))
    assert "" == addresses.mobile("06 12 34 56 78", "", ("FR",))
    assert "" == addresses.mobile("416 555 0123", "CA", ())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("482913", "482913"), (" 482 913 ", "482913"), ("482-913", "482913"), ("\u0664\u0668\u0662913", "482913"),
        ("code: 482913.", "482913"), ("", ""), ("abc", ""), ("\u00b2\u2460", ""),
    ],
)  # fmt: skip
def test_a_code(typed: str, code: str) -> None:
    """Its digits, in whichever script; superscripts and circled numbers are no digits."""
    assert code == addresses.code(typed)


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("guest-017@example.org", "gu\u2026@example.org"), ("ab@example.org", "a\u2026@example.org"),
        ("a@example.org", "\u2026@example.org"), ("+14165550123", "\u2026123"),
    ],
)  # fmt: skip
def test_a_mask(contact: str, shown: str) -> None:
    """Its owner knows it again; nobody else can write to it."""
    assert shown == addresses.masked(contact)


@given(st.text(max_size=300))
def test_no_text_is_a_fault(typed: str) -> None:
    """Whatever is typed: an address of ours is ASCII on one line, a number E.164, a code digits."""
    address = addresses.email(typed)
    assert address.isascii()
    assert not any(each.isspace() for each in address)
    assert address in ("", addresses.email(address))
    number = addresses.mobile(typed, "CA", ("CA",))
    assert number == "" or (number.startswith("+1") and number[1:].isdecimal())
    code = addresses.code(typed)
    assert code == "" or (code.isascii() and code.isdecimal())
