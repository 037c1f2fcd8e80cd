"""Vouchers on paper: which form, which part of a batch, as a PDF or as a page that the browser prints. Each is in the audit log.

A whole batch needs whoever may print batches, freshly proven; one voucher that nobody has used needs less. Never kept by a browser,
and never more than `cards.PART` codes at once, whatever the batch has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, render_template, request
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal import cards, languages, press, words
from portal.admin import entries, vouchers
from portal.admin.assets import url as asset
from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.page import page
from portal.cards import FORMS, Form, Line, Offer
from portal.cases import batches as cases
from portal.permissions import Permission, may
from store import batches
from store.models import Plan, Portal, Ssid, Voucher

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from store.models import VoucherBatch

blueprint = Blueprint("vouchers_print", __name__)
TITLES: Final[Mapping[str, Any]] = {
    "a4": later("A4, 21 cards to be cut"),
    "letter": later("Letter, 21 cards to be cut"),
    "labels": later("A4 labels, 63.5 × 38.1 mm, 21 a sheet"),
    "roll": later("Label printer, roll of 62 mm, one each"),
}
LANGUAGES: Final = 2  # on one card


class Choices(NamedTuple):
    """What can be chosen, and was."""

    networks: Sequence[str]
    portals: Sequence[Portal]
    network: str
    portal: Portal | None
    form: Form


@blueprint.get("/vouchers/<name>/print")
@needs(Permission.VOUCHERS_BATCH, fresh=True)
def choose(name: str) -> ResponseReturnValue:
    """Which form, and which part?"""
    with desk().reading() as session:
        batch = _whole(session, name)
        chosen = _choices(session)
    return _page(batch, chosen, f"/vouchers/{name}", cards.parts(batch.wanted))


@blueprint.get("/vouchers/<name>/of/<voucher>/print")
@needs(Permission.VOUCHERS_ACT)
def choose_one(name: str, voucher: str) -> ResponseReturnValue:
    """The same of one voucher."""
    with desk().reading() as session:
        batch, row = _one(session, name, voucher)
        chosen = _choices(session)
    return _page(batch, chosen, f"/vouchers/{name}/of/{row.id}", [(1, 1, 1)], tail=batches.masked(desk().privacy, row))


def _page(batch: VoucherBatch, chosen: Choices, back: str, parts: Sequence[tuple[int, int, int]], *, tail: str = "") -> ResponseReturnValue:
    said: dict[str, Any] = {"titles": TITLES, "back": back, "parts_": parts, "tail": tail, "missing": press.missing()}
    return page("vouchers_print.html", batch=batch, chosen=chosen, **said)


@blueprint.get("/vouchers/<name>/sheet")
@needs(Permission.VOUCHERS_BATCH, fresh=True)
def sheet(name: str) -> ResponseReturnValue:
    """A part, for the browser's own printing."""
    return _printed(name, "", pdf=False)


@blueprint.get("/vouchers/<name>/sheet.pdf")
@needs(Permission.VOUCHERS_BATCH, fresh=True)
def sheet_pdf(name: str) -> ResponseReturnValue:
    """A part as a PDF."""
    return _printed(name, "", pdf=True)


@blueprint.get("/vouchers/<name>/of/<voucher>/sheet")
@needs(Permission.VOUCHERS_ACT)
def card(name: str, voucher: str) -> ResponseReturnValue:
    """One voucher, for the browser's own printing."""
    return _printed(name, voucher, pdf=False)


@blueprint.get("/vouchers/<name>/of/<voucher>/sheet.pdf")
@needs(Permission.VOUCHERS_ACT)
def card_pdf(name: str, voucher: str) -> ResponseReturnValue:
    """One voucher as a PDF."""
    return _printed(name, voucher, pdf=True)


def _printed(name: str, voucher: str, *, pdf: bool) -> ResponseReturnValue:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)  # another site's page makes nobody print
    back = f"/vouchers/{name}/of/{voucher}/print" if voucher else f"/vouchers/{name}/print"
    if pdf and press.missing():
        return redirect(back, 303)
    with desk().reading() as session:
        batch, rows, part = _chosen(session, name, voucher)
        chosen = _choices(session)
        offer = _offer(batch, session.get(Plan, batch.plan), chosen)
    if voucher and rows[0].used_at is not None and not may(g.staff.role, Permission.VOUCHERS_BATCH):
        return entries.done(back, _("It was used: the code opens its guest’s account. Make another one."))
    codes = [code for row in rows if row.revoked_at is None and (code := batches.code(desk().privacy, row))]
    if not codes:
        return entries.done(back, _("Nothing is left to be printed there."))
    said = {"form": chosen.form.name_, "part": part, "cards": len(codes)}
    title = _("Vouchers of “%(name)s”, part %(part)s", name=batch.name, part=part) if not voucher else _("One voucher")
    values = {
        "sheets": cards.pages(codes, chosen.form),
        "offer": offer,
        "picture": offer.picture,
        "form": chosen.form.name_,
        "title": title,
    }
    values |= {"back": back, "asset": asset, "language": str(g.locale).replace("_", "-"), "direction": g.locale.text_direction}
    html = words.one_stop(render_template("cards_pdf.html" if pdf else "cards_view.html", **values))
    answer = _pdf(html, f"vouchers-{batch.id}-{part}.pdf", back) if pdf else make_response(html)
    if answer.status_code == 200:
        with desk().writing() as session:
            kind, what = (cases.VOUCHER, voucher) if voucher else (cases.BATCH, name)
            cases.printed(session, desk().privacy, kind, what, said, actor(), g.now)
    return answer


