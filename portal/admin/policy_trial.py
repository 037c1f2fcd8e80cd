"""“What would this do?”: the rules, this one as it is typed, on a sample packet, by the road's own code. Nothing is written.

Never a real packet's values: whoever tries types them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from portal.admin.desk import desk

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Final = ("Access-Accept", "Access-Request", "Access-Reject", "Access-Challenge", "Accounting-Request", "Accounting-Response")
_LONGEST: Final = 8_000  # characters of a sample


def run(form: Mapping[str, str], rule: Mapping[str, Any] | None) -> dict[str, Any]:
    """`proxeny.staff_rehearsal`'s answer for this form's sample; `rule`: an entry as it was typed."""
    code = form.get("try-code", "")
    sample = {
        "code": code if code in CODES else CODES[0],
        "attributes": _attributes(form.get("try-attributes", "")[:_LONGEST]),
        **{key: form.get(f"try-{key}", "").strip()[:255] for key in ("realm", "site", "client", "home")},
    }
    policy = {key: value for key, value in rule.items() if value is not None} if rule is not None else None
    with desk().reading() as session:
        answer: dict[str, Any] = desk().tools["rehearse"](session, sample, policy)
    return answer


def _attributes(text: str) -> list[tuple[str, str]]:
    pairs = (line.partition("=") for line in text.replace("\r\n", "\n").split("\n") if line.strip())
    return [(name.strip(), value.strip()) for name, _, value in pairs]
