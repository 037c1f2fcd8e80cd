"""Trails: what each record of a session said, and when its Start arrived. Sessions of older days have none, and need none.

Never reads the models: a revision describes the shape of its own day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.columns import MOMENT, NUMBER, OCTETS, TEXT, always, maybe

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table and the column."""
    with op.batch_alter_table("session") as session:
        session.add_column(*maybe(MOMENT, "heard_at"))
    op.create_table(
        "session_trail",
        *always(TEXT, "session_id"),
        sa.Column("leg", NUMBER, nullable=False, autoincrement=False),
        *always(TEXT, "acct_session_id", "state", "places"),
        *always(OCTETS, "points"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_session_trail_session_id_session", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "leg", name="pk_session_trail"),
    )
    op.drop_index("ix_session_updated_at", "session")  # every record moved its entry; nothing looks by it any more
    for index, table, column in (
        ("ix_session_trail_leg", "session_trail", "acct_session_id"),
        ("ix_session_multi", "session", "multi_session_id"),
    ):
        said = sa.text(f"{column} <> ''")
        op.create_index(index, table, [column], sqlite_where=said, postgresql_where=said)


def downgrade() -> None:
    """Remove them: totals, hops and hours stay as they were counted."""
    op.drop_index("ix_session_multi", "session")
    op.create_index("ix_session_updated_at", "session", ["updated_at"])
    op.drop_table("session_trail")
    with op.batch_alter_table("session") as session:
        session.drop_column("heard_at")
