"""[directory] of the settings -> the store's Directory: who opens one, opens it here. Never opens a connection by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.directory import Directory, Reach

if TYPE_CHECKING:
    from proxeny import parts_web


def directory(part: parts_web.Directory) -> Directory:
    """The directory that the settings name. Raises ValueError where it cannot be."""
    return Directory(
        Reach(
            uri=part.uri,
            base=part.base,
            filter=part.filter,
            card_filter=part.card_filter or "",
            starttls=part.starttls,
            ca=str(part.ca or ""),
            bind_dn=part.bind_dn,
            bind_password=part.bind_password.octets.decode() if part.bind_password else "",
            timeout=part.timeout,
            pool=part.pool,
        )
    )
