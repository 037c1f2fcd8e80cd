"""A worker by itself: what it imports."""

from __future__ import annotations

import subprocess
import sys


def test_a_worker_imports_nothing_heavy() -> None:
    """Decision 16: neither SQLAlchemy nor structlog, nor anything else that only others need (what a portal's URL says is sealed here)."""
    heavy = ("sqlalchemy", "structlog", "alembic", "pydantic", "click", "rich", "prometheus_client", "flask", "ldap3")
    code = f"import proxeny.daemon, sys; print([name for name in {heavy!r} if name in sys.modules])"
    assert "[]" == subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
