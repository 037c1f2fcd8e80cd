"""F-Ticks on their way: to a file, to a syslog; only what a home decided; a log that cannot be written stops nothing."""

from __future__ import annotations

import socket

import structlog

from proxeny import settings
from proxeny.keeper import Keeper
from proxeny.network import Operator
from proxeny.parts import FTicks
from proxeny.ticks import Ticks
from tests.peers.program import until
from tests.proxeny.installation import NETWORK
from tests.proxeny.test_keeper import login

CITY = Operator(name="city-of-example", country="CA")
LINE = "F-TICKS/eduroam/1.0#REALM=uni-a.example#VISCOUNTRY=CA#VISINST=city-of-example#CSI=undisclosed#RESULT=OK#"


def part(**changes) -> FTicks:
    return FTicks(**({"mac": "Static"} | changes))


def test_lines_go_to_a_file(tmp_path):
    """One line per Accept or Reject of a home; refusals of ours and abandoned logins make none."""
    target = tmp_path / "fticks.log"
    ticks = Ticks(part(destination=str(target)), CITY)
    for verdict in ("accept", "reject", "refused", "abandoned", "no_answer"):
        ticks.tell(login(verdict=verdict))
    ticks.tell(login(verdict="reject", home=""))
    assert target.read_text().splitlines() == [LINE, LINE.replace("RESULT=OK", "RESULT=FAIL")]


def test_lines_go_to_another_machines_syslog():
    """A UDP datagram of facility daemon, severity debug (RFC 3164), as radsecproxy logs them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as syslog:
        syslog.bind(("127.0.0.1", 0))
        syslog.settimeout(5)
        ticks = Ticks(part(destination=f"syslog://127.0.0.1:{syslog.getsockname()[1]}"), CITY)
        ticks.tell(login())
        said = syslog.recv(4096).decode()
        ticks.close()
    assert said.startswith("<31>")
    assert said.endswith(f"proxeny: {LINE}")


def test_the_key_file_makes_the_hash(tmp_path):
    """The keyed form reads its key from the file, without the line's end (facts 1.1's vector)."""
    key = tmp_path / "key"
    key.write_text("magic passphrase\n")
    target = tmp_path / "fticks.log"
    Ticks(part(mac="FullyKeyHashed", key_file=key, destination=str(target)), CITY).tell(login(station=b"00:23:14:0a:f7:24"))
    assert "CSI=57c8cd8031142c51ac9747370f48a5aa731006729d0cdf589ba101864f35f390#" in target.read_text()


def test_without_a_country_there_are_no_lines(tmp_path):
    """As with radsecproxy: no VISCOUNTRY, no line; institution can be left out or named."""
    target = tmp_path / "fticks.log"
    Ticks(part(destination=str(target)), Operator(name="x")).tell(login())
    Ticks(part(destination=str(target)), None).tell(login())
    assert not target.exists()
    Ticks(part(destination=str(target), institution=False), CITY).tell(login())
    Ticks(part(destination=str(target), institution="other"), CITY).tell(login())
    assert ["VISINST" in line for line in target.read_text().splitlines()] == [False, True]


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    """A missing folder, a full disk: the line is lost and counted."""
    ticks = Ticks(part(destination=str(tmp_path / "no" / "such" / "folder")), CITY)
    for _ in range(3):
        ticks.tell(login())
    full = Ticks(part(destination="/dev/full"), CITY)
    full.tell(login())
    assert (ticks.lost, full.lost) == (3, 1)


def test_the_recorder_writes_them(installed, tmp_path):
    """From the first login on, and anew after new settings."""
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    assert installed.apply(NETWORK).exit_code == 0
    loaded = settings.load(installed.settings, {})
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    keeper = Keeper(loaded.model_copy(update={"fticks": part(destination=str(first))}), lambda _errand: None)
    keeper.take([login(1)])
    keeper.thread.start()
    until(lambda: first.exists() and len(first.read_text().splitlines()) == 1, "the first line")
    keeper.adopt(loaded.model_copy(update={"fticks": part(destination=str(second))}))
    until(lambda: not keeper._news, "the settings")
    keeper.take([login(2, verdict="reject")])
    until(second.exists, "the second line")
    keeper.end(5.0)
    keeper.thread.join(10)
    structlog.reset_defaults()
    assert (first.read_text(), second.read_text()) == (LINE + "\n", LINE.replace("RESULT=OK", "RESULT=FAIL") + "\n")


def test_lines_that_are_lost_are_said_once(tmp_path):
    """A folder that is not there is told in the log, not once for each login, and again when it came and went."""
    target = tmp_path / "later" / "fticks.log"
    with structlog.testing.capture_logs() as said:
        ticks = Ticks(part(destination=str(target)), CITY)
        for _ in range(3):
            ticks.tell(login())
    assert [(3, "F-Ticks are not written", str(target))] == [(ticks.lost, each["event"], each["destination"]) for each in said]
