"""The compiled road: which files of radius/ are compiled where somebody asks for it, and whether what lies there fits.

`make compiled` puts extension modules beside their sources, and Python takes them before the sources. So every verb looks
here first: whatever was not built from exactly these sources is refused, with the remedy. The sources alone are the normal
way (docs/decisions/0010). Never imports the road, and never removes anything.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from sysconfig import get_config_var
from typing import Final

from proxeny.faults import Fault

HOME: Final = Path(__file__).parent.parent
# The largest set that keeps every promise of tests/radius. Left out: clients and policy (tests set their bounds), secret (nothing
# gained: it is C already), and all that no packet passes.
FILES: Final = (
    "admission", "attempts", "codec", "conversations", "duplicates", "eap", "engine", "exchange", "forward", "limits", "message",
    "nai", "pool", "refusals", "tickets", "timers", "watch", "wire",
)  # fmt: skip
GROUP: Final = "radius_road"  # the one module that holds the code of all; those of FILES are doors to it
STAMP: Final = "radius/compiled.sha256"
_SUFFIX: Final[str] = get_config_var("EXT_SUFFIX")


def wanted() -> set[str]:
    """Every extension module of a whole build for this interpreter, relative to the house."""
    return {f"{GROUP}__mypyc{_SUFFIX}", *(f"radius/{name}{_SUFFIX}" for name in FILES)}


def there(home: Path = HOME) -> set[str]:
    """Every extension module of ours that lies there, whichever interpreter it is for."""
    return {path.relative_to(home).as_posix() for path in (*home.glob(f"{GROUP}__mypyc*.so"), *home.glob("radius/*.so"))}


def digest(home: Path = HOME) -> str:
    """SHA-256 over all sources of radius/: compiled files know constants and shapes of those that are not."""
    total = sha256()
    for path in sorted(home.glob("radius/*.py")):
        total.update(path.name.encode() + b"\0" + sha256(path.read_bytes()).digest())
    return total.hexdigest()


def fault(home: Path = HOME) -> Fault | None:
    """Why what lies there may not be used; None where nothing does, or where it fits."""
    found = there(home)
    if not found:
        return None
    stamp = home / STAMP
    built = stamp.read_text().strip() if stamp.exists() else ""
    if found == wanted() and built == digest(home):
        return None
    why = "were built from other sources" if found == wanted() and built else "are not a whole build for this Python"
    return Fault(str(home / "radius"), "", f"the compiled modules here {why}", "make compiled builds them anew, make pure removes them")
