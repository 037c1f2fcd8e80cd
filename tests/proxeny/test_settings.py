"""proxeny.settings and proxeny.parts: what is read, and that every fault is told at once."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from proxeny.addresses import Endpoint
from proxeny.faults import FaultyError
from proxeny.settings import SYSTEM, find, load
from radius import tables

SAMPLE = Path(__file__).parents[2] / "config" / "proxeny.toml"


def written(folder: Path, text: str) -> Path:
    path = folder / "proxeny.toml"
    path.write_text(text)
    return path


def faults(path: Path | None, **environ: str) -> list[str]:
    with pytest.raises(FaultyError) as caught:
        load(path, environ)
    return [str(fault).replace(f"{path}:", "").strip() for fault in caught.value.faults]


def test_the_commented_sample_is_the_defaults(tmp_path: Path) -> None:
    """config/proxeny.toml stands as it is, and says nothing but the defaults."""
    sample = load(SAMPLE, {})
    bare = load(written(tmp_path, "[radius]\n[metrics]\n"), {})
    assert bare.model_dump(exclude={"data_dir", "database"}) == sample.model_dump(exclude={"data_dir", "database"})


def test_every_key_stands_in_the_commented_sample() -> None:
    """An operator finds each key that exists, and no other, in config/proxeny.toml."""
    text = SAMPLE.read_text()
    environ = {f"PRIVACY__{key}": "-" for key in ("AUTHORITY", "PURPOSE", "OFFICER_TITLE", "OFFICER_PHONE")}
    environ |= {
        "FTICKS__MAC": "FullyHashed",
        "GUEST__THREADS": "8",
        "BUSINESS__THREADS": "8",
        "DIRECTORY__URI": "ldaps://d.example",
        "DIRECTORY__BASE": "dc=example",
    }
    environ |= {"MAIL__URL": "smtp://localhost", "MAIL__FROM": "wifi@city.example"}
    environ |= {"SMS__URL": "https://sms.example/{to}/{text}", "SMS__COUNTRIES": "CA"}
    settings = load(SAMPLE, {f"PROXENY_{key}": value for key, value in environ.items()})
    for section in (
        "guest",
        "business",
        "directory",
        "mail",
        "sms",
        "run",
        "database",
        "radius",
        "metrics",
        "fticks",
        "limits",
        "retention",
        "log",
        "privacy",
    ):
        block = re.findall(rf"^(?:# )?\[{section}\].*?(?=^(?:# )?\[|\Z)", text, re.MULTILINE | re.DOTALL)[0]
        fields = type(getattr(settings, section)).model_fields
        missing = [key for key, field in fields.items() if f"{field.alias or key} = " not in block]
        assert missing == []


def test_uncommented_defaults_are_the_defaults(tmp_path: Path) -> None:
    """What the sample shows commented out is what leaving it out means."""
    lines = [line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in SAMPLE.read_text().splitlines()]
    text = "\n".join(
        line
        for line in lines
        if not line.startswith(("user", 'url = "https://wifi', 'url = "https://staff', 'url = "https://shops', "source"))
    )
    for section in (
        "guest",
        "business",
        "staff",
        "staff.directory",
        "staff.oidc",
        "directory",
        "oidc.city",
        "mail",
        "sms",
        "fticks",
        "backup",
        "map",
        "open_data",
        "webhooks",
    ):
        text = text.replace(f"# [{section}]", f"[{section}]")
    shown = load(written(tmp_path, text), {})
    assert shown.limits == load(SAMPLE, {}).limits
    assert shown.retention == load(SAMPLE, {}).retention
    assert shown.radius == load(SAMPLE, {}).radius
    assert shown.run == load(SAMPLE, {}).run
    least = '[guest]\n[staff]\n[directory]\nuri = "ldaps://d.example"\nbase = "dc=example"\n'
    least += '[mail]\nurl = "smtp://localhost"\nfrom = "wifi@city.example"\n'
    bare = load(written(tmp_path, least + '[sms]\nurl = "https://sms.example/{to}/{text}"\ncountries = "CA"\n'), {})
    needed = {"certificate", "key", "uri", "ca", "bind_dn", "bind_password", "base", "card_filter"}
    needed |= {"url", "sender", "reply_to", "password", "headers", "body", "secret", "countries", "directory", "oidc"}
    for name in ("guest", "staff", "directory", "mail", "sms"):
        one, other = getattr(shown, name), getattr(bare, name)
        assert one is not None
        assert other is not None
        assert one.model_dump(exclude=needed) == other.model_dump(exclude=needed)


def test_paths_start_at_the_files_folder(tmp_path: Path) -> None:
    """Relative paths are the settings file's, wherever the command runs; the database is in data_dir unless said."""
    settings = load(written(tmp_path, 'data_dir = "here"'), {})
    assert settings.data_dir == tmp_path / "here"
    assert settings.database.url == f"sqlite:///{tmp_path}/here/proxeny.db"
    assert settings.seal_key == tmp_path / "here" / "keys" / "seal.key"
    assert settings.spool_dir == tmp_path / "here" / "spool"
    relative = load(written(tmp_path, '[database]\nurl = "sqlite:///var/x.db"'), {})
    assert relative.database.url == f"sqlite:///{tmp_path}/var/x.db"
    absolute = load(written(tmp_path, '[database]\nurl = "sqlite:////srv/x.db"'), {})
    assert absolute.database.url == "sqlite:////srv/x.db"


