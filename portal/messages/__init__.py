"""The words of the mails and SMS that guests and sponsors get: pure, in every language, without a request. Sends nothing."""

from portal.messages.mails import mail_code, mail_sign_in, mail_sponsor
from portal.messages.sms import sms_code

__all__ = ["mail_code", "mail_sign_in", "mail_sponsor", "sms_code"]
