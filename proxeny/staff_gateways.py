"""What the staff app's pages of gateways ask of the composition root: a gateway's guide, and what `proxeny check` says of it.

Handed to the pages as `Desk.tools`. Never hands out a secret: a guide says those alone that it was handed for this once.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from markdown_it import MarkdownIt

from proxeny import declare, snapshot
from proxeny.faults import FaultyError
from proxeny.verbs import guide as guides
from radius import dictionary
from store import network as store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from proxeny.network import Network
    from proxeny.network_checks import Finding
    from proxeny.settings import Settings
    from store.sealed import Seal

_DECLARED: Final = re.compile(r"(?m)^## With us\n+```toml\n.*?^```\n+", re.DOTALL)  # what the file would say: the form says it here
_AGAIN: Final = re.compile(r"(?m) +# `[^`\n]*`$")  # beside a secret that stands there already
_ELSEWHERE: Final = re.compile(r"\[([^\]]+)\]\([a-z-]+\.md\)")  # to another family's guide, which is no page here
_STORED: Final = "(the `{}` of `{}`: shown once, when it was set)"


def tools(settings: Callable[[], Settings], seal: Seal) -> dict[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    kept = _Kept(settings, seal)
    return {"guide": kept.guide, "checks": kept.checks}


class _Kept:
    """The network as it was read last: read anew when its version is another."""

    def __init__(self, settings: Callable[[], Settings], seal: Seal) -> None:
        self._settings = settings
        self._seal = seal
        self._network: Network | None = None
        self._judged: tuple[int, Settings, list[tuple[str, Finding]]] | None = None  # of this version, under these settings
        self._lock = Lock()

    def _read(self, session: Session) -> Network:
        with self._lock:
            if self._network is None or self._network.version != store.version(session):
                self._network = snapshot.read(session, self._seal)
            return snapshot.with_settings(self._network, self._settings())

    def guide(self, session: Session, name: str, shown: Mapping[str, str] | None = None) -> str:
        """The gateway's guide as HTML, with the secrets of `shown` and no others; "" where guests have no pages to be sent to."""
        try:
            text = guides.text(self._read(session), self._settings(), name, shown, _STORED)
        except FaultyError:
            return ""
        text = _ELSEWHERE.sub(r"\1", _DECLARED.sub("## With us\n\n", text).partition("\n")[2])
        return str(MarkdownIt("commonmark", {"html": False}).render(_AGAIN.sub("", re.sub(r"(?m)^## With us\n+(?=## )", "", text))))

    def checks(self, session: Session, section: str, name: str) -> list[tuple[str, str, str, str]]:
        """(fault or warning, key, what, remedy) of one entry, as `proxeny check` says them."""
        network, settings = self._read(session), self._settings()
        if self._judged is None or self._judged[:2] != (network.version, settings):
            faults = [("fault", each) for each in declare.findings(network, settings, dictionary.load())]
            self._judged = network.version, settings, [*faults, *(("warning", each) for each in declare.warnings(network, settings))]
        found = self._judged[2]
        return [(level, each.key, each.what, each.remedy) for level, each in found if (each.section, each.name) == (section, name)]
