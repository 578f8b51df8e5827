"""Handles and invitations of the team, accounts of Préau's own, and how often a way in was tried."""

import secrets

import sqlalchemy as sa
from alembic import op

from publisher.model.staff import free_handle

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the team; every right given so far gets its handle."""
    op.add_column(
        "staff_grants", sa.Column("handle", sa.String(8), nullable=False, server_default="")
    )
    op.create_table(
        "staff_handles",
        sa.Column("centre", sa.String(80), primary_key=True),
        sa.Column("handle", sa.String(8), primary_key=True),
    )
    op.create_table(
        "staff_invitations",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("centre", sa.String(80), nullable=False, index=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("handle", sa.String(8), nullable=False),
        sa.Column("ends_on", sa.Date, nullable=True),
        sa.Column("invited_by", sa.String(64), nullable=False),
        sa.Column("replaces", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "local_accounts",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("totp", sa.String(200), nullable=False),
        sa.Column("totp_step", sa.Integer, nullable=False),
    )
    op.create_table(
        "passkeys",
        sa.Column("credential", sa.String(1400), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False, index=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False, index=True),
    )
    op.create_table(
        "tries",
        sa.Column("who", sa.String(64), primary_key=True),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("open_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    _give_handles()


def _give_handles() -> None:
    connection = op.get_bind()
    grants = sa.table("staff_grants", sa.column("person"), sa.column("centre"), sa.column("handle"))
    handles = sa.table("staff_handles", sa.column("centre"), sa.column("handle"))
    taken: dict[str, set[str]] = {}
    for person, centre in connection.execute(sa.select(grants.c.person, grants.c.centre)).all():
        here = taken.setdefault(centre, set())
        handle = free_handle(here, secrets.randbelow)
        here.add(handle)
        connection.execute(sa.insert(handles).values(centre=centre, handle=handle))
        connection.execute(
            sa.update(grants)
            .where(grants.c.person == person, grants.c.centre == centre)
            .values(handle=handle)
        )
