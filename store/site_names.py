"""What sites are called where each has a line: one of several of a name says which, as a city has a community centre in each district.

Pure. Never the same words for two.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def apart(names: Mapping[str, str]) -> dict[str, str]:
    """Of each id its name, with the id where another has the same name."""
    called = Counter(names.values())
    return {site: name if called[name] == 1 else f"{name} ({site})" for site, name in names.items()}
