"""Proxeny itself, as an operator runs it: settings and network files, `proxeny apply`, `proxeny run`, and its command line.

Uses nothing of the program but its command, its files and its ports; and begins with an empty database that has its shape already.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from tests.peers import verbs
from tests.peers.freeradius import SECRET
from tests.peers.program import PeerError, Program, free_port, until
from tests.store.shaped import shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMAND = Path(sys.executable).with_name("proxeny")
Rows = dict[str, Any]
_REASON = re.compile(r'^proxeny_reason_total\{reason="(\w+)"\} (\S+)$', re.MULTILINE)
_VERSION = re.compile(r'^proxeny_worker_network_version\{worker="\d+"\} (\S+)$', re.MULTILINE)

OPERATOR: Rows = {"name": "city-of-example", "operator_name": "1wifi.city.example", "country": "CA"}


def client(name: str = "nas", address: str | list[str] = "127.0.0.0/8", **keys: Any) -> Rows:
    """A `[[client]]` row."""
    return {"name": name, "address": address, "secret": SECRET, **keys}


def home(name: str, port: int, **keys: Any) -> Rows:
    """A `[[home]]` row on this machine."""
    return {"name": name, "address": "127.0.0.1", "port": port, "secret": SECRET, **keys}


def realm(match: str, *homes: str, **keys: Any) -> Rows:
    """A `[[realm]]` row."""
    return {"match": match, **({"homes": list(homes)} if homes else {}), **keys}


def network(*, clients: list[Rows], homes: list[Rows], realms: list[Rows], **more: Any) -> Rows:
    """A network file's tables."""
    return {"operator": OPERATOR, "client": clients, "home": homes, "realm": realms, **more}


@dataclass(slots=True)
class Controller:
    """A controller under test: its folder, its ports, and the running program once started."""

    folder: Path
    auth: int
    acct: int
    metrics: int
    address: str = "127.0.0.1"
    program: Program | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Path:
        return self.folder / "proxeny.toml"

    def cli(self, *words: str, seconds: float = 40.0) -> subprocess.CompletedProcess[str]:
        """Run one verb; the exit status and both outputs are the test's to judge."""
        verb, *rest = words
        argv = [str(COMMAND), verb, "--config", str(self.settings), *rest]
        if verb in {"audit", "db", "staff", "voucher"}:  # groups: the option belongs to their verbs
            argv = [str(COMMAND), verb, rest[0], "--config", str(self.settings), *rest[1:]]
        if verb in verbs.LOADED and not self.environment:  # which may change how it is loaded
            return verbs.run(argv, self.folder, self._env(), seconds)
        return subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False, cwd=self.folder, env=self._env())

    def must(self, *words: str, seconds: float = 40.0) -> str:
        """Run one verb that has to succeed; returns its standard output."""
        ended = self.cli(*words, seconds=seconds)
        assert ended.returncode == 0, f"proxeny {' '.join(words)}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}\n{self.log[-2000:]}"
        return ended.stdout

    def network(self, tables: Mapping[str, Any], *flags: str) -> str:
        """Write NETWORK.toml and apply it."""
        path = self.folder / "NETWORK.toml"
        path.write_text(tomlkit.dumps(tables))
        return self.must("apply", str(path), *flags)

    def renew(self, tables: Mapping[str, Any]) -> None:
        """Apply another network, until every worker serves it."""
        before = self._served()
        self.network(tables)
        until(lambda: self._served() > before, "the workers to serve the new network", 30)

    def _served(self) -> float:
        """The version that every worker serves."""
        return min(map(float, _VERSION.findall(self._metrics())))

    def sessions(self, *flags: str) -> list[Rows]:
        return json.loads(self.must("sessions", "--json", *flags))

    def trace(self, what: str) -> list[Rows]:
        """The logins found; empty where there is none."""
        ended = self.cli("trace", what, "--json")
        if ended.returncode == 1:
            return []
        assert ended.returncode == 0, ended.stderr
        shown = json.loads(ended.stdout)
        return shown if isinstance(shown, list) else [shown]

    def counted(self) -> Counter[str]:
        """Packets by Reason, from the metrics; the workers tell the supervisor once a second."""
        return Counter({name: int(float(value)) for name, value in _REASON.findall(self._metrics())})

    def _metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=10) as page:
            return page.read().decode()

    def readiness(self) -> Rows:
        """What /readyz tells, whether it is 200 or 503."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/readyz", timeout=10) as page:
                return json.load(page)
        except urllib.error.HTTPError as page:
            return json.load(page)

    @property
    def log(self) -> str:
        return self.program.text if self.program else ""

    @property
    def workers(self) -> list[int]:
        """Process ids of the running workers."""
        return self._children("proxeny.daemon")

    @property
    def recorder(self) -> list[int]:
        return self._children("proxeny.recorder")

    @property
    def porter(self) -> list[int]:
        return self._children("proxeny.porter")

    @property
    def pages(self) -> list[int]:
        return self._children("proxeny.serving")

    def _children(self, module: str) -> list[int]:
        """Children of the supervisor whose command line names `module` (they are exec'd: decisions, 17)."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1])
                if self.program and parent == self.program.pid and module in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
        return sorted(found)

    def start(self) -> None:
        """`proxeny run`, until its `ready` line."""
        env = {**self._env(), "PYTHONUNBUFFERED": "1"}
        self.program = Program([str(COMMAND), "run", "--config", str(self.settings)], self.folder / "run.log", env=env, cwd=self.folder)
        self.program.wait_for("ready", seconds=30)

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM and wait; returns the exit status. Nothing of it stays behind."""
        if self.program is None:
            return 0
        children = self._children("proxeny.")
        status = self.program.stop(seconds)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), "the controller's processes to end", 10)
        return status

    def hang_up(self) -> None:
        """SIGHUP: read the settings and the network again."""
        assert self.program is not None
        self.program.signal(signal.SIGHUP)

    def kill_worker(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def fault_free(self) -> None:
        """The log tells of no fault of our own."""
        assert "Traceback" not in self.log, self.log[-4000:]

    def _env(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


@contextmanager
def controller(
    folder: Path,
    tables: Mapping[str, Any],
    *,
    workers: int = 1,
    address: str = "127.0.0.1",
    start: bool = True,
    settings: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Controller]:
    """Write its files, apply the network, run it; `settings` are further sections of proxeny.toml (`radius` is merged)."""
    folder.mkdir(parents=True, exist_ok=True)
    auth = free_port(address=address, beside=1)
    made = Controller(folder, auth, auth + 1, free_port(), address, environment=dict(environment or {}))
    sections: dict[str, Any] = {"data_dir": "var", **(settings or {})}
    listen = {"auth": [f"{address}:{made.auth}"], "acct": [f"{address}:{made.acct}"], "workers": workers}
    sections["radius"] = {**listen, **sections.get("radius", {})}
    sections.setdefault("metrics", {"listen": f"127.0.0.1:{made.metrics}"})
    made.settings.write_text(tomlkit.dumps(sections))
    if "database" not in sections and sections["data_dir"] == "var":
        shape(folder / "var" / "proxeny.db")
    made.network(tables)
    try:
        if start:
            made.start()
        yield made
    except PeerError as fault:
        raise PeerError(f"{fault}\n--- controller ---\n{made.log[-3000:]}") from None
    finally:
        made.stop()
