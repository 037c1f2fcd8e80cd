"""`proxeny radius`: the road without the guests' pages, for deployments on several machines. Never serves a page.

`[guest] url` of the settings still says where guests are sent: `proxeny web` serves them there, and nothing here does.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it

import click

from proxeny.verbs import options, run


@click.command()
@options.config
def command(config: Path | None) -> None:
    """RADIUS workers, recorder and porter, and nothing of the web."""
    run.serve(config, pages=False)