def test_the_environment_wins(tmp_path: Path) -> None:
    """Each key may come from the environment, lists separated by commas, sections included."""
    path = written(tmp_path, "[radius]\nworkers = 2\n")
    settings = load(path, {"PROXENY_RADIUS__WORKERS": "3", "PROXENY_RADIUS__AUTH": "127.0.0.1:1, [::1]:2", "PROXENY_DATA_DIR": "/srv/p"})
    assert settings.radius is not None
    assert settings.radius.workers == 3
    assert settings.radius.auth == (Endpoint("127.0.0.1", 1), Endpoint("::1", 2))
    assert settings.data_dir == Path("/srv/p")


def test_an_absent_section_is_a_part_that_is_off(tmp_path: Path) -> None:
    """No [radius], no road; no [metrics], no metrics."""
    settings = load(written(tmp_path, ""), {})
    assert (settings.radius, settings.metrics, settings.fticks) == (None, None, None)


def test_what_is_not_served_yet_is_taken_and_named(tmp_path: Path) -> None:
    """Sections of later versions are accepted, and listed as not served."""
    settings = load(written(tmp_path, '[redis]\nurl = "redis://localhost"\n[radsec]\nlisten = []\n'), {})
    assert settings.not_served == ("radsec", "redis")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """One reading names every mistake with its line or variable and its remedy."""
    path = written(
        tmp_path,
        'data_dri = "x"\n[radus]\n[radius]\nauth = ["127.0.0.1", "::1:22"]\nworkers = 0\nwrkers = 2\n[run]\nuser = "no such user"\n'
        '[database]\nurl = "mysql://root:hunter2@x"\n[fticks]\nmac = "FullyKeyHashed"\n',
    )
    found = faults(path, PROXENY_METRICS__LISTEN="foo")
    keyless = "Give key_file, or choose another mac; a hash without a key is reversible in minutes"
    assert found == [
        '10: database.url: is not a database this version can use. Write "sqlite:///var/proxeny.db" or "postgresql+psycopg://user@host/name"',
        '8: run.user: there is no user "no such user" here. Create it: useradd --system no such user',
        '4: radius.auth[0]: "127.0.0.1" has no port. Write "127.0.0.1:1812", for IPv6 "[::1]:1812"',
        '4: radius.auth[1]: "::1:22" is not an address and port. Write IPv6 in brackets: "[::1]:22"',
        "5: radius.workers: input should be greater than or equal to 1",
        '6: radius.wrkers: is no key of ours. Did you mean "workers"?',
        'environment: PROXENY_METRICS__LISTEN: "foo" has no port. Write "127.0.0.1:1812", for IPv6 "[::1]:1812"',
        f'11: fticks.key_file: is missing, and mac = "FullyKeyHashed" needs it. {keyless}',
        '1: data_dri: is no key of ours. Did you mean "data_dir"?',
        '2: radus: is no section of ours. Did you mean "radius"?',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[radius", "is not TOML"),
        ('[radius]\nauth = ["127.0.0.1:1812"]\nacct = ["127.0.0.1:1812"]', "radius.acct[0]: 127.0.0.1:1812 is there twice"),
        ("[radius]\nresend = [3, 1]", "radius.resend: must rise"),
        ("[radius]\nrequest_timeout = 5", "radius.resend: must rise, and end before request_timeout"),
        ('[radius]\nauth = ["localhost:1812"]', "names are not looked up"),
        ('[radius]\nauth = ["127.0.0.1:99999"]', "port 99999 does not exist"),
        ('[database]\nurl = "sqlite://"', "is not a database"),
        ('[log]\nlevel = "loud"', "log.level: input should be 'debug'"),
        ("radius = 5", "radius: must be a section"),
        ("data_dir = 5", "data_dir: must be a path in quotes"),
    ],
)
def test_a_fault_says_what_and_where(tmp_path: Path, text: str, said: str) -> None:
    """Each kind of mistake is told in words, never by a traceback."""
    assert said in "\n".join(faults(written(tmp_path, text)))


