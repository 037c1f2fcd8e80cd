"""SIGHUP: what applies at once and what waits for a restart."""

from __future__ import annotations

from proxeny import settings
from proxeny.reload import merged


def load(tmp_path, text: str) -> settings.Settings:
    file = tmp_path / "proxeny.toml"
    file.write_text(text)
    return settings.load(file, {})


def test_keys_of_the_road_apply_at_once(tmp_path) -> None:
    """Limits, timing, log level, F-Ticks and drain follow the new file."""
    old = load(tmp_path, "[radius]")
    new = load(tmp_path, '[radius]\nrequest_timeout = 20\n[log]\nlevel = "debug"\n[limits]\nstation_rate = 5\n[run]\ndrain = 3')
    result, kept = merged(old, new)
    assert ([], new) == (kept, result)


def test_restart_only_keys_keep_their_value_and_are_named(tmp_path) -> None:
    """Decision 18: sockets, workers, database, data_dir and user."""
    old = load(tmp_path, "[radius]\n[metrics]")
    new = load(
        tmp_path,
        'data_dir = "elsewhere"\n[database]\nurl = "sqlite:///x.db"\n[run]\nuser = "root"\ndrain = 4\n'
        '[radius]\nauth = ["127.0.0.1:9"]\nacct = ["127.0.0.1:10"]\nworkers = 3\nreceive_buffer = 70000\nrequest_timeout = 20\n'
        '[metrics]\nlisten = "127.0.0.1:11"',
    )
    result, kept = merged(old, new)
    assert ["data_dir", "database", "run.user", "radius.auth", "radius.acct", "radius.workers", "radius.receive_buffer", "metrics"] == kept
    assert (old.data_dir, old.database, old.metrics, 4.0) == (result.data_dir, result.database, result.metrics, result.run.drain)
    assert (old.radius.auth, old.radius.workers, 20.0) == (result.radius.auth, result.radius.workers, result.radius.request_timeout)


def test_a_part_neither_appears_nor_vanishes(tmp_path) -> None:
    """A section with a listener that is taken out of the file stays until a restart, and one that is new waits for it."""
    without = load(tmp_path, 'data_dir = "var"')
    for section in ("radius", "guest"):
        present = load(tmp_path, f"[{section}]")
        for old, new in ((present, without), (without, present)):
            result, kept = merged(old, new)
            assert ([section], getattr(old, section)) == (kept, getattr(result, section))


def test_the_pages_move_only_with_a_restart(tmp_path) -> None:
    """Their port was opened once; their certificate and names are read anew."""
    old = load(tmp_path, '[guest]\nlisten = "127.0.0.1:8080"\n')
    new = load(tmp_path, '[guest]\nlisten = "127.0.0.1:8081"\nhosts = ["wifi.city.example"]\n')
    result, kept = merged(old, new)
    assert (["guest.listen"], 8080, ("wifi.city.example",)) == (kept, result.guest.listen.port, result.guest.hosts)
