"""Ways in: vouchers, challenges, consents, guesses, messages, adverts, and the proof of deletion.

What is gone after going down is gone: codes that were sent are worth nothing then. Never reads the models: a revision
describes the shape of its own day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG_KEY, FLAG, JSON, MOMENT, NUMBER, OCTETS, TEXT, WORD, always, maybe

revision = "0005"
down_revision = "0004"
_TABLES = (
    "retention_run", "placement_hour", "media", "creative", "campaign_place", "campaign", "business", "message", "consent", "guess",
    "challenge", "voucher", "voucher_batch",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, and the columns of those that are there."""
    with op.batch_alter_table("account") as account:
        account.add_column(*maybe(OCTETS, "contact"))
        account.add_column(sa.Column("language", TEXT, nullable=False, server_default=""))
    with op.batch_alter_table("device") as device:
        device.add_column(*maybe(OCTETS, "label"))
        device.add_column(*maybe(MOMENT, "added_at"))
    with op.batch_alter_table("portal") as portal:
        portal.add_column(sa.Column("sponsors", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("realm") as realm:
        realm.add_column(sa.Column("profile", TEXT, nullable=False, server_default=""))
    for table, column in (("account", "language"), ("portal", "sponsors"), ("realm", "profile")):
        with op.batch_alter_table(table) as altered:
            altered.alter_column(column, server_default=None)
    _vouchers()
    _challenges()
    _messages()
    _adverts()
    _figures()


def _vouchers() -> None:
    op.create_table(
        "voucher_batch",
        *always(TEXT, "id", "name", "plan"),
        *always(NUMBER, "devices"),
        *maybe(NUMBER, "lasts"),
        *always(MOMENT, "created_at", "expires_at"),
        *maybe(MOMENT, "closed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_voucher_batch"),
    )
    op.create_table(
        "voucher",
        *always(TEXT, "id", "batch_id"),
        *always(OCTETS, "code_hash"),
        *maybe(OCTETS, "code"),
        *always(TEXT, "account_id"),
        *maybe(MOMENT, "used_at", "ends_at", "revoked_at"),
        sa.ForeignKeyConstraint(["batch_id"], ["voucher_batch.id"], name="fk_voucher_batch_id_voucher_batch", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_voucher"),
        sa.UniqueConstraint("code_hash", name="uq_voucher_code_hash"),
    )
    _index("voucher", "batch_id")
    _index("voucher", "account_id")


def _challenges() -> None:
    op.create_table(
        "challenge",
        *always(TEXT, "id"),
        *always(WORD, "way", "purpose"),
        *always(OCTETS, "identity_hash", "contact", "code_hash", "device_hash"),
        *always(TEXT, "grant_id", "client", "portal", "plan", "language"),
        *maybe(OCTETS, "target", "asked", "sponsor"),
        *always(NUMBER, "tries", "sent"),
        *always(MOMENT, "created_at", "expires_at"),
        *maybe(MOMENT, "sent_at", "settled_at"),
        *maybe(WORD, "outcome"),
        sa.PrimaryKeyConstraint("id", name="pk_challenge"),
    )
    for column in ("device_hash", "identity_hash", "expires_at", "grant_id"):
        _index("challenge", column)
    op.create_table(
        "guess",
        *always(TEXT, "name"),
        *always(NUMBER, "count"),
        *always(MOMENT, "begins_at", "until"),
        *maybe(MOMENT, "not_before"),
        sa.PrimaryKeyConstraint("name", name="pk_guess"),
    )
    _index("guess", "until")
    op.create_table(
        "consent",
        *always(TEXT, "id", "account_id", "purpose", "digest", "language", "portal"),
        *always(MOMENT, "given_at"),
        *maybe(MOMENT, "withdrawn_at"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_consent_account_id_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    _index("consent", "account_id")


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", BIG_KEY, nullable=False),
        *always(WORD, "kind"),
        *always(TEXT, "purpose", "language"),
        *maybe(OCTETS, "to"),
        *always(OCTETS, "to_hash"),
        *maybe(OCTETS, "content"),
        *always(TEXT, "challenge_id"),
        *maybe(TEXT, "key"),
        *always(WORD, "state"),
        *always(MOMENT, "queued_at", "expires_at"),
        *maybe(MOMENT, "leased_until", "settled_at"),
        *always(NUMBER, "tries"),
        *always(TEXT, "outcome"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("key", name="uq_message_key"),
    )
    _index("message", "state", "id")
    _index("message", "to_hash", "queued_at")
    _index("message", "queued_at")
    _index("message", "challenge_id")


def _adverts() -> None:
    op.create_table(
        "business",
        *always(TEXT, "id", "slug", "name"),
        *always(JSON, "about"),
        *always(TEXT, "address"),
        *always(JSON, "hours"),
        *always(TEXT, "link", "picture"),
        *always(JSON, "alt"),
        *always(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_business"),
        sa.UniqueConstraint("slug", name="uq_business_slug"),
    )
    op.create_table(
        "campaign",
        *always(TEXT, "id", "business_id", "name"),
        *always(WORD, "state"),
        *always(FLAG, "house"),
        *always(NUMBER, "weight"),
        *maybe(sa.Date(), "first_day", "last_day"),
        *always(NUMBER, "weekdays", "from_minute", "until_minute"),
        *maybe(NUMBER, "day_cap", "total_cap"),
        *always(MOMENT, "created_at"),
        sa.ForeignKeyConstraint(["business_id"], ["business.id"], name="fk_campaign_business_id_business", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
    )
    _index("campaign", "business_id")
    _index("campaign", "state")
    op.create_table(
        "campaign_place",
        *always(TEXT, "campaign_id"),
        *always(WORD, "kind"),
        *always(TEXT, "name"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_campaign_place_campaign_id_campaign", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("campaign_id", "kind", "name", name="pk_campaign_place"),
    )


def _figures() -> None:
    op.create_table(
        "creative",
        *always(TEXT, "id", "campaign_id"),
        *always(NUMBER, "version"),
        *always(WORD, "state"),
        *always(JSON, "title", "text"),
        *always(TEXT, "picture"),
        *always(JSON, "alt"),
        *always(TEXT, "link", "reason"),
        *always(MOMENT, "created_at"),
        *maybe(MOMENT, "decided_at"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_creative_campaign_id_campaign", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_creative"),
        sa.UniqueConstraint("campaign_id", "version", name="uq_creative_campaign_id_version"),
    )
    op.create_table(
        "media",
        *always(TEXT, "sha"),
        *always(OCTETS, "octets"),
        *always(NUMBER, "width", "height"),
        *always(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("sha", name="pk_media"),
    )
    op.create_table(
        "placement_hour",
        *always(TEXT, "creative_id"),
        *always(MOMENT, "hour"),
        *always(TEXT, "site", "language", "campaign_id"),
        *always(NUMBER, "impressions", "clicks"),
        sa.ForeignKeyConstraint(["creative_id"], ["creative.id"], name="fk_placement_hour_creative_id_creative", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_placement_hour_campaign_id_campaign", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("creative_id", "hour", "site", "language", name="pk_placement_hour"),
    )
    _index("placement_hour", "campaign_id", "hour")
    _index("placement_hour", "hour")
    op.create_table(
        "retention_run",
        sa.Column("id", BIG_KEY, nullable=False),
        *always(MOMENT, "at"),
        *always(TEXT, "kept"),
        *always(MOMENT, "cutoff"),
        *always(NUMBER, "deleted"),
        *maybe(MOMENT, "oldest"),
        sa.PrimaryKeyConstraint("id", name="pk_retention_run"),
    )
    _index("retention_run", "kept", "at")
    _index("retention_run", "at")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    """Remove them, and what they hold."""
    for table in _TABLES:
        op.drop_table(table)
    for table, columns in (
        ("realm", ("profile",)),
        ("portal", ("sponsors",)),
        ("device", ("label", "added_at")),
        ("account", ("contact", "language")),
    ):
        with op.batch_alter_table(table) as altered:
            for column in columns:
                altered.drop_column(column)
