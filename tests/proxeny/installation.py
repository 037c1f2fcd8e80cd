"""An installation in a folder of its own: settings, a network file, and the command run in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from click.testing import CliRunner, Result

from proxeny.cli import main
from tests.store.shaped import shape

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "a-secret-of-enough-length"
SETTINGS = """
[radius]
auth = ["127.77.0.1:1812"]
acct = ["127.77.0.1:1813"]
"""
NETWORK = f"""
[operator]
name = "city-of-example"
operator_name = "1wifi.city.example"
country = "CA"

[[site]]
id = "central-library"
name = "Central Library"

[[client]]
name = "library-wlc"
address = "192.0.2.0/24"
secret = "{SECRET}"
site = "central-library"

[[access_point]]
name = "lib-1"
mac = "02-00-5E-00-01-00/44"
site = "central-library"
client = "library-wlc"

[[home]]
name = "uni-a-1"
address = "198.51.100.1"
secret = "{SECRET}-1"

[[home]]
name = "uni-a-2"
address = "198.51.100.2"
secret = "{SECRET}-2"
request_timeout = 20

[[realm]]
match = "uni-a.example"
homes = ["uni-a-1", "uni-a-2"]
institution = "University A"
country = "CA"

[[realm]]
match = "~^.+\\\\.ac\\\\.example$"
homes = ["uni-a-2"]

[[realm]]
match = "gmail.com"
action = "reject"
reason = "Not an eduroam account"

[[policy]]
name = "library-vlan"
direction = "reply"
codes = ["Access-Accept"]
site = "central-library"
clamp = {{ Session-Timeout = [60, 28800] }}
set = {{ Tunnel-Private-Group-Id = "120" }}

[hygiene]
allow = ["outlook.com"]
refuse = ["bad.example"]
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with proxeny.toml in it."""

    folder: Path

    @property
    def settings(self) -> Path:
        return self.folder / "proxeny.toml"

    def run(self, *words: str, env: dict[str, str] | None = None) -> Result:
        """One verb; `--config` goes behind it, or behind the verb of a group."""
        at = 2 if words[0] in {"audit", "db", "staff", "business", "token", "voucher"} else 1
        return CliRunner().invoke(main, [*words[:at], "--config", str(self.settings), *words[at:]], env=env)

    def apply(self, network: str, *flags: str, env: dict[str, str] | None = None) -> Result:
        """Write the network file and apply it."""
        if not any(word in self.settings.read_text() for word in ("data_dir", "[database]")):
            shape(self.folder / "var" / "proxeny.db")
        path = self.folder / "NETWORK.toml"
        path.write_text(network)
        return self.run("apply", str(path), *flags, env=env)


def make(folder: Path, settings: str = SETTINGS) -> Installation:
    """A fresh one."""
    made = Installation(folder)
    made.settings.write_text(settings)
    return made
