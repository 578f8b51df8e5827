"""The tables, as the newest migration leaves them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

metadata = MetaData()

staff_grants = Table(
    "staff_grants",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("centre", String(80), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("ends_on", Date, nullable=True),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("handle", String(8), nullable=False),
)

staff_handles = Table(
    "staff_handles",
    metadata,
    Column("centre", String(80), primary_key=True),
    Column("handle", String(8), primary_key=True),
)
"""Every handle that was ever given in a centre: none is given twice."""

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
    Column("origin", String(80), primary_key=True, index=True),
    Column("starts_on", Date, primary_key=True),
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

staff_invitations = Table(
    "staff_invitations",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("centre", String(80), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("handle", String(8), nullable=False),
    Column("ends_on", Date, nullable=True),
    Column("invited_by", String(64), nullable=False),
    Column("replaces", String(64), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=True),
    Column("revoked_at", DateTime(timezone=True), nullable=True),
)

local_accounts = Table(
    "local_accounts",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("password", String(200), nullable=False),
    Column("totp", String(200), nullable=False),
    Column("totp_step", Integer, nullable=False),
)
"""`password` is an argon2 digest; `totp` a sealed secret, empty without one; `totp_step` the
newest step whose code was used, so that none is used twice."""

passkeys = Table(
    "passkeys",
    metadata,
    Column("credential", String(1400), primary_key=True),
    Column("account", String(64), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("account", String(64), nullable=False, index=True),
)

tries = Table(
    "tries",
    metadata,
    Column("who", String(64), primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("open_at", DateTime(timezone=True), nullable=False),
    Column("forgotten_at", DateTime(timezone=True), nullable=False, index=True),
)
"""`who` is a digest of an account's pseudonym or of a network address."""