def _pdf(html: str, called: str, back: str) -> Response:
    try:
        octets = press.pdf(html)
    except press.BusyError:
        answer = page("vouchers_jam.html", 503, back=back, busy=True)
        answer.headers["Retry-After"] = "15"
        return answer
    except press.JammedError as fault:
        g.why = "no PDF"
        current_app.logger.warning("a PDF was not made: %s", fault)
        return page("vouchers_jam.html", 500, back=back, busy=False)
    answer = Response(octets, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{called}"'
    return answer


def _whole(session: Session, name: str) -> VoucherBatch:
    batch = vouchers.found(session, name)
    if batch.whole_at is None:
        abort(404)
    return batch


def _one(session: Session, name: str, voucher: str) -> tuple[VoucherBatch, Voucher]:
    batch, row = _whole(session, name), session.get(Voucher, voucher)
    if row is None or row.batch_id != batch.id:
        abort(404)
    return batch, row


def _chosen(session: Session, name: str, voucher: str) -> tuple[VoucherBatch, Sequence[Voucher], int]:
    """(batch, the vouchers that are to be printed, the part's number)"""
    if voucher:
        batch, row = _one(session, name, voucher)
        return batch, [row], 1
    batch = _whole(session, name)
    said = request.args.get("part", "1")
    part = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0
    if not 0 < part <= len(cards.parts(batch.wanted)):
        abort(404)
    return batch, batches.part(session, batch, (part - 1) * cards.PART, cards.PART), part


def _choices(session: Session) -> Choices:
    """The networks that lead to a portal, the portals that take vouchers; what is not asked for is the first."""
    networks = session.scalars(select(Ssid.name).where(Ssid.profile == "portal").order_by(Ssid.name)).all()
    portals = [row for row in session.scalars(select(Portal).order_by(Portal.name)) if "voucher" in row.ways]
    network, wanted = request.args.get("network", ""), request.args.get("portal", "")
    portal = next((row for row in portals if row.name == wanted), portals[0] if portals else None)
    form = FORMS.get(request.args.get("format", ""), Form.LETTER if g.locale.territory in ("US", "CA") else Form.A4)
    return Choices(networks, portals, network if network in networks else next(iter(networks), ""), portal, form)


def _offer(batch: VoucherBatch, plan: Plan | None, chosen: Choices) -> Offer:
    """What the cards say, in the portal's own first languages."""
    how, what, helps = [], [], []
    texts = chosen.portal.help if chosen.portal is not None else {}
    spoken = languages.offered(chosen.portal.languages if chosen.portal is not None else ())[:LANGUAGES]
    for language in spoken:
        with force_locale(languages.locale(language, "CA")):
            how.append(Line(language, _how(chosen.network)))
            what.append(Line(language, _what(batch, plan)))
        if line := next(iter(str(texts.get(language, "")).strip().splitlines()), ""):
            helps.append(Line(language, line if len(line) <= cards.HELP else f"{line[: cards.HELP - 1].rstrip()}…"))
    return Offer(chosen.network, how, what, helps)


def _how(network: str) -> str:
    return str(_("Scan to join. Then type this code:") if network else _("Join our Wi-Fi, and type this code:"))


def _what(batch: VoucherBatch, plan: Plan | None) -> str:
    parts = [words.offer(plan)] if plan is not None else []  # type: ignore[arg-type]  # the row has the plan's own names
    if batch.lasts is not None:
        parts.append(_("Good for %(time)s.", time=words.duration(batch.lasts)))
    parts.append(ngettext("%(num)s device.", "%(num)s devices.", batch.devices).replace(" ", "\u00a0"))
    parts.append(_("Begin by %(day)s.", day=vouchers.begin_by(batch.expires_at)))
    return " ".join(map(str, parts))
