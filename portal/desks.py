"""The staff app, made by a factory from what it is handed: its pages, in an app of portal/audience_app.py.

Never reads a setting, the environment or a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from portal.admin import (
    access_points,
    access_points_bulk,
    access_points_import,
    access_points_map,
    access_points_unknown,
    account_acts,
    accounts,
    advert_acts,
    alerts,
    analytics,
    analytics_compare,
    analytics_report,
    ap_test,
    assets,
    audit,
    backups,
    business_figures,
    business_one,
    businesses,
    calendar,
    certificates,
    city,
    deliveries,
    districts,
    gateways,
    gateways_edit,
    gateways_new,
    gateways_secrets,
    guest_desk,
    health,
    home_tests,
    homes,
    house,
    incident_records,
    incidents,
    jobs,
    me,
    open_data,
    overview,
    people,
    plan_trial,
    plans,
    policy,
    portals,
    portals_edit,
    portals_preview,
    portals_versions,
    privacy,
    privacy_requests,
    prove,
    realms,
    realms_bulk,
    reveal,
    review,
    review_frames,
    routes,
    second,
    session_orders,
    sessions,
    setup,
    sign_in,
    sites,
    tables,
    tokens,
    trace,
    undoing,
    visitors,
    vouchers,
    vouchers_acts,
    vouchers_new,
    vouchers_print,
    webhooks,
)
from portal.api.app import Mount
from portal.audience_app import made
from portal.permissions import Permission
from portal.proxies import Proxies
from portal.shops_app import of_a_shop

if TYPE_CHECKING:
    from flask import Flask

    from portal.admin.desk import Desk

_VIEWS: Final = (
    assets,
    tables,
    overview,
    alerts,
    health,
    backups,
    business_figures,
    ap_test,
    audit,
    city,
    people,
    gateways_new,
    gateways_secrets,
    gateways_edit,
    gateways,
    sites,
    districts,
    homes,
    undoing,
    visitors,
    analytics,
    analytics_compare,
    analytics_report,
    open_data,
    privacy,
    privacy_requests,
    incidents,
    incident_records,
    guest_desk,
    account_acts,
    accounts,
    home_tests,
    routes,
    realms,
    realms_bulk,
    policy,
    plan_trial,
    plans,
    certificates,
    access_points,
    access_points_bulk,
    access_points_unknown,
    sign_in,
    second,
    setup,
    prove,
    me,
    access_points_import,
    trace,
    reveal,
    session_orders,
    sessions,
    access_points_map,
    portals_preview,
    portals_versions,
    portals,
    portals_edit,
    tokens,
    vouchers_new,
    vouchers_acts,
    vouchers_print,
    vouchers,
    webhooks,
    deliveries,
    jobs,
    review,
    review_frames,
    advert_acts,
    businesses,
    business_one,
    calendar,
    house,
)


def staff_app(desk: Desk) -> Flask:
    """The pages of those who run the network."""
    app = made(desk, "staff", "business")
    for views in _VIEWS:
        app.register_blueprint(views.blueprint)
    for each in of_a_shop(Permission.SPLASH, Permission.SPLASH_ACT):  # the city's own adverts
        app.register_blueprint(each)
    app.wsgi_app = Proxies(Mount(app), desk.office.trusted_proxies)  # type: ignore[method-assign, assignment]  # as Flask's own guide does
    return app
