"""`proxeny run` as an operator runs it: it starts, serves, reloads, heals and ends. Homes and clients are real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.peers import controller as controllers
from tests.peers import packets, twins
from tests.peers.controller import Controller, client, controller, home, network, realm
from tests.peers.freeradius import SECRET
from tests.peers.program import Program, busy, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCEPT, REJECT = packets.ACCESS_ACCEPT, packets.ACCESS_REJECT


def tables(port: int, *more: dict, realms: tuple = ("uni-a.example",)) -> dict:
    return network(clients=[client(), *more], homes=[home("uni-a-1", port)], realms=[realm(name, "uni-a-1") for name in realms])


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def answered(running: Controller, name: str = "bob@uni-a.example", seconds: float = 15.0) -> int | None:
    """The code that a fresh client socket gets for a PAP request."""
    with twins.nas() as nas:
        got = nas.ask(packets.pap(name, "secret", SECRET), running.auth, seconds=seconds)
        return got.code if got else None


def readiness(running: Controller) -> tuple[int, dict]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{running.metrics}/readyz", timeout=20) as page:
            return page.status, json.load(page)
    except urllib.error.HTTPError as page:
        return page.code, json.load(page)


@pytest.fixture(scope="module")
def upstream() -> Iterator[twins.Home]:
    with twins.home() as made:
        yield made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, upstream: twins.Home) -> Iterator[Controller]:
    with controller(tmp_path_factory.mktemp("supervised"), tables(upstream.port), workers=2) as made:
        yield made
        made.fault_free()


def test_ready_means_served(running: Controller) -> None:
    """One `ready` line on standard output, and from then on every worker answers."""
    assert [1, 2] == [running.log.count("proxeny is ready:"), len(running.workers)]
    assert {ACCEPT} == {answered(running) for _ in range(8)}  # eight source ports: both workers, in all likelihood
    status, state = readiness(running)
    assert (200, "2/2", 0) == (status, state["workers"], state["logins_lost"])


@pytest.mark.parametrize(
    ("identity", "last_line", "status"),
    [
        ("bob@uni-a.example", r"Access-Accept from uni-a-1 in \d+ ms", 0),
        ("bob@gmail.com", r"Access-Reject: JUNK_REALM .*", 1),
        ("bob@nowhere.example", r"Access-Reject: NO_ROUTE .*", 1),
        ("bob", r"Access-Reject: NO_REALM .*", 1),
    ],
)
def test_ask_tells_the_story(running: Controller, identity: str, last_line: str, status: int) -> None:
    """Decision 25: the last line and the exit status."""
    import re

    ended = running.cli("ask", identity, "--password", "x")
    assert re.fullmatch(last_line, ended.stdout.splitlines()[-1]), ended.stdout + ended.stderr
    assert status == ended.returncode


def test_ask_as_a_client_and_by_chap(running: Controller, upstream: twins.Home) -> None:
    """`--client` takes that client's place in the network; CHAP reaches the home as CHAP."""
    ended = running.cli("ask", "eve@uni-a.example", "--password", "x", "--client", "nas", "--chap", "--json")
    told = json.loads(ended.stdout)
    assert ("nas", "accept", 0) == (told["client"], told["verdict"], ended.returncode)
    assert [17] == [
        len(each.value(packets.CHAP_PASSWORD)) for each in upstream.distinct if each.value(packets.USER_NAME) == b"eve@uni-a.example"
    ]
    unknown = running.cli("ask", "eve@uni-a.example", "--password", "x", "--client", "nobody")
    assert (1, True) == (unknown.returncode, "there is no client nobody" in unknown.stderr)


def test_homes_are_shown(running: Controller) -> None:
    """`proxeny homes --json`: one row a home, with each worker's view."""
    rows = json.loads(running.must("homes", "--json"))
    assert [("uni-a-1", "alive", 2)] == [(row["home"], row["state"], len(row["workers"])) for row in rows]


def test_a_taken_port_is_named(running: Controller, tmp_path: Path) -> None:
    """A second controller on the same port says which and ends; the first goes on."""
    other = Controller(tmp_path, running.auth, running.acct, 0)
    other.settings.write_text(f'[radius]\nauth = ["127.0.0.1:{running.auth}"]\nacct = ["127.0.0.1:{running.acct}"]\n')
    ended = other.cli("run")
    assert 1 == ended.returncode
    assert f"127.0.0.1:{running.auth} is taken by another program" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "var").exists()  # nothing was touched before the sockets were had


