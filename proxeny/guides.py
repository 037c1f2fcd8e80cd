"""docs/nas: every family's guide with sample values, and the table of what each can do (`make guides`).

    python -m proxeny.guides

The table's columns come from the families themselves; only the proof is written here, as the tests that give it. A test keeps
the folder equal to what this writes. Never writes anywhere else.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from radius.nas import FAMILIES, guide
from radius.nas.family import Bound, Gateway, Means

if TYPE_CHECKING:
    from collections.abc import Iterator

    from radius.nas.family import Family

FOLDER: Final = Path(__file__).parent.parent / "docs" / "nas"
_KEY: Final = "k4n7q2x9b3m8t5w1"
_MEANS: Final = {
    Means.BROWSER: "the guest's browser",
    Means.RADIUS: "RADIUS order",
    Means.HTTP: "the controller's API",
    Means.POLL: "the gateway's poll",
    Means.NONE: "no",
}
_BOUNDS: Final = {Bound.TIME: "time", Bound.IDLE: "idle time", Bound.RATE: "rate", Bound.DATA: "data"}
_GOLDEN: Final = "golden redirect, grant and orders"
_POSTS: Final = "tests/radius/nas/test_posts.py"
_MERAKI: Final = "tests/radius/nas/test_meraki.py"
_STUB: Final = "from the page to an HTTP stub that checks every field"
_PAGE: Final = "tests/flow/test_page_to_controller.py"
PROOFS: Final[dict[str, tuple[str, ...]]] = {  # what was proven, then the tests that do
    "aruba": (_GOLDEN, "tests/radius/nas/test_aruba.py"),
    "aruba-instant": (_GOLDEN, "tests/radius/nas/test_aruba_instant.py"),
    "cambium": (_GOLDEN, _POSTS),
    "cisco-cwa": ("a gateway of our own, Chromium, CoA reauthenticate", "tests/flow/test_cwa.py", "tests/radius/nas/test_cisco_cwa.py"),
    "cisco-lwa": (_GOLDEN, "tests/radius/nas/test_cisco_lwa.py"),
    "coova": ("a UAM gateway of our own, Chromium; the vendor's vectors", "tests/flow/test_uam.py", "tests/radius/nas/test_coova.py"),
    "generic": (_GOLDEN, _POSTS),
    "hostapd": ("hostapd itself, wired, takes its orders", "tests/flow/test_wire.py", "tests/radius/nas/test_hostapd.py", _POSTS),
    "meraki-click": (_STUB, _PAGE, _MERAKI),
    "meraki-cwa": (_GOLDEN + "; the CoA as cisco-cwa's", "tests/radius/nas/test_cisco_cwa.py"),
    "meraki-signon": (_GOLDEN, _MERAKI),
    "mikrotik": (_GOLDEN + "; a published CHAP vector", "tests/radius/nas/test_mikrotik.py"),
    "omada": (_STUB, _PAGE, "tests/radius/nas/test_omada.py"),
    "opennds": ("openNDS 9.10 itself, Chromium, levels 1 and 3", "tests/flow/test_opennds.py", "tests/radius/nas/test_opennds.py"),
    "ruckus-sz": (_STUB, _PAGE, "tests/radius/nas/test_ruckus_sz.py"),
    "ruckus-zd": (_GOLDEN, _POSTS),
    "unifi": (_STUB, _PAGE, "tests/radius/nas/test_unifi.py"),
}
_HEAD: Final = """# Gateways

Which makes of gateway, controller and access point a guest can come from, and how each is set up. Written by `make guides`
from the templates in `radius/nas/guides/`; `proxeny guide CLIENT` fills the same templates in with your own values.

*Let in by*: who carries the guest through the gate. *Ended by*: who ends a session early. *New limits*: how a changed plan or
remainder reaches a session that runs. *Holds by itself*: what the gateway keeps to; of the rest we count data and end the session
when it is spent, and leave rates out. *Order port*: where Disconnect and CoA go unless `coa_port` says otherwise. *Proof*: how far
the family is proven here; "golden" means octets and URLs compared with the vendor's documents, without the device.

| Family | Let in by | Ended by | New limits | Holds by itself | Order port | Proof |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Write every page that is not already as it should be."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(path)


def pages() -> Iterator[tuple[str, str]]:
    """(file name, text) of docs/nas."""
    yield "README.md", _HEAD + "".join(_row(family) for family in FAMILIES.values())
    for family in FAMILIES.values():
        yield f"{family.name}.md", page(family)


def page(family: Family) -> str:
    """A family's guide for a gateway of nobody's."""
    gateway = Gateway(f"library-{family.name}", family.name, _KEY, "https://wifi.city.example", "192.0.2.20", family.port)
    words = guide.words(gateway, radius_address="192.0.2.10", auth_port=1812, acct_port=1813, ssid="City Wi-Fi")
    return guide.render(guide.template(family.name), words)


def _row(family: Family) -> str:
    proof, *tests = PROOFS[family.name]
    named = ", ".join(f"[{Path(test).stem.removeprefix('test_')}](../../{test})" for test in tests)
    cells = (
        f"[{family.name}]({family.name}.md)",
        _MEANS[family.grants],
        _MEANS[family.ends],
        _MEANS[family.limits],
        ", ".join(_BOUNDS[bound] for bound in Bound if bound in family.holds) or "nothing",
        str(family.port) if family.radius else "none",
        f"{proof}: {named}",
    )
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main()
