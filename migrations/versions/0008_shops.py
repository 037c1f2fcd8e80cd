"""Shops sign in: who works for them, where they may be shown, their page and adverts in versions that somebody decides on.

What is there already was the city's own doing: its shops' pages become their first version, and their pictures may be shown.
Going down, whether a shop is the city's is told by its campaigns again. Never reads the models: a revision describes the shape
of its own day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.columns import FLAG, JSON, MOMENT, NUMBER, TEXT, WORD, always, maybe

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables, and the columns of those that are there."""
    with op.batch_alter_table("business") as business:
        business.add_column(sa.Column("house", FLAG, nullable=False, server_default=sa.false()))
        business.add_column(sa.Column("suspended_why", TEXT, nullable=False, server_default=""))
        business.add_column(*maybe(MOMENT, "suspended_at"))
    op.execute("UPDATE business SET house = true WHERE id IN (SELECT business_id FROM campaign WHERE house)")
    with op.batch_alter_table("campaign") as campaign:
        campaign.drop_column("house")
        for column in maybe(MOMENT, "began_at", "ended_at"):
            campaign.add_column(column)
        campaign.add_column(sa.Column("held", FLAG, nullable=False, server_default=sa.false()))
    op.execute("UPDATE campaign SET began_at = created_at WHERE state IN ('live', 'ended')")  # told before anybody was
    with op.batch_alter_table("creative") as creative:
        creative.add_column(sa.Column("plan", JSON, nullable=False, server_default="{}"))
        creative.add_column(sa.Column("editors", JSON, nullable=False, server_default="[]"))
        creative.add_column(sa.Column("edits", NUMBER, nullable=False, server_default="0"))
        for name in ("made_by", "submitted_by", "decided_by"):
            creative.add_column(sa.Column(name, TEXT, nullable=False, server_default=""))
        creative.add_column(*maybe(MOMENT, "submitted_at"))
    with op.batch_alter_table("media") as media:
        media.add_column(*maybe(MOMENT, "published_at"))
    op.execute("UPDATE media SET published_at = created_at")
    with op.batch_alter_table("staff_link") as link:
        link.add_column(sa.Column("purpose", WORD, nullable=False, server_default="setup"))
    _settle()
    op.create_index("ix_creative_state_submitted_at", "creative", ["state", "submitted_at"])
    _tables()
    _firsts()


def _settle() -> None:
    """What fills a new column of rows that are there is no default of the table."""
    filled = {
        "business": ("house", "suspended_why"),
        "campaign": ("held",),
        "creative": ("plan", "editors", "edits", "made_by", "submitted_by", "decided_by"),
        "staff_link": ("purpose",),
    }
    for table, columns in filled.items():
        with op.batch_alter_table(table) as altered:
            for column in columns:
                altered.alter_column(column, server_default=None)


