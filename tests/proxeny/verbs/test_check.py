"""`proxeny check` and proxeny.survey: every fault with its remedy."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from proxeny.settings import load
from proxeny.survey import survey
from store.session import engine
from tests.peers.program import free_port
from tests.proxeny.installation import NETWORK

if TYPE_CHECKING:
    from tests.proxeny.installation import Installation


def test_a_fresh_installation_has_no_fault(installed: Installation) -> None:
    """Before the first apply there is no database: that is a note, and nothing is created."""
    result = installed.run("check")
    assert result.exit_code == 0
    assert "is empty yet: `proxeny apply` and `proxeny run` give it its shape\n" in result.stdout
    assert not (installed.folder / "var").exists()


def test_a_sound_installation_has_no_fault(installed: Installation) -> None:
    """After apply, check counts the network and finds nothing."""
    installed.apply(NETWORK)
    free = {f"PROXENY_RADIUS__{name}": f"127.0.0.1:{free_port()}" for name in ("AUTH", "ACCT")}
    result = installed.run("check", env={"PROXENY_RADIUS__RECEIVE_BUFFER": "65536", **free})  # what any user may have
    assert (0, "") == (result.exit_code, result.stderr.replace("\n", ""))
    assert "The network, version 1: 1 site, 1 client, 1 access point, 2 homes, 3 realms" in result.stdout


def test_faulty_settings_are_told(installed: Installation) -> None:
    """Each fault of the settings, exit 1; --json says the same to a machine."""
    installed.settings.write_text('[radius]\nauth = ["127.0.0.1"]\nwrkers = 2\n')
    result = installed.run("check")
    assert result.exit_code == 1
    assert f"Fault: {installed.settings}:2: radius.auth[0]: " in result.stderr
    assert result.stderr.endswith("2 faults found.\n")
    told = json.loads(installed.run("check", "--json").stdout)
    assert [("radius.auth[0]", 2), ("radius.wrkers", 3)] == [(fault["key"], fault["line"]) for fault in told["faults"]]
    assert all(fault["remedy"] for fault in told["faults"])


def test_an_address_of_another_machine_is_told(installed: Installation) -> None:
    """A listener or source that no interface has is a fault."""
    installed.settings.write_text('[radius]\nauth = ["240.0.0.1:1812"]\nsource = "240.0.0.2"\n')
    keys = [fault.key for fault in survey(load(installed.settings, {})).faults]
    assert ["radius.source", "radius.auth"] == keys


def test_small_receive_buffers_are_a_warning(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel allows less than is wanted, and we may not overrule it, the line to run is told."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    found = survey(load(installed.settings, {}), rmem_max=212_992)
    assert ["radius.receive_buffer"] == [warning.key for warning in found.warnings]
    assert "sysctl -w net.core.rmem_max=8388608" in found.warnings[0].remedy
    assert [] == survey(load(installed.settings, {}), rmem_max=1 << 30).warnings


def test_a_missing_fticks_key_is_told_with_the_line_that_makes_one(installed: Installation) -> None:
    """The key of the keyed hashes must be there."""
    with installed.settings.open("a") as file:
        file.write('[fticks]\nkey_file = "fticks.key"\n')
    found = survey(load(installed.settings, {}))
    assert [("fticks.key_file", True)] == [(fault.key, "head -c 32 /dev/urandom" in fault.remedy) for fault in found.faults]
    (installed.folder / "fticks.key").write_text("a key")
    assert [] == survey(load(installed.settings, {})).faults


def test_sections_of_later_versions_are_named(installed: Installation) -> None:
    """What is written and not served is said."""
    with installed.settings.open("a") as file:
        file.write('[redis]\nurl = "redis://localhost"\n')
    assert "Not served by this version, and without effect: [redis]" in survey(load(installed.settings, {})).notes


def test_a_home_that_became_ourselves_is_told(installed: Installation) -> None:
    """Settings that change under a stored network are held against it."""
    installed.apply(NETWORK.replace("198.51.100.1", "127.0.0.1").replace('name = "uni-a-1"', 'name = "uni-a-1"\nport = 2812'))
    assert [] == survey(load(installed.settings, {})).faults
    installed.settings.write_text('[radius]\nauth = ["127.0.0.1:2812"]\nacct = ["127.0.0.1:1813"]\n')
    assert ['home "uni-a-1": port'] == [fault.key for fault in survey(load(installed.settings, {})).faults]


def test_a_lost_key_is_told(installed: Installation) -> None:
    """Sealed rows without their key: the fault says where it belongs."""
    installed.apply(NETWORK)
    (installed.folder / "var" / "keys" / "seal.key").unlink()
    result = installed.run("check")
    assert result.exit_code == 1
    assert "their key" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "statement", ["DROP TABLE realm", "UPDATE alembic_version SET version_num = '0001'", "UPDATE home SET secret = x'00'"]
)
def test_a_damaged_database_is_told(installed: Installation, statement: str) -> None:
    """Another shape, another revision, a secret that does not open: a fault each, never a traceback."""
    installed.apply(NETWORK)
    with sqlite3.connect(installed.folder / "var" / "proxeny.db") as database:
        database.execute(statement)
    database.close()
    result = installed.run("check")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_a_database_that_is_no_database_is_told(installed: Installation) -> None:
    """Octets that are no database are told in one line."""
    (installed.folder / "var").mkdir()
    (installed.folder / "var" / "proxeny.db").write_bytes(b"not a database" * 100)
    result = installed.run("check")
    assert (1, False) == (result.exit_code, "Traceback" in result.output)
    assert engine(load(installed.settings, {}).database.url) is not None


def test_a_data_dir_that_is_a_file_is_told(installed: Installation) -> None:
    """What `run` would refuse, `check` refuses."""
    (installed.folder / "var").touch()
    result = installed.run("check")
    assert 1 == result.exit_code
    assert f"data_dir: {installed.folder / 'var'} is no folder" in result.stderr


def test_a_file_that_is_no_database_has_its_own_remedy(installed: Installation) -> None:
    """No server is asked after where there is none."""
    (installed.folder / "var").mkdir()
    (installed.folder / "var" / "proxeny.db").write_text("this is not a database at all")
    result = installed.run("check")
    assert 1 == result.exit_code
    assert "put a backup in its place: proxeny db restore FILE" in result.stderr
