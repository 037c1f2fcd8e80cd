"""What the store refuses, in words an operator can act on: each message names the thing and the remedy.

Never holds a secret, nor the password of a database address.
"""

from __future__ import annotations


class StoreError(Exception):
    """The database, a backup or a key file is not as it must be. The text is one line, ready to be shown."""


class SealError(StoreError):
    """A sealed value cannot be opened, or the key file cannot be used."""


class DamagedError(StoreError):
    """The database's file is no longer whole. Nothing that is said to it is kept until a backup stands in its place."""
