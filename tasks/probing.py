"""A mail to our own reply address, with a token in it as in every mail to a school; and whether it comes back.

The only check that sends anything, and only where somebody asks for it: a server may take an address and drop the mail.
"""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

from oneledger.adapters.mail_compose import compose
from oneledger.adapters.mail_journal import ImapJournal, JournalBox, MaildirJournal
from oneledger.adapters.mail_out import Mailer
from oneledger.domain.health import Check, fail, ok
from oneledger.domain.mailing import MailDraft, SendState
from oneledger.settings import Collect, MailSettings
from tasks.intake import imap_settings
from tasks.sending import account_of

ABOUT = "roundtrip"
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_DIGITS = 26
_BETWEEN_LOOKS = 2.0  # seconds
_TEXT = "本信由 oneledger doctor --probe 发出，用来核对回信地址能否收到来信，不需要处理。"


def round_trip(mail: MailSettings, most_seconds: float) -> Check:
    """Raises TransientError or MailboxRefusedError where the mail box cannot be read."""
    token = "".join(secrets.choice(_LETTERS) for _ in range(_DIGITS))
    address, began = mail.collect.reply_address(token), datetime.now(UTC)
    message_id = f"<probe.{token}@{mail.sender.address.partition('@')[2]}>"
    boxes = _boxes(mail.collect)
    draft = MailDraft(
        "", address, mail.sender.name, mail.sender.address, address, "回信地址探测", _TEXT, "", (), message_id
    )
    account = account_of(mail)
    with Mailer(account) as post:
        outcome = post.send_bytes(account.from_address, address, compose(draft, began))
    if outcome.state is not SendState.SENT:
        words = f"发往 {address} 的探测信没有被接受：{outcome.code} {outcome.text[:200]}"
        return fail(ABOUT, words, "核对 mail.yaml 的 sender 和 reply")
    seconds = _arrival(lambda: any(box.held({message_id}, began) for box in boxes), most_seconds)
    if seconds is None:
        words = f"发往 {address} 的探测信，{most_seconds:.0f} 秒内没有到达收信邮箱"
        return fail(ABOUT, words, "若稍后也没有到达，把 mail.yaml 的 reply 改为 catch-all 或 fixed 再试")
    return ok(ABOUT, f"发往 {address} 的探测信已到达收信邮箱（{seconds:.0f} 秒）")


def _boxes(collect: Collect) -> list[JournalBox]:
    found: list[JournalBox] = []
    if collect.maildir is not None:
        found.append(MaildirJournal(collect.maildir))
    if collect.imap_host:
        found.append(ImapJournal(imap_settings(collect), folder=""))
    return found


def _arrival(has_come: Callable[[], bool], most_seconds: float) -> float | None:
    """After how many seconds; None: not within so many."""
    began = time.monotonic()
    while True:
        came, passed = has_come(), time.monotonic() - began
        if came:
            return passed
        if passed >= most_seconds:
            return None
        time.sleep(min(_BETWEEN_LOOKS, most_seconds - passed))
