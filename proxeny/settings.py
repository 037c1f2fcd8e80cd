"""proxeny.toml and the environment -> Settings: frozen, paths absolute, every fault reported at once.

`--config FILE`, else PROXENY_CONFIG, else proxeny.toml here, else the system's; each key also as PROXENY_SECTION__KEY.
Never fetched from anywhere else: who needs a setting is handed it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, get_args

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from proxeny.faults import Fault, FaultyError, Lines, WrongError, did_you_mean, dotted
from proxeny.parts import Database, FTicks, Limits, Log, Metrics, Part, Radius, Retention, Run, Unserved
from proxeny.parts_api import Api
from proxeny.parts_backup import Backup  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_business import Business  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_map import Map  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_messages import Mail, Sms  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_oidc import Oidc, named
from proxeny.parts_open_data import OpenData  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_privacy import Privacy  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_staff import Staff  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_web import Directory, Guest  # noqa: TC001  pydantic reads the annotations when the module runs
from proxeny.parts_webhooks import Webhooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SYSTEM: Final = Path("/etc/proxeny/proxeny.toml")
_PREFIX: Final = "PROXENY_"
_ENVIRONMENT: Final = "environment"
_ELSEWHERE: Final = (("directory", "bind_password"), ("mail", "password"), ("sms", "secret"))  # may also stand as _env and _file
_PATHS: Final = {
    "guest": ("certificate", "key"),
    "staff": ("certificate", "key"),
    "business": ("certificate", "key"),
    "directory": ("ca",),
    "mail": ("ca",),
    "sms": ("ca",),
    "backup": ("folder",),
    "webhooks": ("ca",),
}
_PLAIN: Final = {  # pydantic's words for these name Python's types
    "model_type": "must be a section, written once in single brackets",
    "dict_type": "must be a section, written in single brackets",
    "path_type": "must be a path in quotes",
    "tuple_type": "must be a list",
}


class Settings(Part):
    """Everything an operator may set. A part that is None has no section, and is off."""

    file: Annotated[Path | None, Field(exclude=True)] = None
    data_dir: Path = Path("var")
    database: Database
    run: Run = Run()
    radius: Radius | None = None
    metrics: Metrics | None = None
    guest: Guest | None = None
    staff: Staff | None = None
    business: Business | None = None
    directory: Directory | None = None
    oidc: Annotated[dict[str, Oidc], BeforeValidator(named), Field(default_factory=dict)]
    mail: Mail | None = None
    sms: Sms | None = None
    fticks: FTicks | None = None
    backup: Backup | None = None
    limits: Limits = Limits()
    retention: Retention = Retention()
    log: Log = Log()
    privacy: Privacy | None = None
    map: Map | None = None
    open_data: OpenData | None = None
    webhooks: Webhooks = Webhooks()
    api: Api = Api()
    # What this version takes and does not serve yet
    radsec: Unserved | None = None
    redis: Unserved | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.staff is not None and self.staff.directory is not None and self.directory is None:
            raise WrongError(
                "has no directory to ask", "Write [directory], too: it is asked for staff as for guests", ("staff", "directory")
            )
        return self

    @property
    def not_served(self) -> tuple[str, ...]:
        """The sections that are written down and do nothing in this version."""
        names = (name for name, field in Settings.model_fields.items() if Unserved in get_args(field.annotation))
        return tuple(name for name in names if getattr(self, name) is not None)

    @property
    def seal_key(self) -> Path:
        """The key that opens the sealed rows."""
        return self.data_dir / "keys" / "seal.key"

    @property
    def spool_dir(self) -> Path:
        """Where the workers' accounting spools lie."""
        return self.data_dir / "spool"