def test_one_controller_for_one_data_dir(running: Controller, tmp_path: Path) -> None:
    """run.lock: another one with other ports names the process that holds it."""
    other = Controller(tmp_path, 0, 0, 0)
    auth = controllers.free_port(beside=1)
    other.settings.write_text(
        f'data_dir = "{running.folder / "var"}"\n[radius]\nauth = ["127.0.0.1:{auth}"]\nacct = ["127.0.0.1:{auth + 1}"]\n'
    )
    ended = other.cli("run")
    assert (1, True) == (ended.returncode, f"process {running.program.pid}" in ended.stderr)


def test_a_new_network_takes_effect_by_itself(running: Controller, upstream: twins.Home) -> None:
    """`apply` and nothing else: within two seconds or so the new realm is served."""
    assert REJECT == answered(running, "bob@uni-b.example")
    running.network(tables(upstream.port, realms=("uni-a.example", "uni-b.example")))
    until(lambda: answered(running, "bob@uni-b.example") == ACCEPT, "the new realm", 8)


def test_a_broken_network_is_refused_whole(running: Controller, upstream: twins.Home) -> None:
    """Rows that cannot stand leave the old version in force, with a log line, a metric and /readyz; mended, they are taken."""
    database = running.folder / "var" / "proxeny.db"
    with sqlite3.connect(database, timeout=10) as connection:
        [(kept,)] = connection.execute("SELECT addresses FROM client WHERE name = 'nas'").fetchall()
        connection.execute("""UPDATE client SET addresses = '["not an address"]' WHERE name = 'nas'""")
        connection.execute("UPDATE network_version SET version = version + 1")
    until(lambda: "is refused" in readiness(running)[1]["network"], "the refusal", 8)
    assert (ACCEPT, 200) == (answered(running), readiness(running)[0])
    assert "is refused" in running.log
    with sqlite3.connect(database, timeout=10) as connection:
        connection.execute("UPDATE client SET addresses = ? WHERE name = 'nas'", [kept])
        connection.execute("UPDATE network_version SET version = version + 1")
    until(lambda: readiness(running)[1]["network"].startswith("version"), "the mended version", 8)


def test_hang_up_reads_the_settings(running: Controller) -> None:
    """SIGHUP: a broken file is refused with its fault, a good one applies, restart-only keys are named."""
    good = running.settings.read_text()
    try:
        running.settings.write_text(good + "\n[log]\nlevel = 7\n")
        running.hang_up()
        until(lambda: "settings refused" in running.log, "the refusal", 8)
        running.settings.write_text(good.replace("workers = 2", "workers = 3"))
        running.hang_up()
        until(lambda: "kept until a restart" in running.log and "radius.workers" in running.log, "the named key", 8)
    finally:
        running.settings.write_text(good)
    assert (ACCEPT, 2) == (answered(running), len(running.workers))


