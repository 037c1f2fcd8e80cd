"""Where a webhook's address leads, for the page where it is typed and for the API. Never a connection: that is the jobs process's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proxeny import outgoing

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.outward import Refused
    from proxeny.outgoing import Resolve
    from proxeny.settings import Settings


def tools(settings: Callable[[], Settings], resolve: Resolve | None = None) -> dict[str, Callable[..., Any]]:
    """`webhook_look`: why an address is not taken as things are now; None where it is."""

    def look(url: str) -> Refused | None:
        return outgoing.look(url, settings().webhooks.rules, resolve)

    return {"webhook_look": look}
