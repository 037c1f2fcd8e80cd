"""`proxeny radius`: the road alone, for deployments on several machines. Never serves a page.

In this version no other part exists, so it is `run` without the parts that are to come.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it

import click

from proxeny.verbs import options, run


@click.command()
@options.config
def command(config: Path | None) -> None:
    """RADIUS workers and the recorder, and nothing of the web."""
    run.serve(config)
