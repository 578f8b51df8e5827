"""The one small database: who may write where, which sign-ins ended, which forms arrived."""

from publisher.records.database import SynchronousIsUnsafe, migrate, open_records
from publisher.records.records import Records

__all__ = ["Records", "SynchronousIsUnsafe", "migrate", "open_records"]
