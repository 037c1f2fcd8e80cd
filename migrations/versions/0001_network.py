"""The declared network, the access points nobody declared, and keys of our own.

Never reads the models: a revision describes the shape of its own day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG_KEY, FLAG, JSON, MOMENT, NUMBER, OCTETS, REAL, TEXT, WORD, always, maybe

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "operator",
        sa.Column("id", NUMBER, nullable=False, autoincrement=False),
        *always(TEXT, "name", "operator_name", "country"),
        *always(WORD, "managed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_operator"),
    )
    op.create_table(
        "network_version",
        sa.Column("id", NUMBER, nullable=False, autoincrement=False),
        *always(NUMBER, "version"),
        *always(MOMENT, "changed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_network_version"),
    )
    op.create_table(
        "hygiene",
        *always(TEXT, "realm"),
        *always(WORD, "verdict", "managed_by"),
        sa.PrimaryKeyConstraint("realm", name="pk_hygiene"),
    )
    op.create_table(
        "site",
        *always(TEXT, "id", "name", "district", "address"),
        *maybe(REAL, "latitude", "longitude"),
        *always(TEXT, "timezone"),
        *always(WORD, "managed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
    )
    op.create_table(
        "client",
        *always(TEXT, "name"),
        *always(JSON, "addresses"),
        *always(OCTETS, "secret"),
        *maybe(OCTETS, "previous_secret"),
        *maybe(MOMENT, "previous_until"),
        *maybe(OCTETS, "coa_secret"),
        *always(NUMBER, "coa_port"),
        *always(FLAG, "weak_secret"),
        *always(TEXT, "nas"),
        *maybe(TEXT, "site"),
        *always(FLAG, "require_message_authenticator"),
        *maybe(REAL, "rate"),
        *always(WORD, "managed_by"),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name="fk_client_site_site", deferrable=True, initially="DEFERRED"),
        sa.PrimaryKeyConstraint("name", name="pk_client"),
    )
    op.create_index("ix_client_site", "client", ["site"])
    op.create_table(
        "access_point",
        *always(TEXT, "name"),
        *maybe(TEXT, "mac", "site", "client"),
        *always(WORD, "managed_by"),
        sa.ForeignKeyConstraint(["client"], ["client.name"], name="fk_access_point_client_client", deferrable=True, initially="DEFERRED"),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name="fk_access_point_site_site", deferrable=True, initially="DEFERRED"),
        sa.PrimaryKeyConstraint("name", name="pk_access_point"),
    )
    op.create_index("ix_access_point_client", "access_point", ["client"])
    op.create_index("ix_access_point_mac", "access_point", ["mac"])
    op.create_index("ix_access_point_site", "access_point", ["site"])
    op.create_table(
        "unknown_access_point",
        *always(BIG_KEY, "id"),
        *always(TEXT, "client", "bssid", "nas_identifier", "ssid"),
        *always(MOMENT, "first_seen", "last_seen"),
        *always(NUMBER, "sightings"),
        sa.PrimaryKeyConstraint("id", name="pk_unknown_access_point"),
        sa.UniqueConstraint("client", "bssid", "nas_identifier", name="uq_unknown_access_point_client_bssid_nas_identifier"),
    )
    op.create_index("ix_unknown_access_point_last_seen", "unknown_access_point", ["last_seen"])
    op.create_table(
        "home",
        *always(TEXT, "name", "address"),
        *always(NUMBER, "port", "acct_port"),
        *always(TEXT, "transport"),
        *maybe(OCTETS, "secret"),
        *always(FLAG, "weak_secret"),
        *maybe(TEXT, "source"),
        *always(FLAG, "enabled", "foreign", "status_server", "require_message_authenticator"),
        *always(JSON, "timing"),
        *always(WORD, "managed_by"),
        sa.PrimaryKeyConstraint("name", name="pk_home"),
    )
    op.create_table(
        "realm",
        *always(TEXT, "match"),
        *always(NUMBER, "position"),
        *always(WORD, "action"),
        *always(JSON, "homes"),
        *always(WORD, "strategy", "accounting"),
        *always(TEXT, "institution", "country", "reason"),
        *always(WORD, "managed_by"),
        sa.PrimaryKeyConstraint("match", name="pk_realm"),
    )
    op.create_index("ix_realm_position", "realm", ["position"])
    op.create_table(
        "policy",
        *always(TEXT, "name"),
        *always(NUMBER, "position"),
        *always(WORD, "direction"),
        *always(JSON, "codes"),
        *maybe(TEXT, "realm", "site", "client", "home"),
        *always(JSON, "remove", "clamp", "add", "set", "refuse"),
        *always(FLAG, "foreign"),
        *always(WORD, "managed_by"),
        sa.PrimaryKeyConstraint("name", name="pk_policy"),
    )
    op.create_index("ix_policy_position", "policy", ["position"])
    op.create_table(
        "named_key",
        *always(TEXT, "name"),
        *always(OCTETS, "octets"),
        *always(MOMENT, "created_at"),
        sa.PrimaryKeyConstraint("name", name="pk_named_key"),
    )


def downgrade() -> None:
    """Remove them, and what they hold."""
    for table in (
        "access_point",
        "client",
        "unknown_access_point",
        "site",
        "realm",
        "policy",
        "operator",
        "network_version",
        "named_key",
        "hygiene",
        "home",
    ):
        op.drop_table(table)
