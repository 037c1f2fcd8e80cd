"""Log lines as JSON on standard error: what the supervisor and the recorder say, and what workers have them say.

Workers do not import structlog (a line costs them 16 us): they hand theirs to the supervisor. Never receives a secret,
a password or a full MAC address: callers leave them out.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def to_standard_error(level: str) -> None:
    """From now on lines of this level and above are written, in UTC; a closed standard error stops nothing."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),  # control characters and line ends come out escaped
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=False,  # the level follows a reload
    )
    root = logging.getLogger()  # libraries' own lines, and those of rooms that may not know structlog
    root.handlers = [_Through()]
    root.setLevel(LEVELS[level])
    # httpx and its like log URLs and headers, in which a gateway's key, a number or a code may stand
    for chatty in ("alembic", "sqlalchemy", "asyncio", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def write(level: str, event: str, fields: MutableMapping[str, Any]) -> None:
    """One line that came from elsewhere, a worker's."""
    structlog.get_logger().log(LEVELS.get(level, logging.INFO), event, **{key: value for key, value in fields.items() if key != "event"})


def heard(level: str) -> bool:
    """Whether a line of this level would be written."""
    return bool(structlog.get_logger().bind().is_enabled_for(LEVELS[level]))


def write_all(lines: Sequence[str]) -> None:
    """Lines that are JSON already, in one go: for what comes by the thousand."""
    if lines:
        _Lines().msg("\n".join(lines))


class _Lines:
    """Whole lines to standard error; what cannot be written is lost, and the program goes on."""

    def msg(self, line: str) -> None:
        try:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # a full disk or a closed pipe behind it (reliability, 39)
            pass

    log = debug = info = warning = warn = error = critical = exception = fatal = msg


class _Through(logging.Handler):
    """The standard library's records as the same JSON lines."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"part": record.name}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        structlog.get_logger().log(record.levelno, record.getMessage(), **fields)
