"""store.sealed: what is closed opens again in its own place with its own key, and nowhere else."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.faults import SealError
from store.sealed import Key, Seal, Where, create_keys, key_id, new_key, read_keys, replace_keys

if TYPE_CHECKING:
    from pathlib import Path

HERE = Where("client", "library-wlc", "secret")


def test_closed_and_opened(seal: Seal) -> None:
    """A secret comes back as it was, and twice closed it never looks the same."""
    first, second = seal.close(b"s3cret", HERE), seal.close(b"s3cret", HERE)
    assert seal.open(first, HERE) == seal.open(second, HERE) == b"s3cret"
    assert first != second
    assert b"s3cret" not in first


@pytest.mark.parametrize("other", [HERE._replace(row="other"), HERE._replace(column="coa_secret"), HERE._replace(table="home")])
def test_a_value_moved_elsewhere_does_not_open(seal: Seal, other: Where) -> None:
    """A ciphertext swapped into another row, column or table is refused, in words."""
    with pytest.raises(SealError, match="altered or moved here from another row"):
        seal.open(seal.close(b"s3cret", HERE), other)


def test_no_two_places_are_bound_alike() -> None:
    """A bar in a row's name cannot make one place look like another."""
    key = bytes(8)
    assert Where("client", "a|secret", "secret").bound(key) != Where("client", "a", "secret").bound(key)


def test_every_octet_counts(seal: Seal) -> None:
    """Change any octet of a sealed value and it does not open; cut it anywhere and it does not open."""
    sealed = seal.close(b"s3cret", HERE)
    for at in range(len(sealed)):
        changed = bytes([*sealed[:at], sealed[at] ^ 1, *sealed[at + 1 :]])
        with pytest.raises(SealError):
            seal.open(changed, HERE)
        with pytest.raises(SealError):
            seal.open(sealed[:at], HERE)


@given(st.binary(max_size=100))
def test_junk_is_refused_in_words(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    """Octets that were never sealed raise SealError and nothing else."""
    path = tmp_path_factory.getbasetemp() / "junk.key"
    create_keys(path)
    with pytest.raises(SealError):
        Seal(path).open(junk, HERE)


def test_another_key_is_a_clear_error(seal: Seal, tmp_path: Path) -> None:
    """With a wrong key file the error names the row, the file and the remedy, and no secret."""
    create_keys(tmp_path / "other.key")
    with pytest.raises(
        SealError, match=r"secret of client 'library-wlc' was sealed with key [0-9a-f]{16}, which .*other\.key does not hold"
    ):
        Seal(tmp_path / "other.key").open(seal.close(b"s3cret", HERE), HERE)


def test_the_key_file_is_ours_alone(seal: Seal) -> None:
    """The key file is 0600 in a folder that is 0700, and making it again changes nothing."""
    before = seal.path.read_bytes()
    assert stat.S_IMODE(seal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(seal.path.parent.stat().st_mode) == 0o700
    create_keys(seal.path)
    assert seal.path.read_bytes() == before
    assert [path.name for path in seal.path.parent.iterdir()] == ["seal.key"]


def test_the_umask_has_no_say(tmp_path: Path) -> None:
    """Even under umask 0 the key file is never readable by others."""
    old = os.umask(0)
    try:
        create_keys(tmp_path / "seal.key")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "seal.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_others_can_read_is_refused(seal: Seal, mode: int) -> None:
    """A key file with open permissions is refused with the chmod line to run."""
    seal.path.chmod(mode)
    with pytest.raises(SealError, match=f"chmod 600 {seal.path}"):
        Seal(seal.path)


@pytest.mark.root
def test_a_key_file_of_another_owner_is_refused(seal: Seal) -> None:
    """A key file that belongs to somebody else is refused with the chown line to run."""
    os.chown(seal.path, 12345, 12345)
    with pytest.raises(SealError, match=f"chown 0 {seal.path}"):
        Seal(seal.path)


def test_a_link_is_not_followed(seal: Seal, tmp_path: Path) -> None:
    """A symbolic link in the key's place is refused."""
    (tmp_path / "link.key").symlink_to(seal.path)
    with pytest.raises(SealError):
        Seal(tmp_path / "link.key")


@pytest.mark.parametrize("content", ["", "# nothing\n", "short\n", "AAAA\n", "é\n", "A" * 43 + "!\n"])
def test_a_damaged_key_file_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    """An empty or garbled key file says so; the message does not repeat what is in it."""
    path = tmp_path / "seal.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(SealError, match=r"damaged|holds no key") as told:
        Seal(path)
    assert content.strip() == "" or content.strip() not in str(told.value)


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    """No key file: said with the remedy, and none is made."""
    with pytest.raises(SealError, match="put the key file back"):
        Seal(tmp_path / "seal.key")
    assert not (tmp_path / "seal.key").exists()


def test_nothing_shows_a_key(seal: Seal) -> None:
    """repr shows neither octets nor their base64."""
    (key,) = read_keys(seal.path)
    for shown in (repr(seal), repr(key), repr(seal.__dict__)):
        assert key.octets.hex() not in shown
        assert repr(key.octets) not in shown
    assert "****" in repr(key)


def test_a_seal_follows_the_file(seal: Seal) -> None:
    """A key added on top of the file is used at once by who holds the seal already; old values still open."""
    old = seal.close(b"s3cret", HERE)
    fresh = new_key()
    replace_keys(seal.path, (fresh, *seal.keys))
    assert key_id(seal.close(b"s3cret", HERE)) == fresh.id
    assert seal.open(old, HERE) == b"s3cret"
    assert stat.S_IMODE(seal.path.stat().st_mode) == 0o600


def test_a_key_lost_while_running_stops_sealing_not_reading(seal: Seal) -> None:
    """Without its file nothing new is sealed, for it could never be opened again; what is there still opens."""
    sealed = seal.close(b"s3cret", HERE)
    seal.path.unlink()
    assert seal.open(sealed, HERE) == b"s3cret"
    with pytest.raises(SealError, match="put the key file back"):
        seal.close(b"s3cret", HERE)


def test_a_key_has_32_octets() -> None:
    """A key of another length cannot be built."""
    with pytest.raises(ValueError, match="32 octets"):
        Key.of(b"short")


def test_a_key_that_is_there_needs_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk every verb that only reads still opens the key: nothing is written where nothing is missing."""
    create_keys(tmp_path / "seal.key")
    monkeypatch.setattr(os, "fsync", full)
    create_keys(tmp_path / "seal.key")
    assert ["seal.key"] == [each.name for each in tmp_path.iterdir()]


def test_a_key_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is told in words, and no half-written key stays behind; nor one of a rotation."""
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SealError, match=r"cannot be made: No space left on device"):
        create_keys(tmp_path / "seal.key")
    with pytest.raises(SealError, match=r"cannot be written: No space left on device"):
        replace_keys(tmp_path / "seal.key", (new_key(),))
    assert [] == list(tmp_path.iterdir())


def full(_handle: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
