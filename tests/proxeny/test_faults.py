"""proxeny.faults: where a mistake stands, and what to do about it."""

from __future__ import annotations

import tomllib

from proxeny.faults import Fault, FaultyError, Lines, did_you_mean, dotted

TEXT = """\
top = 1
[plain]
key = 2
"quoted key" = 3
[[rows]]
name = "a"
inline = { x = 1 }
[[rows]]   # a second
name = "b"
list = [
  1,
]
'other' = 5
[plain.deeper]
key = 6
"""


def test_lines_are_found() -> None:
    """Keys of tables, of the second of several, quoted ones and those under a longer header are found."""
    tomllib.loads(TEXT)
    lines = Lines(TEXT)
    assert [1, 3, 4, 6, 7, 9, 13, 15] == [
        lines.find(path)
        for path in [
            ("top",),
            ("plain", "key"),
            ("plain", "quoted key"),
            ("rows", 0, "name"),
            ("rows", 0, "inline", "x"),
            ("rows", 1, "name"),
            ("rows", 1, "other"),
            ("plain", "deeper", "key"),
        ]
    ]


def test_a_key_that_is_missing_is_at_its_table() -> None:
    """What was not written is told at the table it belongs to, or at no line at all."""
    assert 8 == Lines(TEXT).find(("rows", 1, "missing"))
    assert Lines(TEXT).find(("nowhere", 0, "x")) is None


def test_a_fault_is_one_line() -> None:
    """File, line, key, what and remedy."""
    assert "f.toml:3: a.b: is wrong. Mend it" == str(Fault("f.toml", "a.b", "is wrong", "Mend it", 3))
    assert "f.toml: is wrong" == str(Fault("f.toml", "", "is wrong"))
    assert {"file": "f", "key": "k", "line": None, "what": "w", "remedy": ""} == Fault("f", "k", "w").row()


def test_faults_travel_together() -> None:
    """One error carries all."""
    faults = [Fault("f", "a", "x"), Fault("f", "b", "y")]
    assert "f: a: x\nf: b: y" == str(FaultyError(faults))


def test_the_nearest_name_is_offered() -> None:
    """A slip is answered with the name that was meant, anything else with all of them."""
    assert 'Did you mean "secret"?' == did_you_mean("secert", {"secret", "site"})
    assert "Known here: secret, site" == did_you_mean("zzz", {"secret", "site"})
    assert did_you_mean("zzz", ()) == ""


def test_a_path_reads_like_the_file() -> None:
    """Numbers in brackets, names with dots."""
    assert "client[0].secret" == dotted(("client", 0, "secret"))


def test_a_fault_shows_no_control_characters() -> None:
    """What an operator wrote may hold ends of lines and escape sequences; a terminal is shown neither."""
    assert 'N.toml: site "a\\nb\\x1b": is twice' == str(Fault("N.toml", 'site "a\nb\x1b"', "is twice"))


def test_a_table_within_a_row_is_that_rows() -> None:
    """[rows.inner] belongs to the [[rows]] above it, and each row may have its own."""
    lines = Lines('[[rows]]\nname = "a"\n[rows.inner]\nkey = 1\n[[rows]]\n[rows.inner]\nkey = 2\n[plain.inner]\nkey = 3\n')
    assert [3, 4, 7, 9] == [
        lines.find(path)
        for path in (("rows", 0, "inner"), ("rows", 0, "inner", "key"), ("rows", 1, "inner", "key"), ("plain", "inner", "key"))
    ]
