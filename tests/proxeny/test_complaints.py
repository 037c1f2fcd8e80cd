"""Drops said aloud: at once, then once a minute, never per packet."""

from __future__ import annotations

from proxeny.complaints import Complaints


def test_the_first_is_said_at_once_and_the_rest_once_a_minute(caplog) -> None:
    """One line per minute and reason, with the count and the senders."""
    complaints = Complaints()
    for second in range(150):
        complaints.note("192.0.2.7", "", "UNKNOWN_CLIENT", 10)
        complaints.say(float(second))
    lines = [record.getMessage() for record in caplog.records]
    assert [10, 600, 600] == [int(line.split(". ")[1].split()[0]) for line in lines]
    assert all("192.0.2.7" in line for line in lines)


def test_many_senders_are_bounded_and_few_are_named(caplog) -> None:
    """A flood from forged addresses costs a bounded table and one line."""
    complaints = Complaints()
    for number in range(5000):
        complaints.note(f"198.51.100.{number}", "", "UNKNOWN_CLIENT", 1)
    complaints.say(0.0)
    [line] = [record.getMessage() for record in caplog.records]
    assert "5000 packets dropped" in line
    assert "others: 4000" in line
    assert len(line) < 400


def test_everyday_drops_are_for_the_metrics(caplog) -> None:
    """A duplicate or a malformed packet is not worth a line."""
    complaints = Complaints()
    complaints.note("192.0.2.7", "nas", "TOO_SHORT", 5)
    complaints.say(0.0)
    assert [] == caplog.records
