"""Sessions, the trace, and the outbox.

Never reads the models: a revision describes the shape of its own day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG, BIG_KEY, FLAG, JSON, MOMENT, NUMBER, OCTETS, REAL, TEXT, WORD, always, maybe

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    _sessions()
    _trace()
    _outbox()


def downgrade() -> None:
    """Remove them, and what they hold."""
    for table in (
        "session_hop",
        "session_address",
        "usage_hour",
        "session",
        "outbox",
        "odd_record",
        "home_change",
        "drop_minute",
        "auth_event",
        "accounting_key",
    ):
        op.drop_table(table)


def _sessions() -> None:
    """Accounting: sessions and what belongs to them."""
    op.create_table(
        "session",
        *always(TEXT, "id", "client", "source", "nas_identifier", "acct_session_id", "multi_session_id"),
        *always(OCTETS, "station_hash"),
        *maybe(OCTETS, "station_sealed"),
        *always(OCTETS, "user_hash"),
        *maybe(OCTETS, "user_sealed"),
        *always(TEXT, "realm", "home"),
        *maybe(TEXT, "login"),
        *always(TEXT, "access_point", "bssid", "ssid", "site", "local", "nas_address", "framed_ip"),
        *maybe(OCTETS, "class", "cui"),
        *always(MOMENT, "started_at", "updated_at"),
        *always(FLAG, "start_seen"),
        *maybe(MOMENT, "ended_at"),
        *always(WORD, "status"),
        *always(TEXT, "terminate_cause"),
        *always(BIG, "seconds", "input_octets", "output_octets"),
        *always(NUMBER, "updates"),
        *always(TEXT, "quarantined"),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint(
            "client", "source", "nas_identifier", "acct_session_id", "station_hash", "started_at", name="uq_session_identity"
        ),
    )
    op.create_index("ix_session_acct_session_id", "session", ["acct_session_id"])
    op.create_index("ix_session_ended_at", "session", ["ended_at"])
    op.create_index(
        "ix_session_open",
        "session",
        ["status", "started_at"],
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("ix_session_started_at_id", "session", ["started_at", "id"])
    op.create_index("ix_session_station_hash_started_at", "session", ["station_hash", "started_at"])
    op.create_index("ix_session_updated_at", "session", ["updated_at"])
    op.create_index("ix_session_user_hash_started_at", "session", ["user_hash", "started_at"])
    op.create_table(
        "session_hop",
        *always(BIG_KEY, "id"),
        *always(TEXT, "session_id"),
        *always(MOMENT, "at"),
        *always(TEXT, "access_point", "bssid", "ssid"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_session_hop_session_id_session", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_session_hop"),
    )
    op.create_index("ix_session_hop_session_id_at", "session_hop", ["session_id", "at"])
    op.create_table(
        "session_address",
        *always(TEXT, "session_id", "address"),
        *always(MOMENT, "first_at", "last_at"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_session_address_session_id_session", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "address", name="pk_session_address"),
    )
    op.create_index("ix_session_address_address_first_at", "session_address", ["address", "first_at"])
    op.create_table(
        "odd_record",
        *always(TEXT, "id"),
        *always(MOMENT, "at"),
        *always(TEXT, "client", "source", "why"),
        *always(OCTETS, "octets"),
        sa.PrimaryKeyConstraint("id", name="pk_odd_record"),
    )
    op.create_index("ix_odd_record_at", "odd_record", ["at"])
    op.create_table(
        "usage_hour",
        *always(MOMENT, "hour"),
        *always(TEXT, "site", "access_point", "ssid"),
        *always(BIG, "sessions", "seconds", "input_octets", "output_octets"),
        sa.PrimaryKeyConstraint("hour", "site", "access_point", "ssid", name="pk_usage_hour"),
    )
    op.create_table(
        "accounting_key",
        *always(OCTETS, "key"),
        *always(MOMENT, "at"),
        sa.PrimaryKeyConstraint("key", name="pk_accounting_key"),
        sqlite_with_rowid=False,  # the key is the row
    )
    op.create_index("ix_accounting_key_at", "accounting_key", ["at"])


def _trace() -> None:
    """Logins, drops, changes of health."""
    op.create_table(
        "auth_event",
        *always(TEXT, "id"),
        *always(MOMENT, "began_at", "at"),
        *always(TEXT, "client", "source", "nas_identifier", "access_point", "bssid", "ssid", "site"),
        *always(OCTETS, "user_hash"),
        *always(TEXT, "realm", "rule"),
        *always(OCTETS, "station_hash"),
        *always(TEXT, "acct_session_id", "home"),
        *always(JSON, "attempts"),
        *always(WORD, "verdict"),
        *always(TEXT, "reason"),
        *always(NUMBER, "round_trips"),
        *always(REAL, "milliseconds", "own_milliseconds"),
        *maybe(OCTETS, "cui"),
        *always(FLAG, "eap"),
        *maybe(TEXT, "session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_auth_event"),
    )
    op.create_index("ix_auth_event_at_id", "auth_event", ["at", "id"])
    op.create_index("ix_auth_event_client_acct_session_id_at", "auth_event", ["client", "acct_session_id", "at"])
    op.create_index("ix_auth_event_realm_at", "auth_event", ["realm", "at"])
    op.create_index("ix_auth_event_session_id", "auth_event", ["session_id"])
    op.create_index("ix_auth_event_station_hash_at", "auth_event", ["station_hash", "at"])
    op.create_index("ix_auth_event_user_hash_at", "auth_event", ["user_hash", "at"])
    op.create_table(
        "drop_minute",
        *always(MOMENT, "minute"),
        *always(TEXT, "source", "client", "reason"),
        *always(NUMBER, "count"),
        sa.PrimaryKeyConstraint("minute", "source", "client", "reason", name="pk_drop_minute"),
    )
    op.create_table(
        "home_change",
        *always(BIG_KEY, "id"),
        *always(MOMENT, "at"),
        *always(TEXT, "home", "state", "why"),
        sa.PrimaryKeyConstraint("id", name="pk_home_change"),
    )
    op.create_index("ix_home_change_at", "home_change", ["at"])
    op.create_index("ix_home_change_home_at", "home_change", ["home", "at"])


def _outbox() -> None:
    """What NASes are to be told."""
    op.create_table(
        "outbox",
        *always(BIG_KEY, "id"),
        *always(WORD, "kind", "via", "state"),
        *always(TEXT, "session_id"),
        *always(JSON, "details"),
        *always(MOMENT, "queued_at"),
        *maybe(MOMENT, "leased_until"),
        *always(NUMBER, "tries"),
        *maybe(MOMENT, "settled_at"),
        *always(TEXT, "outcome"),
        *maybe(NUMBER, "error_cause"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_queued_at", "outbox", ["queued_at"])
    op.create_index("ix_outbox_session_id", "outbox", ["session_id"])
    op.create_index("ix_outbox_state_via_id", "outbox", ["state", "via", "id"])
