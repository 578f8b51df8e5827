"""The tables, as the newest migration leaves them."""

from sqlalchemy import JSON, Column, Date, DateTime, Integer, MetaData, String, Table

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

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("sign_in", String(64), primary_key=True),
    Column("account", String(64), nullable=False, index=True),
    Column("session", String(64), nullable=False, index=True),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
)

spent_proofs = Table(
    "spent_proofs",
    metadata,
    Column("proof", String(64), primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("person", String(64), nullable=False, index=True),
    Column("source", String(80), nullable=False),
    Column("role", String(20), nullable=False),
    Column("schools", JSON, nullable=False),
    Column("classes", JSON, nullable=False),
    Column("children", JSON, nullable=False),
    Column("until", Date, nullable=False),
)

enrolments = Table(
    "enrolments",
    metadata,
    Column("who", String(64), primary_key=True),
    Column("centre", String(80), primary_key=True),
    Column("place", String(80), primary_key=True),
    Column("origin", String(80), primary_key=True),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
)
"""`place` is a group's slug, or empty for the centre alone; `origin`, the import or paper code."""

charters = Table(
    "charters",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("accepted_at", DateTime(timezone=True), nullable=False),
)

paper_codes = Table(
    "paper_codes",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("sheet", String(40), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("centre", String(80), nullable=False),
    Column("place", String(80), nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("printed_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=True),
    Column("revoked_at", DateTime(timezone=True), nullable=True),
)
