"""The sample city as a newcomer meets it. Never uses the machine's well-known ports."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from proxeny.simulated import sample
from tests.peers.program import Program, free_port, until

if TYPE_CHECKING:
    import pytest

HOME = Path(__file__).parent.parent.parent
PROXENY = Path(sys.executable).with_name("proxeny")
LOGIN = re.compile(r"^\d\d:\d\d:\d\d  (accept|reject|refused|no_answer|abandoned) ", re.MULTILINE)


def elsewhere() -> dict[str, str]:
    """An environment in which the controller listens on free ports, and ends without waiting."""
    auth, metrics = free_port(beside=1), free_port()
    return os.environ | {
        "PROXENY_RADIUS__AUTH": f"127.0.0.1:{auth}",
        "PROXENY_RADIUS__ACCT": f"127.0.0.1:{auth + 1}",
        "PROXENY_METRICS__LISTEN": f"127.0.0.1:{metrics}",
        "PROXENY_GUEST__LISTEN": f"127.0.0.1:{free_port()}",
        "PROXENY_STAFF__LISTEN": f"127.0.0.1:{free_port()}",
        "PROXENY_BUSINESS__LISTEN": f"127.0.0.1:{free_port()}",
        "PROXENY_MAIL__URL": f"smtp://127.0.0.1:{free_port()}",
        "PROXENY_SMS__URL": f"http://127.0.0.1:{free_port()}/sms",
        "PROXENY_RUN__DRAIN": "1",
    }


def demo(folder: Path, env: dict[str, str]) -> Program:
    """`proxeny run --demo`, started in this folder."""
    return Program([str(PROXENY), "run", "--demo"], folder / "screen", env=env, cwd=folder)


def descendants(pid: int) -> list[int]:
    """The processes below one, however deep."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if Path(f"/proc/{pid}").exists() else []
    return [below for child in map(int, children) for below in (child, *descendants(child))]


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def metrics(env: dict[str, str]) -> str:
    """What Prometheus would read."""
    with urlopen(f"http://{env['PROXENY_METRICS__LISTEN']}/metrics", timeout=10) as page:
        text: str = page.read().decode()
    return text


def documented_metrics() -> set[str]:
    """Every metric that the guide names, but those of a city with a directory."""
    return {
        name
        for page in (HOME / "docs").glob("*.md")
        for name in re.findall(r"\bproxeny_(?!(?:porter|guest)_directory)[a-z0-9_]+", page.read_text("utf-8"))
    }


def test_a_newcomers_first_minute(tmp_path: Path) -> None:
    """It says ready, the three things to try succeed as printed, logins keep arriving, and Ctrl-C ends all of it."""
    env = elsewhere()
    program = demo(tmp_path, env)
    try:
        screen = program.wait_for("Logins as they come", seconds=60)
        assert "something is wrong" not in screen
        tries = [line.strip() for line in screen.splitlines() if "--config var/demo/proxeny.toml" in line]
        assert ["ask", "route", "trace"] == [shlex.split(line)[1] for line in tries], screen
        for line in tries:
            tried = subprocess.run(line, shell=True, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
            assert 0 == tried.returncode, (line, tried.stdout, tried.stderr)
        until(lambda: list((tmp_path / "var/demo/backups").glob("*")), "a backup, whose folder is there", seconds=60)
        until(lambda: len(LOGIN.findall(program.text)) >= 3, "three logins on the screen", seconds=60)
        until(lambda: documented_metrics() <= set(re.findall(r"^proxeny_\w+", metrics(env), re.MULTILINE)), "every metric that is told of")
        below = descendants(program.pid)
        assert len(below) >= 6, "a controller with its worker and recorder, three homes, the access points"
        program.signal(signal.SIGINT)
        assert 0 == program.process.wait(30)
        until(lambda: not alive(below), "every process of the demo to end")
        assert "Traceback" not in program.text
    finally:
        program.stop()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Where a port of the controller is taken it says which, and how to change it; nothing is left running."""
    env = elsewhere()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        port = stranger.getsockname()[1]
        env["PROXENY_RADIUS__AUTH"] = f"127.0.0.1:{port}"
        program = demo(tmp_path, env)
        assert 1 == program.process.wait(60)
    assert f"127.0.0.1:{port} is taken" in program.text
    assert "PROXENY_RADIUS__AUTH=" in program.text
    assert "Traceback" not in program.text


def test_neighbours_move_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the port of a simulated home is taken, it gets another, in the network file too, and that is said."""
    monkeypatch.chdir(tmp_path)
    for key, value in elsewhere().items():
        monkeypatch.setenv(key, value)
    wanted = sample.prepare(None).tables["home"][0]["port"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", wanted))
        city = sample.prepare(None)
    port = city.tables["home"][0]["port"]
    assert port != wanted
    assert f"port = {port}" in city.network.read_text()
    assert any(f"is taken, using {port}" in line for line in city.moved)


def test_the_readers_settings_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample's settings are copied once; what the reader changes in the copy stays."""
    monkeypatch.chdir(tmp_path)
    for key, value in elsewhere().items():
        monkeypatch.setenv(key, value)
    sample.prepare(None)
    mine = Path("var/demo/proxeny.toml")
    mine.write_text(mine.read_text().replace("workers = 1", "workers = 2"))
    radius = sample.prepare(None).settings.radius
    assert radius is not None
    assert 2 == radius.workers


def test_another_network_is_left_alone(tmp_path: Path) -> None:
    """The demo refuses a database that serves a real network."""
    env = {key: value for key, value in elsewhere().items() if not key.startswith(("PROXENY_MAIL__", "PROXENY_SMS__"))}
    env |= {"PROXENY_CONFIG": str(tmp_path / "proxeny.toml")}
    (tmp_path / "proxeny.toml").write_text('data_dir = "."\n')
    (tmp_path / "NETWORK.toml").write_text('[operator]\nname = "a-real-city"\n')
    subprocess.run([PROXENY, "apply", tmp_path / "NETWORK.toml"], env=env, check=True, capture_output=True)
    program = Program([str(PROXENY), "run", "--demo", "--config", env["PROXENY_CONFIG"]], tmp_path / "screen", env=env, cwd=tmp_path)
    assert 1 == program.process.wait(60)
    assert "a-real-city" in program.text
    assert "Traceback" not in program.text


def test_nothing_outlives_a_killed_demo(tmp_path: Path) -> None:
    """Killed without a word, it takes its neighbours and the controller with it."""
    program = demo(tmp_path, elsewhere())
    try:
        program.wait_for("Logins as they come", seconds=60)
        below = descendants(program.pid)
    finally:
        program.kill()
    until(lambda: not alive(below), "every process of the demo to end", seconds=30)


def test_without_demo_nothing_of_it_is_loaded() -> None:
    """`proxeny run` without --demo never imports the sample city."""
    code = (
        "import sys; from proxeny.verbs import run; import proxeny.supervisor, proxeny.daemon;"
        "print([name for name in sys.modules if name.startswith(('proxeny.demo', 'proxeny.simulated'))])"
    )
    assert "[]\n" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
