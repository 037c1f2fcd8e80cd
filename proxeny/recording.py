"""The recorder's process, as the supervisor sees it.

What the workers write waits in the journal's socket and in the spools meanwhile. Never reads a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxeny.kept import Kept

if TYPE_CHECKING:
    from proxeny.settings import Settings

ENDS_WITHIN: Final = 8.0  # seconds to write down what the workers left


class Recording(Kept):
    """The one recorder."""

    def __init__(self, journal: int, settings: Settings) -> None:
        """`journal` is the descriptor of the receiving end."""
        super().__init__("recorder", "proxeny.recorder", settings, ENDS_WITHIN, {"journal": journal}, [journal])
