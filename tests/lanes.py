"""Which tests run one after another where several processes run them side by side (pytest-xdist), and which come first.

A lane is a file, as its fixtures belong to it; or all files that take what is dear to start. Lanes that mostly wait come
first, and what only computes fills their gaps. Never part of a run in one process, which keeps pytest's own order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

# Those that share the city or its institutions (tests/flow/conftest.py)
CITY = frozenset(
    f"tests/flow/test_{name}.py" for name in ("chains", "homes_gone", "plain", "sign_in", "staff_network", "staff_trace", "wire")
)
# Those that look at every page (tests/portal/gallery.py)
GALLERY = frozenset(f"tests/portal/test_{name}.py" for name in ("axe", "pages", "pseudo", "reach"))
# The first take minutes. Each process is given two lanes at once, so what is fourth waits for the very first: it is a short one.
FIRST = (
    "tests/flow/test_million.py",
    "the city",
    "the gallery",
    "tests/test_house.py",
    "tests/portal/test_staff_axe.py",
    "tests/flow/test_uam.py",
    "tests/proxeny/test_supervisor.py",
    "tests/radius/test_compiled.py",
    "tests/test_readme.py",
    "tests/flow/",
    "tests/portal/test_api_schemathesis.py",
    "tests/store/test_schema.py",
    "tests/portal/test_web.py",
    "tests/portal/test_browser.py",
    "tests/proxeny/",
    "tests/portal/",
)


def lane(nodeid: str) -> str:
    """Its name."""
    file = nodeid.partition("::")[0]
    return "the city" if file in CITY else "the gallery" if file in GALLERY else file


def arrange(items: list[pytest.Item]) -> None:
    """Lanes in order; within one nothing moves."""
    ranks: dict[str, tuple[int, str]] = {}
    for item in items:
        name = lane(item.nodeid)
        ranks.setdefault(name, (next((rank for rank, first in enumerate(FIRST) if name.startswith(first)), len(FIRST)), name))
    items.sort(key=lambda item: ranks[lane(item.nodeid)])


def scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """pytest-xdist's: a lane goes to one process, and the next to whoever is free first."""
    from xdist.scheduler import LoadScopeScheduling

    class Lanes(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return lane(nodeid)

    config.option.loadscopereorder = False  # by number of tests, which says nothing of how long they take
    return Lanes(config, log)
