"""The house rules that no linter knows: purity, page sizes, docstrings, one line per Reason. Never tests behaviour."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from radius.actions import Reason

HOME = Path(__file__).parent.parent
ROOMS = ("radius", "federation", "store", "portal", "proxeny", "migrations")
SHELLS = {"radius/udp.py", "radius/runner.py"}  # the same exceptions as in pyproject.toml's contract
IMPURE = {"socket", "ssl", "asyncio", "threading", "sqlalchemy", "flask", "ldap3", "time", "random", "os"}
IMPURE |= {"secrets", "uuid", "select", "subprocess"}
FOR_PEOPLE = {"radius.nai", "radius.nas"}  # what the portal may take from the road


def sources(*rooms: str) -> list[Path]:
    """Every Python file of the rooms, relative to the house."""
    return sorted(path.relative_to(HOME) for room in rooms for path in (HOME / room).rglob("*.py"))


def name(path: Path) -> str:
    return path.as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse((HOME / path).read_text(encoding="utf-8"))


def imports(module: ast.Module) -> set[str]:
    """Modules imported at run time, anywhere in the file; what stands under TYPE_CHECKING is only a name."""
    found: set[str] = set()
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        waiting.extend(ast.iter_child_nodes(node))
    return found


@pytest.mark.parametrize("path", sources("radius", "federation"), ids=name)
def test_pure_files_stay_pure(path: Path) -> None:
    """No file of the road but its shells reaches for the clock, chance, the network or the machine."""
    if path.as_posix() not in SHELLS:
        assert set() == {module.partition(".")[0] for module in imports(tree(path))} & IMPURE


@pytest.mark.parametrize("path", sources("portal"), ids=name)
def test_pages_take_only_pure_parts_of_the_road(path: Path) -> None:
    """The portal's pages know NAS families and user names, and nothing else of RADIUS."""
    taken = {".".join(module.split(".")[:2]) for module in imports(tree(path)) if module.split(".")[0] == "radius"}
    assert set() == taken - FOR_PEOPLE - {"radius"}


@pytest.mark.parametrize("path", sources(*ROOMS), ids=name)
def test_a_module_says_what_it_is_and_what_it_must_never_do(path: Path) -> None:
    """Every file opens with a docstring whose end says what it must never do; migrations say what they change."""
    if "versions" in path.parts:
        return
    said = ast.get_docstring(tree(path))
    assert said, f"{path} has no docstring"
    last = said.strip().split("\n\n")[-1] if path.name != "__init__.py" else said
    assert re.search(r"\b(never|nothing|no|not|nobody|without|only)\b", last, re.IGNORECASE), f"{path}: its docstring forbids nothing"


@pytest.mark.parametrize("path", sources(*ROOMS, "tests"), ids=name)
def test_a_file_is_a_page_or_two(path: Path) -> None:
    """No file passes 300 lines: past that there is a second noun in it. A test file's list of cases may be half as long again."""
    most = 450 if path.parts[0] == "tests" else 300
    assert len((HOME / path).read_text(encoding="utf-8").splitlines()) <= most


@pytest.mark.parametrize("path", sources(*ROOMS), ids=name)
def test_functions_are_short(path: Path) -> None:
    """No function passes 40 lines of its own, docstring included; a migration is one list of columns."""
    if "versions" in path.parts:
        return
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [] == [f.name for f in functions if f.end_lineno is not None and f.end_lineno - f.lineno >= 40]


@pytest.mark.parametrize("path", sources(*ROOMS), ids=name)
def test_types_are_nouns(path: Path) -> None:
    """No class hides behind a word that says nothing."""
    empty = re.compile(r"(Manager|Helper|Utils?|Handler|Service|Impl)$")
    assert [] == [node.name for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef) and empty.search(node.name)]


def test_every_reason_is_documented() -> None:
    """docs/reasons.md has exactly one line per Reason: its name and its sentence."""
    table = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", (HOME / "docs/reasons.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [(reason.name, reason.value) for reason in Reason] == [(key, said) for key, said in table]


def test_every_folder_of_tests_is_a_package() -> None:
    """Without an __init__.py, tests/radius would shadow radius."""
    folders = {path.parent for path in (HOME / "tests").rglob("test_*.py")}
    assert [] == sorted(str(folder) for folder in folders if not (folder / "__init__.py").exists())


def test_every_test_keeps_a_promise_in_words() -> None:
    """Every test has a docstring."""
    silent = [
        f"{path}::{node.name}"
        for path in sources("tests")
        if path.name.startswith("test_")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert [] == silent


def test_the_lock_files_name_no_host() -> None:
    """The lock files carry hashes and no address of any package index."""
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (HOME / lock).read_text(encoding="utf-8")
        assert [] == re.findall(r"^--\S+|https?://\S+|file:\S+", text, re.MULTILINE)
        pinned = re.findall(r"^([A-Za-z0-9_.-]+(?:\[[^\]]*\])?)==", text, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^\S+==[^\n]*\\\n +--hash=sha256:", text, re.MULTILINE)) > 10


def test_no_secret_or_cache_is_kept_in_the_repository() -> None:
    """What git keeps holds no database, key, environment or log."""
    if (HOME / ".git").exists():  # an unpacked release has none
        kept = subprocess.run(["git", "ls-files"], cwd=HOME, capture_output=True, text=True, check=True)
        bad = re.compile(r"(\.(db|sqlite3?|key|pem|log|pyc)$|^var/|^\.venv/|(^|/)\.env$)")
        assert [] == [path for path in kept.stdout.split("\n") if bad.search(path)]


def test_no_machine_of_ours_is_named() -> None:
    """Nothing kept in the repository leans on the machine it was written on, or on an address of a package index."""
    named = re.compile("|".join(("/" + "work/", "/" + "root/", "/home/" + "[a-z]", "pythonhosted" + r"\.org", "pypi" + r"\.org")))
    if (HOME / ".git").exists():
        kept = subprocess.run(["git", "grep", "-lE", named.pattern], cwd=HOME, capture_output=True, text=True, check=False)
        assert "" == kept.stdout
