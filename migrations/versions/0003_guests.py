"""Guests: plans and portals, grants and what was used under them, and what clients and orders need for both.

Every client gets its key, the path of its gateway at the portal. Going down, a client that sends no RADIUS and so has
no secret cannot be kept: it goes, and its access points belong to no client. Never reads the models: a revision
describes the shape of its own day.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from alembic import op

from migrations.columns import BIG, FLAG, JSON, MOMENT, NUMBER, OCTETS, REAL, TEXT, WORD, always, maybe

if TYPE_CHECKING:
    from migrations.columns import Kind

revision = "0003"
down_revision = "0002"

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32


def upgrade() -> None:
    """Make the tables, and the columns of those that are there."""
    _offers()
    _guests()
    _places()
    _clients()
    _orders()
    with op.batch_alter_table("session") as session:
        session.add_column(*maybe(TEXT, "grant_id"))
    op.create_index("ix_session_grant_id", "session", ["grant_id"])
    op.add_column("auth_event", *maybe(TEXT, "grant_id"))  # as it stands: copying a year of logins would take minutes
    known = sa.text("grant_id IS NOT NULL")
    op.create_index("ix_auth_event_grant_id", "auth_event", ["grant_id"], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    """Remove them, and what they hold."""
    op.drop_index("ix_auth_event_grant_id", "auth_event")
    op.drop_column("auth_event", "grant_id")
    op.drop_index("ix_session_grant_id", "session")
    with op.batch_alter_table("session") as session:
        session.drop_column("grant_id")
    op.drop_index("ix_outbox_grant_id", "outbox")
    with op.batch_alter_table("outbox") as outbox:
        for name in ("grant_id", "client", "target"):
            outbox.drop_column(name)
    _clients_without_keys()
    with op.batch_alter_table("access_point") as point:
        point.drop_column("latitude")
        point.drop_column("longitude")
    with op.batch_alter_table("operator") as operator:
        operator.drop_column("timezone")
    with op.batch_alter_table("site") as site:
        site.drop_constraint("fk_site_portal_portal", type_="foreignkey")
        site.drop_column("portal")
    for table in ("sign_in_token", "guest_usage", "grant_feed", "grant", "device", "account", "portal", "plan", "ssid", "district"):
        op.drop_table(table)


def _offers() -> None:
    """What guests are offered: rows of the network."""
    op.create_table("district", *always(TEXT, "name"), *always(WORD, "managed_by"), sa.PrimaryKeyConstraint("name", name="pk_district"))
    op.create_table("ssid", *always(TEXT, "name", "profile"), *always(WORD, "managed_by"), sa.PrimaryKeyConstraint("name", name="pk_ssid"))
    op.create_table(
        "plan",
        *always(TEXT, "name"),
        *maybe(NUMBER, "session", "day_time"),
        *maybe(BIG, "day_data", "month_data", "up", "down"),
        *maybe(NUMBER, "devices", "simultaneous", "idle"),
        *always(NUMBER, "extend_times", "extend_by"),
        *always(WORD, "managed_by"),
        sa.PrimaryKeyConstraint("name", name="pk_plan"),
    )
    op.create_table(
        "portal",
        *always(TEXT, "name"),
        *always(JSON, "ways"),
        *always(TEXT, "plan"),
        *always(JSON, "plans", "languages"),
        *always(TEXT, "logo", "accent"),
        *always(JSON, "welcome", "help", "terms"),
        *always(NUMBER, "provisional"),
        *always(WORD, "managed_by"),
        sa.ForeignKeyConstraint(["plan"], ["plan.name"], name="fk_portal_plan_plan", deferrable=True, initially="DEFERRED"),
        sa.PrimaryKeyConstraint("name", name="pk_portal"),
    )


def _guests() -> None:
    """Accounts, devices, grants, usage, one-time tokens."""
    op.create_table(
        "account",
        *always(TEXT, "id"),
        *always(WORD, "way"),
        *always(OCTETS, "identity_hash"),
        *always(MOMENT, "created_at", "last_seen"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("way", "identity_hash", name="uq_account_way_identity_hash"),
    )
    op.create_table(
        "device",
        *always(OCTETS, "hash"),
        *maybe(TEXT, "account_id"),
        *always(MOMENT, "first_seen", "last_seen"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_device_account_id_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash", name="pk_device"),
    )
    op.create_index("ix_device_account_id", "device", ["account_id"])
    op.create_index("ix_device_last_seen", "device", ["last_seen"])
    _grants()
    op.create_table(
        "guest_usage",
        *always(TEXT, "subject"),
        *always(WORD, "period"),
        *always(MOMENT, "begins_at", "ends_at"),
        *always(BIG, "seconds", "octets"),
        sa.PrimaryKeyConstraint("subject", "period", "begins_at", name="pk_guest_usage"),
    )
    op.create_index("ix_guest_usage_ends_at", "guest_usage", ["ends_at"])
    op.create_table(
        "sign_in_token",
        *always(TEXT, "name"),
        *always(OCTETS, "secret"),
        *always(TEXT, "grant_id", "client"),
        *always(MOMENT, "expires_at"),
        *maybe(MOMENT, "used_at"),
        sa.ForeignKeyConstraint(["grant_id"], ["grant.id"], name="fk_sign_in_token_grant_id_grant", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("name", name="pk_sign_in_token"),
    )
    op.create_index("ix_sign_in_token_expires_at", "sign_in_token", ["expires_at"])
    op.create_index("ix_sign_in_token_grant_id", "sign_in_token", ["grant_id"])


def _grants() -> None:
    """Grants, and the number that counts their changes."""
    op.create_table(
        "grant",
        *always(TEXT, "id"),
        *always(OCTETS, "device_hash"),
        *maybe(TEXT, "account_id"),
        *always(TEXT, "plan", "portal"),
        *always(WORD, "way"),
        *always(FLAG, "provisional"),
        *always(TEXT, "terms", "language", "client", "access_point", "ssid", "site"),
        *always(MOMENT, "starts_at", "ends_at"),
        *always(NUMBER, "extensions"),
        *maybe(MOMENT, "revoked_at"),
        *always(TEXT, "why", "support"),
        *always(BIG, "changed"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_grant_account_id_account", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["device_hash"], ["device.hash"], name="fk_grant_device_hash_device", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_grant"),
    )
    op.create_index("ix_grant_account_id", "grant", ["account_id"])
    op.create_index("ix_grant_changed", "grant", ["changed"])
    op.create_index("ix_grant_device_hash_ends_at", "grant", ["device_hash", "ends_at"])
    op.create_index("ix_grant_ends_at", "grant", ["ends_at"])
    op.create_index("ix_grant_support", "grant", ["support"])
    op.create_table(
        "grant_feed",
        sa.Column("id", NUMBER, nullable=False, autoincrement=False),
        *always(BIG, "number"),
        sa.PrimaryKeyConstraint("id", name="pk_grant_feed"),
    )


def _places() -> None:
    """Where days turn, which portal a site has, where an access point is."""
    _add("operator", TEXT, "timezone", "UTC")
    with op.batch_alter_table("site") as site:
        site.add_column(*maybe(TEXT, "portal"))
        site.create_foreign_key("fk_site_portal_portal", "portal", ["portal"], ["name"], deferrable=True, initially="DEFERRED")
    with op.batch_alter_table("access_point") as point:
        for column in maybe(REAL, "latitude", "longitude"):
            point.add_column(column)


def _clients() -> None:
    """A key for each, options for those that need them, a secret only where RADIUS is spoken."""
    with op.batch_alter_table("client") as client:
        for column in (*maybe(FLAG, "radius"), *maybe(TEXT, "key"), *maybe(JSON, "options")):
            client.add_column(column)
        for column in maybe(OCTETS, "uam_secret", "fas_key", "api_secret"):
            client.add_column(column)
    table = sa.table("client", sa.column("name", TEXT), sa.column("radius", FLAG), sa.column("key", TEXT), sa.column("options", JSON))
    connection = op.get_bind()
    for name in connection.scalars(sa.select(table.c.name)).all():
        key = "".join(secrets.choice(_ALPHABET) for _ in range(16))
        connection.execute(sa.update(table).where(table.c.name == name).values(radius=True, key=key, options={}))
    with op.batch_alter_table("client") as client:
        client.alter_column("radius", existing_type=FLAG, nullable=False)
        client.alter_column("key", existing_type=TEXT, nullable=False)
        client.alter_column("options", existing_type=JSON, nullable=False)
        client.alter_column("secret", existing_type=OCTETS, nullable=True)
        client.create_unique_constraint("uq_client_key", ["key"])


def _clients_without_keys() -> None:
    """As they were; without a secret there is none."""
    op.execute("UPDATE access_point SET client = NULL WHERE client IN (SELECT name FROM client WHERE secret IS NULL)")
    op.execute("DELETE FROM client WHERE secret IS NULL")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with a check still to come cannot be altered
    with op.batch_alter_table("client") as client:
        client.drop_constraint("uq_client_key", type_="unique")
        client.alter_column("secret", existing_type=OCTETS, nullable=False)
        for name in ("radius", "key", "options", "uam_secret", "fas_key", "api_secret"):
            client.drop_column(name)


def _orders() -> None:
    """Orders that know no session yet."""
    _add("outbox", TEXT, "grant_id", "")
    _add("outbox", TEXT, "client", "")
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(*maybe(OCTETS, "target"))
    op.create_index("ix_outbox_grant_id", "outbox", ["grant_id"])


def _add(table: str, kind: Kind, name: str, value: str) -> None:
    """A column that holds a value in every row, those that are there already too."""
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column(name, kind, nullable=True))
    op.get_bind().execute(sa.update(sa.table(table, sa.column(name, kind))).values({name: value}))
    with op.batch_alter_table(table) as batch:
        batch.alter_column(name, existing_type=kind, nullable=False)
