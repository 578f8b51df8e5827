"""The tables, as the newest migration leaves them."""

from sqlalchemy import Column, Date, DateTime, MetaData, String, Table

metadata = MetaData()

staff_grants = Table(
    "staff_grants",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("centre", String(80), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("ends_on", Date, nullable=True),
    Column("granted_at", DateTime(timezone=True), nullable=False),
)

ended_sign_ins = Table(
    "ended_sign_ins",
    metadata,
    Column("sign_in", String(64), primary_key=True),
    Column("ended_at", DateTime(timezone=True), nullable=False),
)

submissions = Table(
    "submissions",
    metadata,
    Column("submission", String(64), primary_key=True),
    Column("centre", String(80), primary_key=True),
    Column("slug", String(120), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
)
