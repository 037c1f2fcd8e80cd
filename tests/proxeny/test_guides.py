"""docs/nas is what `make guides` writes; what its guides declare is taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxeny import guides
from proxeny.doors import gateway
from proxeny.network_file import read
from radius.nas import FAMILIES

HOME = Path(__file__).parent.parent.parent
ENVIRON = {
    f"PROXENY_{kind}_{name}": "a secret of more than sixteen" for kind in ("SECRET", "UAM", "FAS", "API") for name in ("LIBRARY", "MERAKI")
}
REST = '[[plan]]\nname = "free"\nsession = "2h"\n\n[[portal]]\nname = "city"\nplan = "free"\n'


def test_the_folder_is_what_is_written() -> None:
    """Every page as `make guides` makes it, and no other."""
    expected = dict(guides.pages())
    assert sorted(expected) == sorted(path.name for path in guides.FOLDER.iterdir())
    assert [] == [name for name, text in expected.items() if (guides.FOLDER / name).read_text(encoding="utf-8") != text]


def test_every_family_has_its_row_and_its_proof() -> None:
    """The table is whole, and every test that it names is there."""
    assert sorted(FAMILIES) == sorted(guides.PROOFS)
    assert [] == [test for _, *tests in guides.PROOFS.values() for test in tests if not (HOME / test).exists()]
    table = dict(guides.pages())["README.md"]
    rows = re.findall(r"^\| \[([a-z-]+)\]\(\1\.md\) \|(?: [^|]+ \|){6}$", table, re.MULTILINE)
    assert sorted(FAMILIES) == sorted(rows)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_what_a_guide_declares_is_taken(family: str, tmp_path: Path) -> None:
    """The TOML of every guide is a client that `check` takes, with nothing missing of its options."""
    text = guides.page(FAMILIES[family])
    declared = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert declared is not None
    path = tmp_path / "NETWORK.toml"
    path.write_text(declared[1] + "\n" + REST, encoding="utf-8")
    declaration = read(path, ENVIRON)
    assert [] == [str(fault) for fault in declaration.report.faults]
    (client,) = declaration.network.of("client")
    assert "" == FAMILIES[family].lacks(gateway(client, "https://wifi.city.example").options)


def test_writing_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """What is as it should be is not touched."""
    guides.main()
    assert "" == capsys.readouterr().out
