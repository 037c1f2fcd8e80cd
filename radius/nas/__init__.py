"""NAS families: one pure file each. `FAMILIES` knows them all by the name that `[[client]] nas` gives, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.nas.generic import Generic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from radius.nas.family import Family

_ALL: Final[tuple[Family, ...]] = (Generic(),)

FAMILIES: Final[Mapping[str, Family]] = {family.name: family for family in _ALL}
