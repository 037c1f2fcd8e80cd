"""proxeny.network_text: what is exported declares the same network again."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given, settings

from federation.hygiene import builtin_hygiene
from proxeny.entry import Report
from proxeny.network import Client, Network
from proxeny.network_file import Declaration, parse
from proxeny.network_rows import Sources
from proxeny.network_text import text
from radius.policy import builtins
from radius.secret import Secret
from tests.proxeny.networks import networks


def again(written: str) -> Declaration:
    return parse(tomllib.loads(written), Report("NETWORK.toml", written), Sources(Path(), {}))


@given(networks())
@settings(max_examples=150, deadline=None)
def test_an_export_declares_the_same_network(network: Network) -> None:
    """Read back with its secrets, an export is the network it was made from."""
    declaration = again(text(network, secrets=True))
    assert [] == declaration.report.faults
    assert network.rows == declaration.network.rows


@given(networks())
@settings(max_examples=50, deadline=None)
def test_an_export_without_secrets_has_none(network: Network) -> None:
    """Without --secrets no secret stands in the file, and the file is still TOML."""
    rows = again(text(network, secrets=False)).network.rows
    assert {None} >= {row.secret for section in ("client", "home") for row in rows[section].values()}  # type: ignore[union-attr]


def test_secrets_are_shown_only_when_asked_for() -> None:
    """The words of a secret appear with --secrets and not without."""
    network = Network()
    network.rows["client"]["nas"] = Client("nas", ("192.0.2.1/32",), Secret(b"hunter2hunter2hunter2"), coa_secret=Secret(b"hunter2-coa"))
    assert "hunter2" not in text(network, secrets=False)
    assert 'secret = "hunter2hunter2hunter2"' in text(network, secrets=True)
    assert 'coa_secret = "hunter2-coa"' in text(network, secrets=True)


def test_built_in_rules_are_shown_as_comments() -> None:
    """Every built-in policy and hygiene item can be read, and taking the marks off makes a [[policy]] that is taken."""
    shown = text(Network(), secrets=False)
    for item, _ in builtin_hygiene():
        assert f'#   "{item}"' in shown
    commented = [
        line.removeprefix("# ") for line in shown.splitlines() if line == "# [[policy]]" or (line.startswith("# ") and " = " in line)
    ]
    copied = again("\n".join(commented))
    assert [] == copied.report.faults
    assert [rule.name for rule in builtins()] == list(copied.network.rows["policy"])