def test_reloads_under_load_lose_nothing(running: Controller, upstream: twins.Home) -> None:
    """Networks and settings change ten times, some of them broken, while requests come: every one is answered."""
    good = running.settings.read_text()
    names = [("uni-a.example",), ("uni-a.example", "uni-b.example")]
    with twins.nas() as nas:
        sent = []
        for turn in range(10):
            running.settings.write_text(good + ("[log]\nlevel = 7\n" if turn % 2 else ""))
            running.hang_up()
            if turn in (2, 6):
                running.network(tables(upstream.port, realms=names[turn // 4]))
            for number in range(25):
                octets = packets.pap("bob@uni-a.example", "secret", SECRET, identifier=len(sent) % 256)
                nas.send(octets, running.auth)
                sent.append(octets)
                if number % 5 == 0:
                    time.sleep(0.02)  # the pace of the load
        running.settings.write_text(good)
        assert {ACCEPT} == {got.code if (got := nas.answer_to(octets)) else None for octets in sent}


def test_a_killed_worker_is_replaced_and_nobody_changes_worker(running: Controller) -> None:
    """kill -9: what arrives meanwhile waits in the socket's own queue and is answered by the next one."""
    before = running.workers
    with twins.nas() as nas:
        for pid in before:
            running.kill_worker(pid)
        asked = packets.pap("bob@uni-a.example", "secret", SECRET)
        nas.send(asked, running.auth)  # nobody reads just now
        got = nas.answer_to(asked, seconds=10)
    assert got is not None
    assert ACCEPT == got.code
    until(lambda: len(running.workers) == 2, "both workers", 10)
    assert not set(before) & set(running.workers)


def test_sockets_of_a_worker_that_keeps_dying_are_lent(running: Controller) -> None:
    """Three failures in a row: a living worker reads its sockets until it serves again."""
    until(lambda: running.log.count("worker serves") >= 4, "workers after the last test", 10)
    mark = len(running.log)
    victim = _pid_of(running, 1)
    for _ in range(3):
        running.kill_worker(victim)
        victim = until(lambda old=victim: (new := _pid_of(running, 1)) != old and new, "the next one", 10)
    until(lambda: "sockets are lent" in running.log[mark:], "the loan", 10)
    assert {ACCEPT} == {answered(running) for _ in range(8)}
    until(lambda: readiness(running)[1]["workers"] == "2/2", "the worker's return", 20)
    assert {ACCEPT} == {answered(running) for _ in range(8)}


def _pid_of(running: Controller, worker: int) -> int | None:
    from proxeny import control

    status = control.ask(running.folder / "var", {"verb": "status"})
    return next((each["pid"] for each in status["workers"] if each["worker"] == worker), None)


def test_a_database_that_cannot_be_written_is_not_ready(running: Controller) -> None:
    """It can be read all the while: only the recorder knows, and /readyz tells what it says until it writes again."""
    holder = sqlite3.connect(running.folder / "var" / "proxeny.db", isolation_level=None, timeout=20)
    holder.execute("BEGIN IMMEDIATE")
    assert ACCEPT == answered(running)
    until(lambda: readiness(running)[0] == 503, "the recorder's word", 30)
    assert "database is locked" in readiness(running)[1]["database"]
    holder.execute("ROLLBACK")
    holder.close()
    until(lambda: readiness(running)[0] == 200, "the recorder's word", 30)


def test_metrics_are_served(running: Controller) -> None:
    """One counter per Reason, homes, kernel drops, over all workers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{running.metrics}/metrics", timeout=20) as page:
        text = page.read().decode()
    assert 'proxeny_reason_total{reason="LOOP"} 0.0' in text
    assert "proxeny_kernel_drops_total{listener=" in text
    assert 'proxeny_home_state{home="uni-a-1",state="alive",worker="0"} 1.0' in text


# Endings: each with a controller of its own


def slow(packet: packets.Packet, _nth: int) -> list[twins.Later]:
    return [twins.Later(packets.answer(packet, ACCEPT, [], SECRET), after=0.8)]


def test_sigterm_drains(tmp_path: Path) -> None:
    """What is in flight is answered, then everything ends with status 0 and nothing is left behind."""
    with twins.home(slow) as upstream, controller(tmp_path, tables(upstream.port)) as running, twins.nas() as nas:
        asked = packets.pap("bob@uni-a.example", "secret", SECRET)
        nas.send(asked, running.auth)
        twins.settled(upstream, 1)
        children = [*running.workers, *running.recorder]
        running.program.signal(signal.SIGTERM)
        got = nas.answer_to(asked, seconds=5)
        assert got is not None
        assert (ACCEPT, 0) == (got.code, running.program.process.wait(20))
        until(lambda: not any(alive(pid) for pid in children), "the children's end", 5)
        assert not (tmp_path / "var" / "control.sock").exists()
        running.fault_free()


def test_ctrl_c_ends_the_whole_group_cleanly(tmp_path: Path, upstream: twins.Home) -> None:
    """The terminal sends SIGINT to everyone; the supervisor alone decides what it means."""
    with controller(tmp_path, tables(upstream.port), workers=2) as running:
        children = [*running.workers, *running.recorder]
        os.killpg(running.program.pid, signal.SIGINT)  # its own session: started so
        assert 0 == running.program.process.wait(20)
        until(lambda: not any(alive(pid) for pid in children), "the children's end", 5)
        running.fault_free()


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path, upstream: twins.Home) -> None:
    """kill -9 of the supervisor: its channels close, and workers and recorder end by themselves."""
    with controller(tmp_path, tables(upstream.port), workers=2) as running:
        children = [*running.workers, *running.recorder]
        assert children
        running.program.kill()
        until(lambda: not any(alive(pid) for pid in children), "the children's end", 10)
        running.start()  # and the lock, the control socket and the ports are free again
        until(lambda: running.log.count("proxeny is ready:") == 2, "the second start", 20)
        assert ACCEPT == answered(running)


def test_a_port_is_had_on_every_family(tmp_path: Path, upstream: twins.Home) -> None:
    """Wildcards of both families side by side: IPV6_V6ONLY keeps them apart."""
    port = controllers.free_port(beside=1)
    settings = {"radius": {"auth": [f"0.0.0.0:{port}", f"[::]:{port}"], "acct": [f"0.0.0.0:{port + 1}", f"[::]:{port + 1}"]}}
    with controller(tmp_path, tables(upstream.port, client("six", "::1", secret=SECRET)), settings=settings) as running:
        running.auth = port
        assert ACCEPT == answered(running)
        began = time.monotonic()
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.settimeout(20)
            sock.sendto(packets.pap("bob@uni-a.example", "secret", SECRET), ("::1", port))
            octets, sender = sock.recvfrom(4096)
        assert (ACCEPT, "::1", port) == (octets[0], *sender[:2])
        assert time.monotonic() - began < 5 * busy()


def test_without_a_radius_section_there_is_nothing_to_run(tmp_path: Path) -> None:
    """Said in words, with the line to write."""
    (tmp_path / "proxeny.toml").write_text('data_dir = "var"\n')
    program = Program([str(controllers.COMMAND), "run", "--config", str(tmp_path / "proxeny.toml")], tmp_path / "log")
    assert 1 == program.process.wait(20)
    assert "[radius]" in program.text
    assert "Traceback" not in program.text


GUESTS = {
    "operator": controllers.OPERATOR,
    "plan": [{"name": "day", "session": "2h"}],
    "portal": [{"name": "main", "plan": "day"}],
    "client": [{"name": "hall", "nas": "opennds", "key": "hallhallhallhall", "options": {"fas_key": "a-key-of-enough-length"}}],
}


def test_pages_alone_are_served_without_a_radius_section(tmp_path: Path) -> None:
    """A city whose gateways send no RADIUS runs the pages with recorder and porter; ready is what they are."""
    made, at = Controller(tmp_path, 0, 0, free_port()), free_port()
    made.settings.write_text(f'data_dir = "var"\n[guest]\nlisten = "127.0.0.1:{at}"\n[metrics]\nlisten = "127.0.0.1:{made.metrics}"\n')
    made.network(GUESTS)
    try:
        made.start()
        assert "no RADIUS; 0 workers" in made.log
        until(lambda: readiness(made)[0] == 200, "pages")
        with urllib.request.urlopen(f"http://127.0.0.1:{at}/", timeout=10) as page:
            assert 200 == page.status
        (pages,) = made.pages
        os.kill(pages, signal.SIGKILL)
        until(lambda: readiness(made)[0] == 503, "the truth")
        until(lambda: readiness(made)[0] == 200, "the next")
    finally:
        assert 0 == made.stop()
    made.fault_free()


def test_the_road_alone_serves_no_page(tmp_path: Path) -> None:
    """`proxeny radius` sends guests to [guest] url, where another machine serves them: it does not listen there itself."""
    at = free_port()
    with controllers.controller(tmp_path, GUESTS, settings={"guest": {"listen": f"127.0.0.1:{at}"}}, start=False) as made:
        road = [str(controllers.COMMAND), "radius", "--config", str(made.settings)]
        program = Program(road, tmp_path / "log", cwd=tmp_path)
        try:
            program.wait_for("ready", seconds=30)
            assert "not served" == made.readiness()["guest"]
            with socket.socket() as sock:
                assert 0 != sock.connect_ex(("127.0.0.1", at))
        finally:
            program.stop()
