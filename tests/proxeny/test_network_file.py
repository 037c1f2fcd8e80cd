"""proxeny.network_file, network_rows, network_checks and entry: every mistake in a network file, told at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from proxeny import declare, network_file
from proxeny.faults import FaultyError
from proxeny.network import Network, merged
from proxeny.settings import load
from radius import dictionary
from tests.proxeny import guest_slips
from tests.proxeny.installation import NETWORK, SECRET, SETTINGS
from tests.proxeny.slips import CLIENT, HOME, SECRET_LINE, SLIPS

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.network_file import Declaration


def read(folder: Path, text: str, **environ: str) -> Declaration:
    path = folder / "NETWORK.toml"
    path.write_text(text)
    return network_file.read(path, environ)


def faults(folder: Path, text: str, listen: str = SETTINGS, **environ: str) -> list[str]:
    """What is told of a file applied to an empty store."""
    (folder / "proxeny.toml").write_text(listen)
    settings = load(folder / "proxeny.toml", {})
    try:
        declare.plan(Network(), read(folder, text, **environ), settings, dictionary.load(), prune=False)
    except FaultyError as fault:
        return [str(each).replace(f"{folder}/NETWORK.toml:", "") for each in fault.faults]
    return []


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    """The sample stands, and its rows are what it says."""
    network = read(tmp_path, NETWORK).network
    assert [] == faults(tmp_path, NETWORK)
    assert ("192.0.2.0/24",) == network.rows["client"]["library-wlc"].addresses  # type: ignore[union-attr]
    assert 1813 == network.rows["home"]["uni-a-1"].acct_port  # type: ignore[union-attr]
    assert {"request_timeout": 20.0} == network.rows["home"]["uni-a-2"].timing  # type: ignore[union-attr]
    assert {"outlook.com": "allow", "bad.example": "refuse"} == {name: row.verdict for name, row in network.rows["hygiene"].items()}  # type: ignore[union-attr]


@pytest.mark.parametrize("slip", [*SLIPS, *guest_slips.SLIPS])
def test_a_slip_is_told_with_its_place(tmp_path: Path, slip: str) -> None:
    """What an operator can mistype is told with file, line, key and remedy; nothing is applied."""
    text, said = (SLIPS | guest_slips.SLIPS)[slip]
    found = "\n".join(faults(tmp_path, text))
    for words in said:
        assert words in found


def test_all_slips_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    """One reading is enough to mend a file."""
    several = [
        SLIPS[slip][0]
        for slip in ("bad MAC", "bad time zone", "a bad clamp", "bad country", "hygiene unreadable", "discovery", "home by name")
    ]
    assert {"access_point", "site", "policy", "operator", "hygiene", "realm", "home"} <= {
        line.split(": ")[1].split(" ")[0].split(".")[0] for line in faults(tmp_path, "\n".join(several))
    }


def test_a_secret_is_never_repeated(tmp_path: Path) -> None:
    """No fault shows what was written as a secret."""
    assert "hunter2" not in "\n".join(faults(tmp_path, CLIENT + 'secret = "hunter2"\ncoa_secret = 5\nprevious_secret = "hunter2"\n'))


def test_what_is_not_toml_is_told(tmp_path: Path) -> None:
    """A syntax error is told with its line; so is a file that is not there."""
    assert "(at line 2" in faults(tmp_path, "[client]\nx = \n")[0]
    with pytest.raises(FaultyError, match="there is no such file"):
        network_file.read(tmp_path / "absent", {})


def test_a_weak_secret_can_be_insisted_on(tmp_path: Path) -> None:
    """weak_secret = true takes a short one."""
    assert [] == faults(tmp_path, CLIENT + 'secret = "short"\nweak_secret = true\n')


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    """secret_env and secret_file are read at once; a file's last line end is no part of it."""
    (tmp_path / "the-secret").write_text(SECRET + "\n")
    text = CLIENT + 'secret_env = "WLC_SECRET"\n' + HOME + 'secret_file = "the-secret"\n'
    rows = read(tmp_path, text, WLC_SECRET=SECRET).network.rows
    assert [SECRET.encode()] * 2 == [rows["client"]["c"].secret.octets, rows["home"]["h"].secret.octets]  # type: ignore[union-attr]


def test_a_wildcard_listener_is_ourselves_too(tmp_path: Path) -> None:
    """A home at any address of this machine is refused where we listen on all of them."""
    home = HOME.replace("192.0.2.9", "127.0.0.1") + SECRET_LINE
    wild = '[radius]\nauth = ["0.0.0.0:1812"]\nacct = ["0.0.0.0:1813"]\n'
    assert ["our own [radius] listener 0.0.0.0:1812" in line for line in faults(tmp_path, home, wild)] == [True, False]
    assert [] == faults(tmp_path, home + "port = 2812\n", wild)
    assert [] == faults(tmp_path, HOME + SECRET_LINE, wild)


@pytest.mark.parametrize("written", ["2030-01-31T12:00:00Z", '"2030-01-31T13:00:00+01:00"', "2030-01-31T12:00:00"])
def test_a_time_is_utc_unless_it_says_otherwise(tmp_path: Path, written: str) -> None:
    """previous_until is a TOML time or a text of one."""
    row = read(tmp_path, CLIENT + SECRET_LINE + f'previous_secret = "x"\nprevious_until = {written}\n').network.rows["client"]["c"]
    assert datetime(2030, 1, 31, 12, tzinfo=UTC) == row.previous_until  # type: ignore[union-attr]


def test_hygiene_is_declared_whole(tmp_path: Path) -> None:
    """An item that left the lists is gone, even when they are empty now; without [hygiene] the lists stay."""
    stored = read(tmp_path, '[hygiene]\nallow = ["gmail.com"]\n').network
    assert {} == merged(stored, read(tmp_path, "[hygiene]\nallow = []\n").network, prune=False).rows["hygiene"]
    assert stored.rows["hygiene"] == merged(stored, read(tmp_path, "").network, prune=False).rows["hygiene"]


def test_brackets_without_end_are_a_fault(tmp_path: Path) -> None:
    """However deep a file nests, it is told and not crashed on."""
    (tmp_path / "NETWORK.toml").write_text("x = " + "[" * 5000 + "]" * 5000)
    with pytest.raises(FaultyError, match="is not TOML"):
        network_file.read(tmp_path / "NETWORK.toml", {})
