"""The proof that what is too old was deleted: one row for each class of rows at each purge. Never names what went."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, BigKey


class RetentionRun(Base):
    """What one purge did to one class."""

    __tablename__ = "retention_run"
    __table_args__ = (Index(None, "kept", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    kept: Mapped[str]  # the class: store.retention.Kept
    cutoff: Mapped[datetime]  # what is older had to go
    deleted: Mapped[int] = mapped_column(default=0)
    oldest: Mapped[datetime | None]  # of what is left; None: nothing is
