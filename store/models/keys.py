"""Keys of our own that must outlive a restart: the trace key, the statistics keys, the loop tag.

Sealed like every secret; see `store.keys`. Never a peer's shared secret: those stay with their row.
"""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, Sealed


class NamedKey(Base):
    """One key of ours."""

    __tablename__ = "named_key"

    name: Mapped[str] = mapped_column(primary_key=True)
    octets: Mapped[bytes] = mapped_column(Sealed)
    created_at: Mapped[datetime]