def find(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The settings file that applies; None when there is none and the environment alone speaks."""
    if path is not None:
        return path
    if named := environ.get("PROXENY_CONFIG"):
        return Path(named)
    return next((here for here in (Path("proxeny.toml"), SYSTEM) if here.is_file()), None)


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read, merge, check. Raises FaultyError with everything that is wrong."""
    file = find(path, environ)
    if file is None and not any(name.startswith(_PREFIX) and "__" in name for name in environ):
        remedy = "Write proxeny.toml here, set PROXENY_CONFIG, or give --config; config/proxeny.toml names every key"
        raise FaultyError([Fault("proxeny.toml", "", "there is no settings file", remedy)])
    text = _text(file) if file else ""
    written, from_environment = _merged(file, text, environ)
    folder = (file.parent if file else Path()).absolute()
    places = _Places(str(file or _ENVIRONMENT), Lines(text), from_environment)
    noted = [places.fault(*words) for words in _fetched(written, folder, environ)]
    return _checked(written, folder, file, places, noted)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        remedy = "Check --config and PROXENY_CONFIG; config/proxeny.toml is a commented one to copy"
        raise FaultyError([Fault(str(file), "", "there is no such file", remedy)]) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise FaultyError([Fault(str(file), "", f"cannot be read: {fault}")]) from None


def _merged(file: Path | None, text: str, environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[tuple[str, ...], str]]:
    """The file's tables with the environment's words over them, and which keys those were."""
    try:
        written = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:  # the latter: brackets within brackets, thousands deep
        raise FaultyError([Fault(str(file), "", f"is not TOML: {fault}", "See https://toml.io for the syntax")]) from None
    names = {}
    for name, value in environ.items():
        path = tuple(name.removeprefix(_PREFIX).lower().split("__"))
        if not name.startswith(_PREFIX) or not value or (len(path) == 1 and path[0] not in {"data_dir", *_slips()}):
            continue  # PROXENY_CONFIG, and whatever secrets an operator keeps there
        table = written
        for step in path[:-1]:
            inner = table.setdefault(step, {})
            table = inner if isinstance(inner, dict) else {}
        table[path[-1]] = value
        names[path] = name
    return written, names


def _fetched(written: dict[str, Any], folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Put passwords from the environment and from files in their place; what cannot be had is told, and not asked for again."""
    several = written.get("oidc")  # [oidc.NAME]: a table of tables
    providers: dict[tuple[str, ...], tuple[Any, str]] = {}
    if isinstance(several, dict):
        providers = {("oidc", name): (table, "client_secret") for name, table in several.items()}
    staff = written.get("staff")
    if isinstance(staff, dict):
        providers["staff", "oidc"] = staff.get("oidc"), "client_secret"
    sections = {(section,): (written.get(section), key) for section, key in _ELSEWHERE}
    for path, (table, key) in (sections | providers).items():
        given = [name for name in (key, f"{key}_env", f"{key}_file") if name in table] if isinstance(table, dict) else []
        if isinstance(table, dict) and given != [key]:
            for name in given[1:]:
                yield (*path, name), f"and {given[0]} are both given", "Keep one of them"
            for name in given:
                value = table.pop(name)
                table[key] = value if name == key else _elsewhere(name, str(value), folder, environ)
                if isinstance(fault := table[key], WrongError):
                    yield (*path, name), fault.what, fault.remedy
                    table[key] = "-"  # stands in for it, so that its absence is not told too


def _elsewhere(name: str, value: str, folder: Path, environ: Mapping[str, str]) -> str | WrongError:
    if name.endswith("_env"):
        return environ.get(value) or WrongError(f"the environment has no {value}", "Set it where proxeny runs")
    try:
        return (folder / value).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as fault:
        return WrongError(f"{folder / value} cannot be read: {getattr(fault, 'strerror', None) or 'it is not UTF-8'}")


def _slips() -> frozenset[str]:
    """Keys written with one underscore where two are meant: PROXENY_RADIUS_WORKERS."""
    sections = [section for section in Settings.model_fields if _model(section)]
    return frozenset(f"{section}_{key}" for section in sections for key in _known((section,)))


class _Places:
    """Where a key was written: a file and line, or an environment variable."""

    def __init__(self, file: str, lines: Lines, from_environment: Mapping[tuple[str, ...], str]) -> None:
        self.file = file
        self.lines = lines
        self.from_environment = from_environment

    def fault(self, path: tuple[str | int, ...], what: str, remedy: str = "") -> Fault:
        at = tuple(str(step) for step in path if not isinstance(step, int))
        for known, name in self.from_environment.items():
            if known == at or (known[: len(at)] == at and self.lines.find(path) is None):  # or a section nobody wrote down
                return Fault(_ENVIRONMENT, name, what, remedy)
        return Fault(self.file, dotted(path), what, remedy, self.lines.find(path))


def _checked(written: dict[str, Any], folder: Path, file: Path | None, places: _Places, noted: list[Fault]) -> Settings:
    named = written.get("data_dir", "var")
    data_dir = folder / named if isinstance(named, str) else folder
    tables = written | {"data_dir": data_dir if isinstance(named, str) else named}
    if "database" not in tables or tables["database"] == {}:
        tables["database"] = {"url": f"sqlite:///{data_dir / 'proxeny.db'}"}
    tables.pop("file", None)
    try:
        settings = Settings.model_validate(tables | {"file": file.absolute() if file else None})
    except ValidationError as fault:
        raise FaultyError([*noted, *_translated(fault, places)]) from None
    if noted:
        raise FaultyError(noted)
    return _rooted(settings, folder)


def _rooted(settings: Settings, folder: Path) -> Settings:
    """The same with every path absolute: relative ones start at the settings file's folder."""
    changed: dict[str, Any] = {}
    url = settings.database.url
    if url.startswith("sqlite:///"):
        changed["database"] = Database(url=f"sqlite:///{folder / url.removeprefix('sqlite:///')}")
    if settings.fticks:
        fticks = settings.fticks
        update: dict[str, Any] = {"key_file": folder / fticks.key_file} if fticks.key_file else {}
        if fticks.destination != "syslog" and "://" not in fticks.destination:
            update["destination"] = str(folder / fticks.destination)
        changed["fticks"] = fticks.model_copy(update=update)
    for name, keys in _PATHS.items():
        if part := getattr(settings, name):
            paths = {key: path for key in keys if isinstance(path := getattr(part, key), Path)}
            changed[name] = part.model_copy(update={key: folder / path for key, path in paths.items()})
    return settings.model_copy(update=changed)


def _translated(error: ValidationError, places: _Places) -> Iterator[Fault]:
    """pydantic's findings in an operator's words."""
    for found in error.errors():
        path = tuple(found["loc"])
        own = found.get("ctx", {}).get("error")
        if isinstance(own, WrongError):
            yield places.fault((*path, *own.at), own.what, own.remedy)
        elif found["type"] == "extra_forbidden":
            section = "section" if isinstance(found["input"], dict) and len(path) == 1 else "key"
            slip = len(path) == 1 and path[0] in _slips()
            remedy = "Write two underscores between section and key" if slip else did_you_mean(str(path[-1]), _known(path[:-1]))
            yield places.fault(path, f"is no {section} of ours", remedy)
        elif found["type"] == "missing":
            yield places.fault(path, "is missing")
        else:
            told = _PLAIN.get(found["type"]) or found["msg"][0].lower() + found["msg"][1:].removeprefix("alue error, ")
            nameless = found["type"] == "model_type" and path[:-1] == ("oidc",)
            yield places.fault(path, told, "Each has a name: write [oidc.NAME], such as [oidc.city]" if nameless else "")


def _known(path: tuple[str | int, ...]) -> set[str]:
    """The names that exist at this place of the settings."""
    model = _model(str(path[0])) if path else Settings
    for step in path[1:]:
        if model is not None and str(step) in model.model_fields:
            model = _model(str(step), model)
    return {field.alias or name for name, field in model.model_fields.items()} - {"file"} if model else set()


def _model(section: str, of: type[BaseModel] | None = None) -> type[BaseModel] | None:
    """The model of a section; None for a plain key and for what is not served yet."""
    annotation = (of or Settings).model_fields[section].annotation
    kinds = (annotation, *get_args(annotation), *(inner for kind in get_args(annotation) for inner in get_args(kind)))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
