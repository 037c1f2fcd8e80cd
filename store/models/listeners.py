"""Keys and certificates of our own listeners, where the app keeps them. Never a private key in clear."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, Sealed


class ListenerKey(Base):
    """A private key of one listener, with the request that was made for it, and its certificate once there is one."""

    __tablename__ = "listener_key"
    __table_args__ = (Index(None, "listener", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    listener: Mapped[str]  # the section of the settings: "guest", "staff", ...
    key: Mapped[bytes] = mapped_column(Sealed)  # PEM
    request: Mapped[str] = mapped_column(default="")  # PEM; "" where the key came with its certificate
    chain: Mapped[str] = mapped_column(default="")  # PEM, the listener's own first; "" while it is waited for
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(default="")
    ends_at: Mapped[datetime | None]  # of its certificate
    used_from: Mapped[datetime | None]  # None: it is not in use
    retired_at: Mapped[datetime | None]
