"""Asking for a Chargeable-User-Identity."""

from __future__ import annotations

from federation.cui import request


def test_one_nul_asks() -> None:
    """RFC 4372, 2.1."""
    assert request() == b"\x59\x03\0"
