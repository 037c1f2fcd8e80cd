"""What the rules would do to a packet, one after the other, by the road's own code: for whoever writes one.

A sample is a code, who takes part, and attributes as "Name = value". Never sends anything, and never takes a rule into use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from proxeny import network_rows, snapshot
from proxeny.entry import Entry, Report
from radius import dictionary, tables
from radius.actions import Reason
from radius.message import Code, Type
from radius.policy import Policy
from radius.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxeny.network import Network
    from radius.dictionary import Dictionary

CODES: Final = {
    "Access-Request": Code.ACCESS_REQUEST,
    "Access-Accept": Code.ACCESS_ACCEPT,
    "Access-Reject": Code.ACCESS_REJECT,
    "Access-Challenge": Code.ACCESS_CHALLENGE,
    "Accounting-Request": Code.ACCOUNTING_REQUEST,
    "Accounting-Response": Code.ACCOUNTING_RESPONSE,
}
MOST: Final = 64  # attributes of a sample
_HIDDEN: Final = Secret(b"no packet is ever signed with it")


def rehearse(network: Network, sample: Mapping[str, Any], policy: Mapping[str, Any] | None) -> dict[str, Any]:
    """`stages` (rule, attributes that went, attributes that came), `after`, `refused`; or `faults`: (key, words).

    `sample`: code, realm, site, client, home, attributes (name, value). `policy`: an entry as the network file has it,
    which stands for the one of its name, or after the others.
    """
    book = dictionary.load()
    faults: list[tuple[str, str]] = []
    rows = dict(network.rows["policy"])
    if policy is not None:
        report = Report("", "")
        row = network_rows.policy(Entry(report, ("policy", 0), policy))
        faults += [(fault.key.partition(": ")[2], f"{fault.what}. {fault.remedy}".rstrip(". ") + ".") for fault in report.faults]
        rows[row.name] = row
    before = _octets(book, sample["attributes"], faults)
    home = network.rows["home"].get(sample["home"])
    if faults:
        return {"faults": faults}
    try:
        rules = Policy(map(snapshot.rule, rows.values()), book)  # type: ignore[arg-type]  # the section's rows are policies
    except ValueError as fault:
        return {"faults": [("", f"{fault}.")]}
    chosen = tables.Home(home.name, "", _HIDDEN, foreign=home.foreign) if home is not None else None  # type: ignore[union-attr]
    stages = rules.stages(CODES[sample["code"]], sample["realm"], sample["site"], sample["client"], chosen)
    return _story(book, stages, before)


def _octets(book: Dictionary, attributes: list[tuple[str, str]], faults: list[tuple[str, str]]) -> list[bytes]:
    made: list[bytes] = []
    if len(attributes) > MOST:
        faults.append(("attributes", f"has {len(attributes)} attributes. It takes {MOST}."))
    for name, value in attributes[:MOST]:
        try:
            made.append(book.written(name, value))
        except ValueError as fault:
            faults.append(("attributes", f"{fault}."))
    return made


def _story(book: Dictionary, stages: Any, before: list[bytes]) -> dict[str, Any]:
    told = []
    refused = ""
    for rule, plan in stages:
        after = plan.apply(list(before))
        if isinstance(after, Reason):
            told.append({"rule": rule.name, "gone": [], "come": [], "refused": after.value})
            refused = rule.name
            break
        gone = [each for each in before if each not in after]
        come = [each for each in after if each not in before]
        told.append({"rule": rule.name, "gone": list(_told(book, gone)), "come": list(_told(book, come)), "refused": ""})
        before = after
    return {"stages": told, "after": [] if refused else list(_told(book, before)), "refused": refused}


def _told(book: Dictionary, attributes: list[bytes]) -> Iterator[str]:
    """Each as "Name = value", a vendor's sub-attributes one by one."""
    for octets in attributes:
        if octets[0] != Type.VENDOR_SPECIFIC or len(octets) < 8:
            yield f"{book.name(octets[0])} = {book.typed(octets[0], octets[2:])}"
            continue
        vendor, rest = int.from_bytes(octets[2:6], "big"), octets[6:]
        while len(rest) >= 2 and 2 <= rest[1] <= len(rest):
            key = (vendor, rest[0])
            yield f"{book.name(key)} = {book.typed(key, rest[2 : rest[1]])}"
            rest = rest[rest[1] :]
