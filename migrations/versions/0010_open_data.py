"""Open data: what it says of a site, and what was published.

Every site that is there may be named: nothing is public before somebody publishes it. Never reads the models: a revision describes
the shape of its own day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.columns import FLAG, MOMENT, NUMBER, OCTETS, TEXT, WORD, always, maybe

revision = "0010"
down_revision = "0009"
_TEXTS = ("indoor_outdoor", "opening_hours", "activated_on", "accessible_entrance")


def upgrade() -> None:
    """Make the table, and the columns of sites."""
    with op.batch_alter_table("site") as site:
        for name in _TEXTS:
            site.add_column(sa.Column(name, TEXT, nullable=False, server_default=""))
        site.add_column(sa.Column("published", FLAG, nullable=False, server_default=sa.true()))
    with op.batch_alter_table("site") as site:
        for name in (*_TEXTS, "published"):
            site.alter_column(name, server_default=None)
    op.create_table(
        "publication",
        *always(TEXT, "id"),
        *always(WORD, "dataset"),
        *always(TEXT, "period"),
        *always(NUMBER, "number"),
        *always(MOMENT, "published_at"),
        *always(TEXT, "published_by"),
        *always(OCTETS, "octets"),
        *always(TEXT, "digest"),
        *always(NUMBER, "told", "withheld"),
        *maybe(MOMENT, "withdrawn_at"),
        *always(TEXT, "withdrawn_by", "withdrawn_why"),
        sa.PrimaryKeyConstraint("id", name="pk_publication"),
        sa.UniqueConstraint("dataset", "period", "number", name="uq_publication_dataset_period_number"),
    )


def downgrade() -> None:
    """Remove them; what was published is public no more."""
    op.drop_table("publication")
    with op.batch_alter_table("site") as site:
        for name in (*_TEXTS, "published"):
            site.drop_column(name)
