"""What staff do for guests, and what programs do for staff: requests, openings, versions of portals, tokens, webhooks, certificates.

Going down, a batch of vouchers that is not whole goes: there every voucher is good. Never reads the models: a revision describes
the shape of its own day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG_KEY, FLAG, JSON, MOMENT, NUMBER, OCTETS, TEXT, WORD, always, maybe

revision = "0007"
down_revision = "0006"
_TABLES = (
    "listener_key", "delivery", "event", "webhook", "idempotency_key", "api_token", "incident_opening", "privacy_request", "portal_version",
    "portal_terms",
)  # fmt: skip
_OF_BATCHES = ("wanted", "whole_at", "made_by", "leased_until")


def upgrade() -> None:
    """Make the tables; batches that are there are whole."""
    _vouchers()
    _portals()
    _privacy()
    _tokens()
    _webhooks()
    _listeners()
    _index("account", "last_seen", "id")


def _vouchers() -> None:
    with op.batch_alter_table("voucher_batch") as table:
        table.add_column(sa.Column("wanted", NUMBER, nullable=False, server_default="0"))
        table.add_column(sa.Column("whole_at", MOMENT, nullable=True))
        table.add_column(sa.Column("made_by", TEXT, nullable=False, server_default=""))
        table.add_column(sa.Column("leased_until", MOMENT, nullable=True))
    op.execute(
        "UPDATE voucher_batch SET whole_at = created_at, wanted = (SELECT count(*) FROM voucher WHERE voucher.batch_id = voucher_batch.id)"
    )
    with op.batch_alter_table("voucher_batch") as table:
        for name in ("wanted", "made_by"):
            table.alter_column(name, server_default=None)


def _portals() -> None:
    with op.batch_alter_table("portal") as table:
        table.add_column(sa.Column("privacy", JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("portal") as table:
        table.alter_column("privacy", server_default=None)
    op.create_table(
        "portal_terms",
        *always(TEXT, "digest", "language", "portal", "text"),
        *always(MOMENT, "at"),
        sa.PrimaryKeyConstraint("digest", name="pk_portal_terms"),
    )
    _index("consent", "digest")
    op.create_table(
        "portal_version",
        *always(TEXT, "id", "portal"),
        *always(NUMBER, "number"),
        *always(JSON, "fields"),
        *always(TEXT, "note", "made_by", "published_by"),
        *always(MOMENT, "made_at"),
        *maybe(MOMENT, "published_at"),
        sa.PrimaryKeyConstraint("id", name="pk_portal_version"),
        sa.UniqueConstraint("portal", "number", name="uq_portal_version_portal_number"),
    )


def _privacy() -> None:
    op.create_table(
        "privacy_request",
        *always(TEXT, "id", "account_id", "received_by", "settled_by", "outcome"),
        *always(WORD, "kind", "state"),
        *maybe(OCTETS, "contact"),
        *always(MOMENT, "received_at", "due_at"),
        *maybe(MOMENT, "settled_at"),
        *always(JSON, "left"),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_request"),
    )
    _index("privacy_request", "state", "due_at")
    _index("privacy_request", "received_at")
    _index("privacy_request", "account_id")
    op.create_table(
        "incident_opening",
        *always(TEXT, "id", "asked_by", "reason", "reference", "decided_by"),
        *always(MOMENT, "asked_at"),
        *always(OCTETS, "scope"),
        *maybe(MOMENT, "decided_at", "ends_at", "seen_at"),
        *maybe(FLAG, "granted"),
        *always(FLAG, "alone"),
        *maybe(NUMBER, "records"),
        sa.PrimaryKeyConstraint("id", name="pk_incident_opening"),
    )
    _index("incident_opening", "asked_at")


def _tokens() -> None:
    op.create_table(
        "api_token",
        *always(TEXT, "id", "name", "tail", "staff_id"),
        *always(OCTETS, "digest"),
        *always(WORD, "role"),
        *always(JSON, "scopes", "networks"),
        *always(MOMENT, "created_at", "expires_at"),
        *maybe(MOMENT, "used_at", "revoked_at"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_api_token_staff_id_staff", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("digest", name="uq_api_token_digest"),
    )
    _index("api_token", "staff_id")
    _index("api_token", "expires_at")
    op.create_table(
        "idempotency_key",
        *always(TEXT, "id", "token_id", "key"),
        *always(OCTETS, "request"),
        *always(MOMENT, "at"),
        *always(NUMBER, "status"),
        *always(JSON, "headers"),
        *maybe(OCTETS, "body"),
        sa.ForeignKeyConstraint(["token_id"], ["api_token.id"], name="fk_idempotency_key_token_id_api_token", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_idempotency_key"),
        sa.UniqueConstraint("token_id", "key", name="uq_idempotency_key_token_id_key"),
    )
    _index("idempotency_key", "at")


def _webhooks() -> None:
    op.create_table(
        "webhook",
        *always(TEXT, "id", "name", "url", "created_by", "why"),
        *always(JSON, "events"),
        *always(OCTETS, "secret"),
        *maybe(OCTETS, "previous_secret"),
        *always(MOMENT, "created_at"),
        *maybe(MOMENT, "previous_until", "paused_at", "delivered_at", "failing_since"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    op.create_table(
        "event",
        sa.Column("id", BIG_KEY, nullable=False),
        *always(TEXT, "kind", "object"),
        *always(MOMENT, "at"),
        *always(JSON, "content"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    _index("event", "at")
    _index("event", "kind", "id")
    op.create_table(
        "delivery",
        sa.Column("id", BIG_KEY, nullable=False),
        *always(TEXT, "webhook_id", "outcome"),
        *always(BIG_KEY, "event_id"),
        *always(WORD, "state"),
        *maybe(BIG_KEY, "replay_of"),
        *always(MOMENT, "queued_at"),
        *maybe(MOMENT, "leased_until", "sent_at", "settled_at"),
        *always(NUMBER, "tries"),
        *maybe(NUMBER, "status", "milliseconds"),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name="fk_delivery_webhook_id_webhook", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name="fk_delivery_event_id_event", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    for columns in (("webhook_id", "id"), ("event_id",), ("queued_at",)):
        _index("delivery", *columns)
    _index("delivery", "state", "webhook_id", "id")
    _index("delivery", "state", "webhook_id", "leased_until")


def _listeners() -> None:
    op.create_table(
        "listener_key",
        *always(TEXT, "id", "listener", "request", "chain", "created_by"),
        *always(OCTETS, "key"),
        *always(MOMENT, "created_at"),
        *maybe(MOMENT, "ends_at", "used_from", "retired_at"),
        sa.PrimaryKeyConstraint("id", name="pk_listener_key"),
    )
    _index("listener_key", "listener", "created_at")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    """Remove them, and what they hold."""
    op.execute("DELETE FROM voucher WHERE batch_id IN (SELECT id FROM voucher_batch WHERE whole_at IS NULL)")
    op.execute("DELETE FROM voucher_batch WHERE whole_at IS NULL")
    for name in _TABLES:
        op.drop_table(name)
    with op.batch_alter_table("voucher_batch") as table:
        for column in _OF_BATCHES:
            table.drop_column(column)
    with op.batch_alter_table("portal") as table:
        table.drop_column("privacy")
    op.drop_index("ix_consent_digest", "consent")
    op.drop_index("ix_account_last_seen_id", "account")