def test_a_password_in_a_url_is_not_repeated(tmp_path: Path) -> None:
    """A database address that is refused may hold a password: it is not shown."""
    assert "hunter2" not in "\n".join(faults(written(tmp_path, '[database]\nurl = "mysql://root:hunter2@x"')))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is named with what to do."""
    assert "there is no such file" in faults(tmp_path / "absent.toml")[0]


def test_no_settings_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file and without a word in the environment there is nothing to run on."""
    if SYSTEM.exists():
        pytest.skip("this machine has a system-wide settings file")
    monkeypatch.chdir(tmp_path)
    assert "there is no settings file" in faults(None)[0]
    assert load(None, {"PROXENY_RADIUS__WORKERS": "2"}).data_dir == tmp_path / "var"


def test_which_file_applies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--config, else PROXENY_CONFIG, else proxeny.toml here."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "")
    assert find(Path("a"), {"PROXENY_CONFIG": "b"}) == Path("a")
    assert find(None, {"PROXENY_CONFIG": "b"}) == Path("b")
    assert find(None, {}) == Path("proxeny.toml")


def test_the_road_gets_its_own_values(tmp_path: Path) -> None:
    """Timing and limits reach the road as its tables name them, retention as the store names it."""
    settings = load(written(tmp_path, "[radius]\nrequest_timeout = 20\n[limits]\nattributes = 100\n[retention]\nlogins = 3\n"), {})
    assert settings.radius is not None
    assert settings.radius.timing == tables.Timing(request_timeout=20)
    assert settings.limits.table == tables.Limits(attributes=100)
    assert settings.retention.kept["auth_event"] == timedelta(days=3)


def test_defaults_are_the_roads_own(tmp_path: Path) -> None:
    """A default is written once: settings and road agree."""
    settings = load(written(tmp_path, "[radius]\n"), {})
    assert settings.radius is not None
    assert (settings.radius.timing, settings.limits.table) == (tables.Timing(), tables.Limits())


def test_one_underscore_is_told(tmp_path: Path) -> None:
    """PROXENY_RADIUS_WORKERS means a key and says none: it is not passed over. A secret of any other name is nobody's slip."""
    path = written(tmp_path, "[radius]\n")
    assert faults(path, PROXENY_RADIUS_WORKERS="2") == [
        "environment: PROXENY_RADIUS_WORKERS: is no key of ours. Write two underscores between section and key"
    ]
    assert load(path, {"PROXENY_RADIUS_SECRET": "x"}) == load(path, {})


def test_the_environment_may_name_a_new_section(tmp_path: Path) -> None:
    """A part can be switched on by the environment alone; nonsense there is told like any other."""
    assert load(written(tmp_path, ""), {"PROXENY_METRICS__LISTEN": "127.0.0.1:1"}).metrics is not None
    told = "\n".join(faults(written(tmp_path, "run = 5\n"), PROXENY_RUN__DRAIN="x", PROXENY_NOPE__X="1", PROXENY_RADIUS__AUTH__DEEP="1"))
    for words in ("run: must be a section", "nope.x: is no section of ours", "radius.auth"):
        assert words in told.lower().replace("proxeny_", "").replace("__", ".")


def test_a_database_address_is_read_to_its_end(tmp_path: Path) -> None:
    """A port that is no number is a fault of the settings, told without the password that stands beside it."""
    path = written(tmp_path, '[database]\nurl = "postgresql+psycopg://u:s3kret@db.example:port/x"\n')
    [told] = faults(path)
    assert told.startswith("2: database.url: is not a database this version can use")
    assert "s3kret" not in told


def test_brackets_without_end_are_a_fault(tmp_path: Path) -> None:
    """However deep a file nests, it is told and not crashed on."""
    assert ["is not TOML"] == [told[:11] for told in faults(written(tmp_path, "x = " + "[" * 5000 + "]" * 5000))]


def test_the_environment_says_true_and_false(tmp_path: Path) -> None:
    """No institution of the name "false" is ever reported."""
    path = written(tmp_path, '[fticks]\nmac = "Static"\n')
    shown = [load(path, {"PROXENY_FTICKS__INSTITUTION": word}).fticks.institution for word in ("false", "True", "Uni A")]
    assert [False, True, "Uni A"] == shown


@pytest.mark.parametrize("nowhere", ["http://x", "syslog://", "syslog://192.0.2.1:99999", "syslog://192.0.2.1:x"])
def test_fticks_go_somewhere(tmp_path: Path, nowhere: str) -> None:
    """An address that no line can reach is a fault of the settings, not of each login."""
    [told] = faults(written(tmp_path, f'[fticks]\nmac = "Static"\ndestination = "{nowhere}"\n'))
    assert told.startswith(f'3: fticks.destination: "{nowhere}" is nowhere that lines can go')


def test_a_section_only_the_environment_has_is_told_there(tmp_path: Path) -> None:
    """A slip in a variable's section names the variable, not a file that has no such line."""
    told = faults(written(tmp_path, "[radius]\n"), PROXENY_RADUIS__WORKERS="2")
    assert ['environment: PROXENY_RADUIS__WORKERS: is no section of ours. Did you mean "radius"?'] == told
