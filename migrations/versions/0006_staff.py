"""Staff: people and their sign-ins, the audit log, alerts, backups, and visitors counted without knowing them.

Going down, the audit log is gone, and the database no longer refuses to alter what is left. Never reads the models: a
revision describes the shape of its own day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG, BIG_KEY, JSON, MOMENT, NUMBER, OCTETS, TEXT, WORD, always, maybe

revision = "0006"
down_revision = "0005"
_TABLES = (
    "visitor_count", "visitor_mark", "backup_run", "silence", "alert", "audit_key", "audit_entry", "saved_filter", "staff_session",
    "recovery_code", "passkey", "staff_link", "staff",
)  # fmt: skip
_REFUSAL = "the audit log is only ever added to"


def upgrade() -> None:
    """Make the tables, and have the audit log refuse whoever would alter it."""
    _people()
    _browsers()
    _audit()
    _alerts()
    _visitors()
    _index("session", "access_point", "ended_at")
    _index("auth_event", "access_point", "at")
    failed = sa.text("verdict <> 'accept' AND reason <> 'NO_GRANT'")
    columns = ["at", "id", "verdict", "reason", "realm", "rule", "site", "client"]
    op.create_index("ix_auth_event_failed", "auth_event", columns, sqlite_where=failed, postgresql_where=failed)


def _people() -> None:
    op.create_table(
        "staff",
        *always(TEXT, "id", "name", "shown", "email"),
        *always(WORD, "role", "source"),
        *maybe(TEXT, "subject"),
        *always(TEXT, "language", "password"),
        *maybe(OCTETS, "totp"),
        *always(BIG, "totp_step"),
        *always(MOMENT, "created_at"),
        *maybe(MOMENT, "seen_at", "disabled_at"),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("name", name="uq_staff_name"),
        sa.UniqueConstraint("source", "subject", name="uq_staff_source_subject"),
    )
    _belonging(
        "staff_link",
        *always(OCTETS, "digest"),
        *always(TEXT, "staff_id"),
        *always(MOMENT, "created_at", "expires_at"),
        *maybe(MOMENT, "used_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_link"),
    )
    _belonging(
        "passkey",
        *always(OCTETS, "id"),
        *always(TEXT, "staff_id"),
        *always(OCTETS, "public_key"),
        *always(BIG, "signatures"),
        *always(TEXT, "label"),
        *always(MOMENT, "created_at"),
        *maybe(MOMENT, "used_at"),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
    )
    _belonging(
        "recovery_code",
        *always(OCTETS, "digest"),
        *always(TEXT, "staff_id"),
        *maybe(MOMENT, "used_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_recovery_code"),
    )


def _browsers() -> None:
    _belonging(
        "staff_session",
        *always(OCTETS, "digest"),
        *always(TEXT, "id", "staff_id"),
        *always(WORD, "step"),
        *always(TEXT, "agent"),
        *always(MOMENT, "created_at", "seen_at", "proven_at", "ends_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_session"),
        sa.UniqueConstraint("id", name="uq_staff_session_id"),
    )
    _index("staff_session", "ends_at")
    op.create_table(
        "saved_filter",
        *always(TEXT, "id", "staff_id", "page", "name", "query"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_saved_filter_staff_id_staff", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filter"),
        sa.UniqueConstraint("staff_id", "page", "name", name="uq_saved_filter_staff_id_page_name"),
    )


def _belonging(table: str, *columns: sa.schema.SchemaItem) -> None:
    """A table of what belongs to somebody, and goes with them."""
    key = sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=f"fk_{table}_staff_id_staff", ondelete="CASCADE")
    op.create_table(table, *columns, key)
    _index(table, "staff_id")


def _audit() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", BIG_KEY, nullable=False),
        *always(MOMENT, "at"),
        *always(TEXT, "actor", "source", "action", "kind", "object", "reason"),
        *always(JSON, "fields"),
        *always(TEXT, "subject"),
        *maybe(OCTETS, "personal"),
        *always(OCTETS, "previous", "digest"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    _index("audit_entry", "kind", "object", "id")
    _index("audit_entry", "kind", "id")
    _index("audit_entry", "object", "id")
    _index("audit_entry", "actor", "id")
    _index("audit_entry", "action", "id")
    _index("audit_entry", "at")
    op.create_table(
        "audit_key",
        *always(TEXT, "subject"),
        *always(OCTETS, "octets"),
        sa.PrimaryKeyConstraint("subject", name="pk_audit_key"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entry_{deed.lower()} BEFORE {deed} ON audit_entry BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(f"CREATE FUNCTION audit_entry_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$")
    op.execute(
        "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_kept()"
    )


def _alerts() -> None:
    op.create_table(
        "alert",
        *always(TEXT, "id", "rule", "object"),
        *always(JSON, "details"),
        *always(MOMENT, "opened_at", "seen_at"),
        *maybe(MOMENT, "acknowledged_at"),
        *always(TEXT, "acknowledged_by"),
        *maybe(MOMENT, "closed_at", "told_at"),
        sa.PrimaryKeyConstraint("id", name="pk_alert"),
    )
    only = sa.text("closed_at IS NULL")
    op.create_index("uq_alert_open", "alert", ["rule", "object"], unique=True, sqlite_where=only, postgresql_where=only)
    _index("alert", "opened_at")
    _index("alert", "closed_at")
    op.create_table(
        "silence",
        *always(TEXT, "rule", "object"),
        *always(MOMENT, "until"),
        *always(TEXT, "by", "why"),
        sa.PrimaryKeyConstraint("rule", "object", name="pk_silence"),
    )
    op.create_table(
        "backup_run",
        sa.Column("id", BIG_KEY, nullable=False),
        *always(MOMENT, "at"),
        *always(TEXT, "by", "file"),
        *always(WORD, "state"),
        *always(BIG, "octets", "rows"),
        *always(NUMBER, "milliseconds"),
        *maybe(MOMENT, "rehearsed_at", "removed_at"),
        *always(TEXT, "fault"),
        sa.PrimaryKeyConstraint("id", name="pk_backup_run"),
    )
    _index("backup_run", "at")


def _visitors() -> None:
    op.create_table(
        "visitor_mark",
        *always(WORD, "span"),
        *always(MOMENT, "begins_at"),
        *always(OCTETS, "mark"),
        *always(TEXT, "institution"),
        sa.PrimaryKeyConstraint("span", "begins_at", "mark", "institution", name="pk_visitor_mark"),
    )
    op.create_table(
        "visitor_count",
        *always(WORD, "span"),
        *always(MOMENT, "begins_at"),
        *always(TEXT, "institution", "country"),
        *always(NUMBER, "visitors", "logins"),
        *maybe(MOMENT, "frozen_at"),
        sa.PrimaryKeyConstraint("span", "begins_at", "institution", "country", name="pk_visitor_count"),
    )
    _index("visitor_count", "begins_at")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    """Remove them, and what they hold."""
    op.drop_index("ix_session_access_point_ended_at", "session")
    op.drop_index("ix_auth_event_access_point_at", "auth_event")
    op.drop_index("ix_auth_event_failed", "auth_event")
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_entry_kept()")
