"""What is kept, in words for people: each class of rows, what is in it, and what for.

One entry for every class of store/retention.py; a test holds them together. Never how long: that is the settings'.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from flask_babel import lazy_gettext as _

from store.retention import Kept


class Words(NamedTuple):
    """Of one class."""

    title: Any
    what: Any
    why: Any
    since: Any = ""  # from when its days count


CLASSES: Final[dict[Kept, Words]] = {
    Kept.AUTH_EVENT: Words(
        _("Logins"),
        _("When, where and how each login ended; device and name as keyed hashes; changes of homes’ health."),
        _("To mend what does not work, and to answer a home institution."),
    ),
    Kept.SESSION: Words(
        _("Sessions"),
        _("When, where and how much; addresses with their times; device and user name under seal."),
        _("The law’s question who was connected when; quotas; orders to gateways."),
        _("from their last word"),
    ),
    Kept.DROPS: Words(_("Dropped packets"), _("Counts by minute, address and reason; no person."), _("To find wrong secrets and attacks.")),
    Kept.ORDERS: Words(
        _("Orders to gateways"),
        _("What was asked of a gateway about a session, and its answer; the device under seal."),
        _("To prove that somebody was signed out, or why not."),
    ),
    Kept.USAGE_HOUR: Words(
        _("Hours of usage"), _("Sums by hour, site and SSID, and how many sessions lasted how long; no person."), _("Reports and charts.")
    ),
    Kept.UNKNOWN_ACCESS_POINT: Words(
        _("Unknown access points"), _("Addresses of radios that nobody declared; no person."), _("To adopt them."), _("from when last seen")
    ),
    Kept.ACCOUNTING_KEY: Words(
        _("Marks of counted records"),
        _("A hash of each accounting record, and what the records of ended sessions said one by one."),
        _("So that a record that comes twice counts once."),
    ),
    Kept.SIGN_IN_TOKEN: Words(
        _("Tokens of sign-ins"),
        _("Hashes of tokens between portal and gateway."),
        _("To let a guest in once."),
        _("from their last minute"),
    ),
    Kept.GUEST_USAGE: Words(
        _("Guests’ usage"),
        _("Time and data of a device or account, by day and month."),
        _("Quotas, the same for everyone."),
        _("from the end of the day or month"),
    ),
    Kept.GRANT: Words(
        _("Guests’ stays"),
        _("Which device or account might be online when, under which plan and terms."),
        _("To let guests in, and to prove that they agreed to the terms."),
        _("from their end"),
    ),
    Kept.DEVICE: Words(
        _("Guests’ devices"),
        _("A keyed hash of a device’s address; never the address."),
        _("To know it again within its stay."),
        _("from its last stay’s end"),
    ),
    Kept.ACCOUNT: Words(
        _("Accounts"),
        _("A verified e-mail address, number, card or code, sealed; what was agreed to."),
        _("To know guests again who sign in with more than a button."),
        _("from the last visit"),
    ),
    Kept.VOUCHER: Words(
        _("Vouchers"),
        _("Batches and what became of each code; codes as keyed hashes."),
        _("To redeem each once, and to take one back."),
        _("from their last day"),
    ),
    Kept.CHALLENGE: Words(
        _("Codes and links"),
        _("Hashes of codes that were sent, and what was counted against guessing."),
        _("To prove an address, and to stop whoever guesses."),
        _("from their last minute"),
    ),
    Kept.MESSAGE: Words(
        _("Messages"),
        _("That a mail or text message was sent, and how it went; its words and address go at once."),
        _("To see why a code did not arrive."),
    ),
    Kept.ADVERT_FIGURES: Words(_("Adverts’ figures"), _("How often shown and clicked, by hour; no person."), _("Reports to advertisers.")),
    Kept.PRIVACY_REQUEST: Words(
        _("Requests about data"),
        _("What was asked, when and how it was answered; whom to answer is wiped with the answer."),
        _("To prove that people were answered in time."),
        _("from their answer"),
    ),
    Kept.EVENT: Words(
        _("Events and deliveries"),
        _("What other systems were told by webhook, and how that went; no person."),
        _("To see what was delivered, and to tell it once more."),
    ),
    Kept.INCIDENT_OPENING: Words(
        _("Incident openings"),
        _("Who asked to see sealed records, why, who decided, and how many there were; never the records."),
        _("To answer for each time that a seal was opened."),
    ),
    Kept.LISTENER_KEY: Words(
        _("Former certificates of ours"),
        _("Keys, under seal, and certificates of our own pages that are not in use; no person."),
        _("To go back to one, and to finish a request."),
        _("from their last use"),
    ),
    Kept.API_ANSWER: Words(
        _("Answers of the API"),
        _("What a program’s request under an Idempotency-Key was answered, under seal."),
        _("So that a request that is sent twice is done once."),
    ),
    Kept.API_TOKEN: Words(
        _("Tokens for the API"),
        _("Which programs there were, what they might do, and who made them; never a token."),
        _("To know again whose a token was that turns up somewhere."),
        _("from their end"),
    ),
    Kept.RETENTION_RUN: Words(
        _("Proof of deletion"), _("How many rows of each class went when; no person."), _("To prove that data goes in time.")
    ),
    Kept.ERASED: Words(
        _("What an erasure leaves for minutes"),
        _("Stays that an erased account had at that moment, without their guest."),
        _("Until gateways and processes have heard of the end."),
        _("from the erasure"),
    ),
    Kept.VISITORS: Words(
        _("Marks of visitors"),
        _("Keyed hashes by which different visitors are counted, with a key for each day, week and month."),
        _("To count visitors without knowing them; the number stays."),
        _("from the period’s end"),
    ),
    Kept.PICTURE: Words(
        _("Pictures that nothing shows"),
        _("What shops sent and then chose not to use; no words of a camera’s are in it."),
        _("So that what was tried out does not stay."),
        _("from when it was sent last"),
    ),
    Kept.UNUSED: Words(
        _("Stays that nobody used"),
        _("Presses of the button after which no gateway told of anybody."),
        _("So that devices with ever new addresses leave little."),
        _("from their end"),
    ),
}
PRESETS: Final[dict[str, Words]] = {
    "ca-on": Words("Ontario", _("A year after its use"), "R.R.O. 1990, Reg. 823, s. 5"),
    "ca-bc": Words(_("British Columbia"), _("A year, where it was used for a decision about somebody"), "FIPPA, s. 31"),
    "eu-min": Words(_("European Union"), _("Six months, which eduroam’s policy asks of whoever offers it"), _("No general duty to keep")),
    "none": Words(_("No law asks for it"), _("What running the network needs"), ""),
}
