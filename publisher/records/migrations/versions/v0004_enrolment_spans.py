"""Several spans of one enrolment: the autumn holidays, then the winter ones, in one centre."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first day part of what tells two enrolments apart; what is written down stays."""
    op.create_table(
        "enrolment_spans",
        sa.Column("who", sa.String(64), primary_key=True),
        sa.Column("centre", sa.String(80), primary_key=True),
        sa.Column("place", sa.String(80), primary_key=True),
        sa.Column("origin", sa.String(80), primary_key=True),
        sa.Column("starts_on", sa.Date, primary_key=True),
        sa.Column("ends_on", sa.Date, nullable=False),
    )
    columns = "who, centre, place, origin, starts_on, ends_on"
    op.execute(f"INSERT INTO enrolment_spans ({columns}) SELECT {columns} FROM enrolments")  # noqa: S608 (two names written here)
    op.drop_table("enrolments")
    op.rename_table("enrolment_spans", "enrolments")
    op.create_index("ix_enrolments_origin", "enrolments", ["origin"])
