"""The line between workers and the porter: what is said is what is heard, and nothing else is understood."""

from __future__ import annotations

import marshal

import pytest

from proxeny import porter_wire as wire
from radius.grants import LiveGrant
from radius.questions import ByDirectory, ByStation, ByToken, Verdict

GRANT = LiveGrant(b"d" * 16, "Grant0123456789x", "visitor", 1.5, 1, 2, 3, 4.0, 5.0, "a1", True)
QUESTIONS = (
    ByStation(b"d" * 16, "library", "192.0.2.7"),
    ByToken("t-0123456789abcdef", b"secret", b"", b"", "library", b"d" * 16),
    ByDirectory("city.example", b"ada", b"secret", "library", "central", b""),
)
WRONG = (
    ("hello",), ("ask", 1, "ByStation", b"too few"), ("ask", 1, "os.system", "x"), ("ask", "1"), ("grants", [(1, 2)]), ("grants", None),
    ("told", 1, (1, "", None, "")), ("told", 1, (True, "", (1,), "")), ["clear"], "clear", 7,
)  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: type(question).__name__)
def test_a_question_arrives(question: tuple) -> None:
    """Kind and fields, under its ticket."""
    assert wire.Ask(1 << 47, question) == wire.upward(wire.ask(1 << 47, question))


@pytest.mark.parametrize("verdict", [Verdict(True, "", GRANT), Verdict(False, "NO_GRANT"), Verdict(False, "TOKEN_USED", GRANT, "words")])
def test_a_verdict_arrives(verdict: Verdict) -> None:
    """With its grant as a grant, or without."""
    assert wire.Told(7, verdict) == wire.downward(wire.told(7, verdict))


def test_first_words_arrive() -> None:
    """hello, clear and a sign of life."""
    assert (wire.Hello(wire.VERSION), wire.Clear(), wire.Granted(())) == (
        wire.upward(wire.hello()),
        wire.downward(wire.clear()),
        wire.downward(wire.beat()),
    )


def test_grants_arrive_in_datagrams_of_a_bounded_size() -> None:
    """However many: 200 in each, each far below what the other end is ready to read."""
    grants = [GRANT._replace(id=f"{number:016d}") for number in range(450)]
    datagrams = list(wire.granted(grants))
    assert [200, 200, 50] == [len(wire.downward(each).grants) for each in datagrams]
    assert grants == [grant for each in datagrams for grant in wire.downward(each).grants]
    assert max(map(len, datagrams)) < wire.LARGEST
    assert [] == list(wire.granted(()))


@pytest.mark.parametrize("said", WRONG)
def test_what_is_said_wrongly_is_not_understood(said: object) -> None:
    """None, both ways, and nothing raises."""
    assert (None, None) == (wire.upward(marshal.dumps(said)), wire.downward(marshal.dumps(said)))
