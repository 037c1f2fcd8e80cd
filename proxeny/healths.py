"""How each home is, out of what every worker says of it. Never asks a home itself."""

from __future__ import annotations

from typing import Any, Final

WORST: Final = ("dead", "zombie", "reviving", "alive")


def by_home(workers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a home: its worst state among the workers, what waits for it in all of them, when anyone heard it last."""
    found: dict[str, dict[str, Any]] = {}
    for worker in workers:
        for home in worker["homes"]:
            row = found.setdefault(home["home"], {**home, "in_flight": 0, "heard": None, "workers": []})
            row["state"] = min(row["state"], home["state"], key=WORST.index)
            row["in_flight"] += home["in_flight"]
            row["workers"].append({"worker": worker["worker"], "state": home["state"]})
            heard = [each for each in (row["heard"], home["heard"]) if each is not None]
            row["heard"] = min(heard, default=None)
    return sorted(found.values(), key=lambda row: str(row["home"]))
