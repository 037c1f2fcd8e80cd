"""Asking for a Chargeable-User-Identity, and taking what comes."""

from __future__ import annotations

from federation.cui import NUL, request, usable


def test_a_cui_is_asked_for_by_one_nul_and_taken_as_it_comes() -> None:
    """RFC 4372, 2.1; zero-length answers exist in the wild and mean none."""
    assert (b"\x59\x03\0", b"", b"", b"", b"a\0b") == (request(), usable(None), usable(b""), usable(NUL), usable(b"a\0b"))
