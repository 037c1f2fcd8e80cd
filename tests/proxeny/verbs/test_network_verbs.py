"""`proxeny apply`, `export` and `route`, as an operator types them."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from proxeny import opening, snapshot
from proxeny.settings import load
from store.session import reading
from tests.peers import postgres
from tests.proxeny.installation import NETWORK, SECRET

if TYPE_CHECKING:
    from proxeny.network import Network
    from tests.proxeny.installation import Installation


def stored(installed: Installation) -> Network:
    database, seal = opening.store(load(installed.settings, {}))
    with reading(database) as session:
        return snapshot.read(session, seal)


def test_apply_creates_the_database_and_tells_what_it_did(installed: Installation) -> None:
    """The first apply on a bare folder works, prints each entry, and exits 0."""
    result = installed.apply(NETWORK)
    assert result.exit_code == 0
    assert '+ client "library-wlc"\n' in result.stdout
    assert result.stdout.endswith("Applied: 12 added. Now 1 site, 1 client, 1 access point, 2 homes, 3 realms.\n")
    assert SECRET not in result.output
    assert (installed.folder / "var" / "keys" / "seal.key").stat().st_mode & 0o777 == 0o600


def test_apply_twice_changes_nothing(installed: Installation) -> None:
    """The second time there is no difference, and the version stays."""
    installed.apply(NETWORK)
    version = stored(installed).version
    assert installed.apply(NETWORK, "--prune").stdout == "No difference: 1 site, 1 client, 1 access point, 2 homes, 3 realms.\n"
    assert version == stored(installed).version


def test_a_dry_run_writes_nothing(installed: Installation) -> None:
    """--dry-run prints the difference of the real thing, and the store stays as it was."""
    dry = installed.apply(NETWORK, "--dry-run")
    assert dry.exit_code == 0
    assert "Dry run, nothing was written: 12 added." in dry.stdout
    assert 0 == stored(installed).version
    assert dry.stdout.splitlines()[:-1] == installed.apply(NETWORK).stdout.splitlines()[:-1]


def test_prune_removes_what_the_file_left_out(installed: Installation) -> None:
    """Without --prune an entry that is gone from the file stays; with it, it goes."""
    installed.apply(NETWORK)
    less = NETWORK.replace('[[realm]]\nmatch = "gmail.com"\naction = "reject"\nreason = "Not an eduroam account"\n', "")
    assert "No difference" in installed.apply(less).stdout
    assert '- realm "gmail.com"\n' in installed.apply(less, "--prune").stdout
    assert "gmail.com" not in stored(installed).rows["realm"]


def test_a_faulty_file_changes_nothing(installed: Installation) -> None:
    """One mistake, and nothing of the file is applied; every mistake is told, on standard error, with exit 1."""
    installed.apply(NETWORK)
    before = stored(installed)
    faulty = (
        NETWORK.replace('homes = ["uni-a-2"]', 'homes = ["uni-a-3"]').replace("192.0.2.0/24", "192.0.2.0/33")
        + '[[site]]\nid = "new"\nname = "N"\n'
    )
    result = installed.apply(faulty)
    assert result.exit_code == 1
    assert ['there is no home "uni-a-3". Did you mean "uni-a-2"?', '"192.0.2.0/33" is not an address or prefix'] == [
        words
        for words in ('there is no home "uni-a-3". Did you mean "uni-a-2"?', '"192.0.2.0/33" is not an address or prefix')
        if words in result.stderr
    ]
    assert result.stdout == ""
    assert "Traceback" not in result.output
    assert before == stored(installed)


def test_an_entry_may_refer_to_a_stored_one(installed: Installation) -> None:
    """A second file may name sites, clients and homes of the first."""
    installed.apply(NETWORK)
    result = installed.apply('[[realm]]\nmatch = "uni-b.example"\nhomes = ["uni-a-1"]\n')
    assert result.exit_code == 0
    assert '+ realm "uni-b.example"' in result.stdout


def test_a_new_secret_is_told_without_its_words(installed: Installation) -> None:
    """Rotation shows as "secret changed"; the new one comes from the environment."""
    installed.apply(NETWORK)
    rotated = NETWORK.replace(f'secret = "{SECRET}"\nsite', 'secret_env = "WLC"\nsite')
    result = installed.apply(rotated, env={"WLC": "another-secret-of-length"})
    assert '~ client "library-wlc": secret changed\n' in result.stdout
    assert "another-secret" not in result.output
    assert stored(installed).rows["client"]["library-wlc"].secret.octets == b"another-secret-of-length"  # type: ignore[union-attr]


def test_what_is_weak_is_said_aloud(installed: Installation) -> None:
    """A peer without Message-Authenticator, or with a short secret, is named on standard error."""
    result = installed.apply(
        NETWORK.replace(f'secret = "{SECRET}-1"', 'secret = "short"\nweak_secret = true\nrequire_message_authenticator = false')
    )
    assert result.exit_code == 0
    assert 'Note: home "uni-a-1": require_message_authenticator: is off' in result.stderr
    assert 'Note: home "uni-a-1": weak_secret: is on' in result.stderr


def test_export_declares_the_same(installed: Installation) -> None:
    """What export prints, applied with --prune, is no difference; on an empty installation with --secrets it is everything."""
    installed.apply(NETWORK)
    shown = installed.run("export").stdout
    assert SECRET not in shown
    assert "No difference" in installed.apply(shown, "--prune").stdout
    whole = installed.run("export", "--secrets").stdout
    assert SECRET == tomllib.loads(whole)["client"][0]["secret"]
    (installed.folder / "var").rename(installed.folder / "old")
    assert "Applied: 12 added" in installed.apply(whole).stdout
    assert whole == installed.run("export", "--secrets").stdout


def route(installed: Installation, identity: str, *flags: str) -> dict[str, object]:
    result = installed.run("route", identity, "--json", *flags)
    assert result.exit_code == 0
    return json.loads(result.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("bob@UNI-A.example", ("uni-a.example", "uni-a.example", "proxy", ["uni-a-1", "uni-a-2"], "")),
        ("bob@x.ac.example", ("x.ac.example", "~^.+\\.ac\\.example$", "proxy", ["uni-a-2"], "")),
        ("bob@gmail.com", ("gmail.com", "gmail.com", "reject", [], "Not an eduroam account")),
        ("bob@outlook.com", ("outlook.com", "(no route)", "reject", [], "No route to this realm")),
        ("bob", ("", "(no realm)", "reject", [], "Your identity has no realm")),
        ("a@b@c", ("c", "(syntax)", "reject", [], "The identity is not a network access identifier (RFC 7542, 2.2).")),
    ],
)
def test_route_tells_where_and_by_which_rule(installed: Installation, identity: str, expected: tuple[object, ...]) -> None:
    """Any identity has a definite answer, exit 0: `realm rule action homes reason`."""
    installed.apply(NETWORK)
    found = route(installed, identity, "--client", "library-wlc")
    assert ["realm", "rule", "action", "homes", "reason"] == list(found)
    assert expected[:4] == tuple(found.values())[:4]
    assert expected[4] or not found["reason"]


def test_route_speaks_to_people_too(installed: Installation) -> None:
    """Without --json it is one line."""
    installed.apply(NETWORK)
    assert (
        "uni-a.example: to uni-a-1, uni-a-2 (failover) by uni-a.example, University A\n"
        == installed.run("route", "bob@uni-a.example").stdout
    )
    assert "gmail.com: reject by gmail.com: Not an eduroam account\n" == installed.run("route", "bob@gmail.com").stdout


def test_route_for_an_unknown_client_is_refused(installed: Installation) -> None:
    """A client that does not exist is told with the nearest name, exit 1."""
    installed.apply(NETWORK)
    result = installed.run("route", "bob@uni-a.example", "--client", "libary-wlc")
    assert (1, '--client: there is no client "libary-wlc". Did you mean "library-wlc"?\n') == (result.exit_code, result.stderr)


@pytest.mark.peer("postgresql")
def test_postgresql_holds_the_same_network(installed: Installation) -> None:
    """On a server too: applied, exported, applied again without a difference, pruned, checked."""
    with postgres.cluster() as running, running.database() as url:
        with installed.settings.open("a") as file:
            file.write(f'[database]\nurl = "{url}"\n')
        assert "is empty yet" in installed.run("check").stdout
        assert "Applied: 12 added" in installed.apply(NETWORK).stdout
        shown = installed.run("export").stdout
        assert "No difference" in installed.apply(shown, "--prune").stdout
        assert "Applied: 11 removed" in installed.apply("", "--prune").stdout
        assert (0, "") == ((result := installed.run("check")).exit_code, result.stderr.replace("\n", ""))