def _tables() -> None:
    shop = sa.ForeignKeyConstraint
    op.create_table(
        "business_place",
        *always(TEXT, "business_id"),
        *always(WORD, "kind"),
        *always(TEXT, "name"),
        shop(["business_id"], ["business.id"], name="fk_business_place_business_id_business", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("business_id", "kind", "name", name="pk_business_place"),
    )
    op.create_table(
        "membership",
        *always(TEXT, "staff_id", "business_id"),
        *always(MOMENT, "created_at"),
        shop(["staff_id"], ["staff.id"], name="fk_membership_staff_id_staff", ondelete="CASCADE"),
        shop(["business_id"], ["business.id"], name="fk_membership_business_id_business", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id", "business_id", name="pk_membership"),
    )
    op.create_index("ix_membership_business_id", "membership", ["business_id"])
    op.create_table(
        "shop_version",
        *always(TEXT, "id", "business_id"),
        *always(NUMBER, "version"),
        *always(WORD, "state"),
        *always(TEXT, "name"),
        *always(JSON, "about"),
        *always(TEXT, "address"),
        *always(JSON, "hours"),
        *always(TEXT, "link", "picture"),
        *always(JSON, "alt"),
        *always(TEXT, "reason"),
        *always(NUMBER, "edits"),
        *always(MOMENT, "created_at"),
        *always(TEXT, "made_by"),
        *always(JSON, "editors"),
        *always(TEXT, "submitted_by"),
        *maybe(MOMENT, "submitted_at"),
        *always(TEXT, "decided_by"),
        *maybe(MOMENT, "decided_at"),
        shop(["business_id"], ["business.id"], name="fk_shop_version_business_id_business", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shop_version"),
        sa.UniqueConstraint("business_id", "version", name="uq_shop_version_business_id_version"),
    )
    op.create_index("ix_shop_version_state_submitted_at", "shop_version", ["state", "submitted_at"])
    op.create_table(
        "picture",
        *always(TEXT, "business_id", "sha"),
        *always(MOMENT, "created_at"),
        shop(["business_id"], ["business.id"], name="fk_picture_business_id_business", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("business_id", "sha", name="pk_picture"),
    )
    op.create_index("ix_picture_sha", "picture", ["sha"])


def _firsts() -> None:
    """The page of each shop that is there as its first version, its pictures as its own."""
    kept = "name, about, address, hours, link, picture, alt"
    op.execute(  # of our own words alone
        f"INSERT INTO shop_version (id, business_id, version, state, {kept}, reason, edits, "  # noqa: S608
        "created_at, made_by, editors, submitted_by, decided_by, decided_at) "
        f"SELECT id, id, 1, 'approved', {kept}, '', 0, created_at, '', '[]', '', '', created_at FROM business"
    )
    theirs = "creative JOIN campaign ON campaign.id = creative.campaign_id JOIN business ON business.id = campaign.business_id"
    op.execute(
        "INSERT INTO picture (business_id, sha, created_at) "  # noqa: S608
        "SELECT id, picture, created_at FROM business WHERE picture <> '' UNION "
        f"SELECT business.id, creative.picture, business.created_at FROM {theirs} WHERE creative.picture <> ''"
    )


def downgrade() -> None:
    """Remove them, and what they hold; whoever works for a shop goes, too: the older pages have nothing for them."""
    op.execute("DELETE FROM staff_link WHERE purpose <> 'setup'")
    for table in ("picture", "shop_version", "membership", "business_place"):
        op.drop_table(table)
    shops = "SELECT id FROM staff WHERE role IN ('business-owner', 'venue-staff')"
    for table in ("staff_link", "passkey", "recovery_code", "staff_session", "saved_filter"):  # SQLite deletes nothing of itself here
        op.execute(f"DELETE FROM {table} WHERE staff_id IN ({shops})")  # noqa: S608  of our own words alone
    op.execute(f"DELETE FROM staff WHERE id IN ({shops})")  # noqa: S608
    op.drop_index("ix_creative_state_submitted_at", "creative")
    with op.batch_alter_table("staff_link") as link:
        link.drop_column("purpose")
    with op.batch_alter_table("media") as media:
        media.drop_column("published_at")
    with op.batch_alter_table("creative") as creative:
        for name in ("plan", "editors", "edits", "made_by", "submitted_by", "submitted_at", "decided_by"):
            creative.drop_column(name)
    with op.batch_alter_table("campaign") as campaign:
        campaign.drop_column("began_at")
        campaign.drop_column("ended_at")
        campaign.drop_column("held")
        campaign.add_column(sa.Column("house", FLAG, nullable=False, server_default=sa.false()))
    op.execute("UPDATE campaign SET house = true WHERE business_id IN (SELECT id FROM business WHERE house)")
    with op.batch_alter_table("campaign") as campaign:
        campaign.alter_column("house", server_default=None)
    with op.batch_alter_table("business") as business:
        for name in ("house", "suspended_at", "suspended_why"):
            business.drop_column(name)
