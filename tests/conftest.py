"""What every test stands on: named skips for absent peers, seconds per folder, and nothing left behind.

`PROXENY_PEERS=required` (.ci/run) turns a missing peer into a failure. Never starts a peer itself: tests/peers does.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples

from proxeny import compiled
from tests import lanes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

# peer -> the programs that must be there for it; sbin is not on everybody's PATH
PROGRAMS = {
    "freeradius": ("freeradius",),
    "radclient": ("radclient",),
    "radsecproxy": ("radsecproxy",),
    "eapol_test": ("eapol_test",),
    "hostapd": ("hostapd", "ip"),
    "wpa_supplicant": ("wpa_supplicant", "wpa_cli", "ip"),
    "slapd": ("slapd",),
    "postgresql": ("/usr/lib/postgresql/*/bin/initdb",),
    "redis": ("redis-server",),
    "chromium": ("chromium",),
    "nftables": ("nft",),
    "strace": ("strace",),
    "street": ("ip", "dnsmasq", "busybox", "iptables-legacy", "sysctl"),
    "opennds": ("opennds", "php", "nsenter", "unshare"),
    "cc": ("cc",),
    "pango": ("/usr/lib/*/libpango-1.0.so.0", "/usr/lib/*/libpangoft2-1.0.so.0", "/usr/lib/*/libharfbuzz-subset.so.0"),
}
HOME = Path(__file__).parent.parent
REQUIRED = os.environ.get("PROXENY_PEERS") == "required"
MARK = f"PROXENY_TEST_RUN={os.getpid()}.{time.time_ns()}"  # inherited by whatever a test starts, however it detaches itself
PATIENCE = float(os.environ.get("PROXENY_TEST_PATIENCE", "30"))  # seconds that processes on their way out may take

# How long an example takes says how busy the machine is, and in CI no example is there by chance: chance finds faults at home.
examples.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=REQUIRED)
examples.load_profile("ours")

seconds: Counter[str] = Counter()
skipped: Counter[str] = Counter()
left_behind: list[str] = []
there_before: set[str] = set()


def pytest_configure(config: pytest.Config) -> None:
    """Put sbin on the path, mark our processes, and remember what was there before."""
    gc.disable()  # until all tests are collected: none of that is garbage
    sys.dont_write_bytecode = False  # nor the tests, in each process that collects them
    loaded_as_meant()
    if beside(config):
        return
    os.environ["PATH"] = os.pathsep.join(dict.fromkeys([*os.environ["PATH"].split(os.pathsep), "/usr/sbin", "/sbin", "/usr/local/sbin"]))
    name, _, value = MARK.partition("=")
    os.environ[name] = value
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a program of ours would be compiled anew at each start: a third of what it costs
    there_before.update(strays())
    os.environ.pop("PROXENY_CONFIG", None)  # an operator's own settings have no say in a test
    for key in [key for key in os.environ if key.startswith("PROXENY_") and "__" in key]:
        del os.environ[key]


def pytest_collection_finish() -> None:
    """What was collected lives to the end of the run: looked through again and again for garbage, it cost a quarter of it."""
    if "store.session" in sys.modules:  # tests of the road load no database
        import_module("tests.store.alike").share()
    gc.freeze()
    gc.set_threshold(2_000, 20, 50)
    gc.enable()


def beside(config: pytest.Config) -> bool:
    """Whether this is one of several processes: the first has prepared the run, and looks after it."""
    return hasattr(config, "workerinput")


def loaded_as_meant() -> None:
    """Tests run the sources; with `PROXENY_COMPILED=required` (tests/radius/test_compiled.py) the compiled road, whole."""
    if os.environ.get("PROXENY_COMPILED") != "required":
        if found := sorted(compiled.there()):
            raise pytest.UsageError(f"the tests run the sources, and {found[0]} would run in their place: make pure")
        return
    sources = [name for name in compiled.FILES if not import_module(f"radius.{name}").__file__.endswith(".so")]
    if sources or HOME != compiled.HOME:
        raise pytest.UsageError(f"not compiled, or of another tree: {', '.join(sources)}")


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's, which need not be there
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Side by side, tests go in lanes."""
    return lanes.scheduler(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what cannot run here, by name; refuse a mark for a peer nobody knows."""
    for item in items:
        for mark in item.iter_markers("peer"):
            for name in mark.args:
                if name not in PROGRAMS:
                    raise pytest.UsageError(f"{item.nodeid}: no peer is called {name!r}; known: {', '.join(PROGRAMS)}")
                if not all(map(present, PROGRAMS[name])):
                    item.add_marker(absent(f"{name} is not installed"))
        if any(item.iter_markers("root")) and os.geteuid() != 0:
            item.add_marker(absent("needs root"))
    if beside(config):
        lanes.arrange(items)


def present(program: str) -> bool:
    """Whether a program is on the path, or something fits a pattern of full paths."""
    if "*" in program:
        return any(Path("/").glob(program.lstrip("/")))
    return shutil.which(program) is not None


def absent(why: str) -> pytest.MarkDecorator:
    """The mark of a test that cannot run here: a named skip, or in CI a failure (see `absent_peer`)."""
    return pytest.mark.absent_peer(why) if REQUIRED else pytest.mark.skip(reason=why)


@pytest.fixture(autouse=True)
def absent_peer(request: pytest.FixtureRequest) -> None:
    """Where peers are required, a test whose peer is missing fails by name."""
    if mark := request.node.get_closest_marker("absent_peer"):
        pytest.fail(f"{mark.args[0]}, and PROXENY_PEERS=required", pytrace=False)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up the seconds of each folder, and what was skipped for which reason."""
    folder = report.nodeid.partition("::")[0].rpartition("/")[0]
    seconds[folder] += report.duration
    if report.skipped and isinstance(report.longrepr, tuple):
        skipped[f"{folder}: {report.longrepr[2].removeprefix('Skipped: ')}"] += 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail the run that leaves a process, a namespace or a file behind, and in CI the run that skipped anything."""
    if verbs := sys.modules.get("tests.peers.verbs"):
        verbs.end()
    if beside(session.config):
        return
    left_behind.extend(stragglers(PATIENCE))
    left_behind.extend(wires())
    if REQUIRED:  # elsewhere a colleague may be at work in the same tree
        left_behind.extend(f"file {path}" for path in sorted(strays() - there_before))
    if left_behind or (REQUIRED and skipped):
        session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED


def stragglers(patience: float) -> list[str]:
    """Processes of this run that still live after `patience` seconds: "pid command"."""
    deadline = time.monotonic() + patience
    while (found := list(ours())) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def ours() -> Iterator[str]:
    """Processes other than this one whose environment carries this run's mark; zombies are dead and do not count."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if folder.name == str(os.getpid()) or MARK.encode() not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z":
                yield f"process {folder.name}: {command}"
        except OSError:  # it ended while we looked, or belongs to somebody else
            continue


def wires() -> list[str]:
    """Namespaces and interfaces of this run: tests/peers/spaces.py names them after our process."""
    ours = re.compile(rf"px[a-z]{{1,2}}{os.getpid() % 65536:04x}")
    places = (Path("/run/netns"), Path("/sys/class/net"))
    return [f"{path}" for place in places if place.is_dir() for path in place.iterdir() if ours.match(path.name)]


def strays() -> set[str]:
    """Files that git neither keeps nor ignores, whatever lies in var/, and what bears our name among the temporary files."""
    git = shutil.which("git")  # an unpacked release may have none
    asked = (
        subprocess.run([git, "ls-files", "-o", "--exclude-standard"], cwd=HOME, capture_output=True, text=True, check=False)
        if git
        else None
    )
    var = (str(path.relative_to(HOME)) for path in (HOME / "var").rglob("*"))
    return {*(asked.stdout.splitlines() if asked else ()), *var, *map(str, Path(tempfile.gettempdir()).glob("*proxeny*"))}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Seconds per folder; then, by name, every part that was skipped or left behind."""
    terminalreporter.section("seconds per folder")
    for folder, spent in seconds.most_common():
        terminalreporter.line(f"{spent:8.1f}  {folder}")
    if skipped:
        terminalreporter.section("skipped parts")
        for part, count in sorted(skipped.items()):
            terminalreporter.line(f"{count:8d}  {part}")
    if left_behind:
        terminalreporter.section("left behind", red=True)
        for line in left_behind:
            terminalreporter.line(line)
