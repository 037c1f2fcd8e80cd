"""openNDS 9.10 as the gateway of a street: the real program, in the gateway's namespace.

It writes to /etc, /tmp, /run and /var/lib/misc; so it runs in a mount namespace of its own in which these are private. Its
firewall is the old iptables. Debian's configuration reads `nat_traversal_poll_interval` even from a comment, and only
there without ending (tried). Needs root.
"""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.peers.program import Program, found, until
from tests.peers.street import PORTAL_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.street import Street

NAME = "Library Gate"
AGENT = Path(__file__).parents[2] / "config" / "gateways" / "opennds" / "proxeny-agent"
_CONFIG = """
GatewayName {name}
GatewayInterface lan
fasport {port}
fasremoteip {here}
fasremotefqdn {fqdn}
faspath {path}
faskey {key}
fas_secure_enabled {level}
checkinterval 1
debuglevel 2
#nat_traversal_poll_interval 1
FirewallRuleSet authenticated-users {{
    FirewallRule allow all
}}
FirewallRuleSet preauthenticated-users {{
}}
FirewallRuleSet users-to-router {{
    FirewallRule allow udp port 53
    FirewallRule allow tcp port 53
    FirewallRule allow udp port 67
}}
"""
# Private copies of whatever it writes to; /tmp last, because the test's own folder is there.
_INSIDE = """
set -e
folder=$1; shift
mount --make-rprivate /
mount -t tmpfs none /mnt
mkdir -p /mnt/upper /mnt/work /mnt/bin /mnt/misc /mnt/keep
for name in iptables ip6tables; do ln -s /usr/sbin/$name-legacy /mnt/bin/$name; done
cp -r "$folder/keep/." /mnt/keep/
mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
cp "$folder/opennds.conf" /etc/opennds/opennds.conf
cat "$folder/hosts" >> /etc/hosts
cp "$folder/dnsmasq.leases" /mnt/misc/
mount --bind /mnt/misc /var/lib/misc
mount -t tmpfs none /run
mount -t tmpfs none /tmp
export PATH=/mnt/bin:$PATH
for file in /mnt/keep/*.pem; do [ -e "$file" ] && export SSL_CERT_FILE=$file; done
exec "$@"
"""


@dataclass(slots=True)
class OpenNds:
    """The running gateway."""

    program: Program
    street: Street

    def control(self, *words: str) -> str:
        """ndsctl, where the gateway's own shell would type it."""
        return subprocess.run(self.shell("ndsctl", *words), capture_output=True, text=True, timeout=20, check=False).stdout

    def shell(self, program: str, *arguments: str) -> list[str]:
        """The command that runs a program as on the gateway itself."""
        return [found("nsenter"), "-t", str(self.program.pid), "-m", "-n", program, *arguments]

    def clients(self) -> dict[str, dict[str, Any]]:
        """What it knows of its guests, by MAC in its own form."""
        text = self.control("json").strip()
        return json.loads(text).get("clients", {}) if text.startswith("{") else {}

    def states(self) -> dict[str, str]:
        """MAC -> Preauthenticated or Authenticated."""
        return {mac: client["state"] for mac, client in self.clients().items()}


@contextmanager
def opennds(street: Street, *, port: int, path: str, key: str, level: int, ca: Path | None = None) -> Iterator[OpenNds]:
    """Start it with our portal as its forwarding authentication service; `ca` is what its PHP verifies us by."""
    folder = street.folder / f"opennds-{level}"
    (folder / "keep").mkdir(parents=True)
    fqdn = PORTAL_NAME if level >= 3 else street.here
    config = _CONFIG.format(name=NAME, here=street.here, fqdn=fqdn, port=port, path=path, key=key, level=level)
    (folder / "opennds.conf").write_text(config)
    (folder / "hosts").write_text(f"{street.here} {PORTAL_NAME}\n")
    (folder / "dnsmasq.leases").write_text((street.folder / "dnsmasq.leases").read_text())
    (folder / "inside.sh").write_text(_INSIDE)
    (folder / "keep" / AGENT.name).write_bytes(AGENT.read_bytes())  # the gateway's own copy: its /tmp is not ours
    if ca is not None:
        (folder / "keep" / "ca.pem").write_bytes(ca.read_bytes())
    inside = ["-m", found("bash"), str(folder / "inside.sh"), str(folder), found("opennds"), "-f", "-c", "/etc/opennds/opennds.conf"]
    program = Program(street.inside(street.gateway, "unshare", *inside), folder / "opennds.log")
    try:
        program.wait_for("openNDS is now running", seconds=30)
        made = OpenNds(program, street)
        until(lambda: "Version" in made.control("status"), "ndsctl to answer", 20, 0.2)
        with agent(made, f"http{'s' * (level >= 3)}://{fqdn}:{port}{path}", key, secure=ca is not None):
            yield made
    finally:
        program.stop()


@contextmanager
def agent(gateway: OpenNds, url: str, key: str, *, secure: bool) -> Iterator[Program]:
    """Our agent beside it, by busybox's shell as on a router; it reports each second, with what was used."""
    lines = [f"url={url}", f"key={key}", "every=1", "usage=1", *(["ca=/mnt/keep/ca.pem"] if secure else [])]
    write = gateway.shell("sh", "-c", "cat >/mnt/keep/agent.conf")
    subprocess.run(write, input="\n".join(lines) + "\n", text=True, check=True, timeout=20)
    program = Program(
        gateway.shell("busybox", "sh", "/mnt/keep/proxeny-agent", "/mnt/keep/agent.conf"), gateway.street.folder / "agent.log"
    )
    try:
        yield program
    finally:
        program.stop()
