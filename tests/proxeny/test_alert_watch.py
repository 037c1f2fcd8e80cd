"""When a finding becomes an alert, and when it is over: nothing flaps."""

from __future__ import annotations

from datetime import timedelta

from portal.alert_rules import RULES, Rule
from proxeny.alert_watch import HOLD, Watch
from store.alerts import Change, Finding, Key
from store.models import Alert
from tests.store.rows import NOW

DEAD = Key(Rule.HOME_DEAD, "uni-a-1")
SECRET = Key(Rule.SECRET, "library-wlc")
BOTH = frozenset({Rule.HOME_DEAD, Rule.SECRET})
AFTER = RULES[Rule.HOME_DEAD].after


def judge(watch: Watch, found: tuple[Finding, ...], clock: float, *, have: tuple[Alert, ...] = (), looked: frozenset[str] = BOTH) -> Change:
    kept = {Key(row.rule, row.object): row for row in have}
    return watch.judge({each.key: each for each in found}, looked, kept, NOW + timedelta(seconds=clock), clock)


def row(key: Key, **more: object) -> Alert:
    return Alert(rule=key.rule, object=key.on, **{"details": {}, "opened_at": NOW, "seen_at": NOW, **more})


def test_a_home_is_dead_for_two_minutes_first() -> None:
    """Not sooner; one breath of life in between begins the time anew; what waits for nothing is opened at once."""
    watch, dead = Watch(), Finding(DEAD)
    assert 120 == AFTER
    assert [SECRET] == [each.key for each in judge(watch, (dead, Finding(SECRET)), 0).opens]
    assert [] == judge(watch, (dead,), AFTER - 1).opens
    judge(watch, (), AFTER - 0.5)
    assert [] == judge(watch, (dead,), AFTER).opens
    assert [dead] == judge(watch, (dead,), 2 * AFTER).opens


def test_it_is_over_when_it_was_mended_for_a_minute() -> None:
    """Broken again within that time, it stays the same alert, and the time begins anew."""
    watch, open_one = Watch(), (row(DEAD),)
    assert () == tuple(judge(watch, (), 0, have=open_one).closes)
    judge(watch, (Finding(DEAD),), HOLD - 1, have=open_one)
    assert [] == judge(watch, (), HOLD + 1, have=open_one).closes
    assert [] == judge(watch, (), 2 * HOLD, have=open_one).closes
    assert [DEAD] == judge(watch, (), 2 * HOLD + 1, have=open_one).closes


def test_what_was_not_looked_at_is_left_alone() -> None:
    """A controller that says nothing mends no home; a finding that waits for its time goes on waiting."""
    watch = Watch()
    for clock in (0, HOLD, 9 * HOLD):
        assert not judge(watch, (), clock, have=(row(DEAD),), looked=frozenset({Rule.SECRET}))
    judge(watch, (Finding(DEAD),), 0)
    judge(watch, (), AFTER / 2, looked=frozenset({Rule.SECRET}))
    assert [DEAD] == [each.key for each in judge(watch, (Finding(DEAD),), AFTER).opens]


def test_still_so_is_written_once_a_minute_and_a_step_at_once() -> None:
    """An alert that lasts costs a write a minute; one that hurries more is news."""
    watch = Watch()
    assert not judge(watch, (Finding(DEAD),), 59, have=(row(DEAD),))
    assert [DEAD] == [each.key for each in judge(watch, (Finding(DEAD),), 60, have=(row(DEAD),)).holds]
    assert [2] == [each.step for each in judge(watch, (Finding(DEAD, step=2),), 1, have=(row(DEAD, details={"step": 1}),)).holds]
