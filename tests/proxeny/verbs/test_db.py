"""`proxeny db …`: the database's shape, its copies, its key."""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING

from store.schema import downgrade, head
from tests.proxeny.installation import NETWORK

if TYPE_CHECKING:
    from tests.proxeny.installation import Installation


def test_upgrade_makes_the_shape(installed: Installation) -> None:
    """On nothing, and again on what is there already."""
    for _ in range(2):
        result = installed.run("db", "upgrade")
        assert (0, True) == (result.exit_code, f"at revision {head()}" in result.stdout)


def test_check_tells_a_sound_database_and_an_old_one(installed: Installation) -> None:
    """Exit 0 and 1, with the verb to run."""
    installed.apply(NETWORK)
    assert 0 == installed.run("db", "check").exit_code
    downgrade(f"sqlite:///{installed.folder}/var/proxeny.db", "0001")
    result = installed.run("db", "check")
    assert (1, True) == (result.exit_code, "run: proxeny db upgrade" in result.stderr)
    assert ["run: proxeny db upgrade" in fault for fault in json.loads(installed.run("db", "check", "--json").stdout)["faults"]] == [True]
    assert (1, True) == ((result := installed.run("export")).exit_code, "run: proxeny db upgrade" in result.stderr)


def test_a_backup_can_be_restored(installed: Installation) -> None:
    """What was there at the time of the backup is there again; what was there before restoring is kept beside it."""
    installed.apply(NETWORK)
    file = installed.folder / "backup.db"
    result = installed.run("db", "backup", str(file))
    assert result.exit_code == 0
    assert "To it belong the key" in result.stdout
    installed.apply('[[site]]\nid = "later"\nname = "Later"\n')
    assert 1 == installed.run("db", "backup", str(file)).exit_code
    result = installed.run("db", "restore", str(file))
    assert (0, True) == (result.exit_code, "What was there before lies in" in result.stdout)
    assert "later" not in installed.run("export").stdout
    assert "No difference" in installed.apply(NETWORK).stdout


def test_nothing_is_restored_under_a_running_controller(installed: Installation) -> None:
    """While the lock of data_dir is held, restore refuses."""
    installed.apply(NETWORK)
    file = installed.folder / "backup.db"
    installed.run("db", "backup", str(file))
    with (installed.folder / "var" / "run.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = installed.run("db", "restore", str(file))
    assert (1, True) == (result.exit_code, "a controller runs on" in result.stderr)


def test_the_key_can_be_rotated(installed: Installation) -> None:
    """Afterwards the file holds a new key, everything opens, and an old key can be forgotten."""
    installed.apply(NETWORK)
    key = installed.folder / "var" / "keys" / "seal.key"
    before = key.read_text()
    result = installed.run("db", "rotate-key", "--forget-retired")
    assert (0, True) == (result.exit_code, "1 retired keys forgotten" in result.stdout)
    assert before != key.read_text()
    assert "No difference" in installed.apply(NETWORK).stdout


def test_a_backup_of_another_key_says_how_to_go_back(installed: Installation) -> None:
    """When its key was forgotten, the message names the database that was there before, and restoring that one helps."""
    installed.apply(NETWORK)
    file = installed.folder / "backup.db"
    installed.run("db", "backup", str(file))
    installed.run("db", "rotate-key", "--forget-retired")
    result = installed.run("db", "restore", str(file))
    assert (1, True) == (result.exit_code, "put the right key file back; to have the former database again: " in result.stderr)
    assert 0 == installed.run("db", "restore", result.stderr.split()[-1]).exit_code
    assert "No difference" in installed.apply(NETWORK).stdout
