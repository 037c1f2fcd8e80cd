"""What an operator should know of the network in force, said in the log: at the start, and with each change of it or of the settings.

Never refuses anything: what stands, stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proxeny import portal_checks

if TYPE_CHECKING:
    from proxeny.network import Network
    from proxeny.settings import Settings


def unsigned(network: Network, log: Any) -> None:
    """Peers excused from Message-Authenticator are named aloud (CVE-2024-3596)."""
    for section in ("client", "home"):
        names = [row.name for row in network.of(section) if not row.require_message_authenticator]
        if names:
            log.warning("excused from Message-Authenticator: anyone on the path can forge what they say", kind=section, names=names[:50])


def unserved(network: Network, settings: Settings, log: Any) -> None:
    """What guests are offered and these settings cannot give: `apply` refused it, but settings change without `apply`."""
    for found in portal_checks.findings(network, settings):
        words = f"{found.called}: {found.what}. {found.remedy}"
        log.error("guests are offered what the settings in force do not serve", fault=words)
