"""Mails that were lost sight of: looked for in the journal, twice, before any of them goes out again."""

import logging
from datetime import datetime

from oneledger.adapters.mail_imap import ImapSettings
from oneledger.adapters.mail_items import MailboxRefusedError
from oneledger.adapters.mail_journal import ImapJournal, JournalBox, MaildirJournal
from oneledger.domain.errors import TransientError
from oneledger.settings import MailSettings
from oneledger.store import unsettled
from oneledger.store.unsettled import Lost
from tasks.office import Office

log = logging.getLogger(__name__)


def journal_box(mail: MailSettings) -> JournalBox | None:
    journal, collect = mail.journal, mail.collect
    if journal is None:
        return None
    if journal.maildir is not None:
        return MaildirJournal(journal.maildir)
    settings = ImapSettings(
        host=collect.imap_host, port=collect.imap_port, security=collect.imap_security,
        user=journal.imap_user or collect.imap_user, password=mail.journal_password, cafile=collect.imap_cafile,
    )  # fmt: skip
    return ImapJournal(settings, journal.folder)


def settle_unknown(here: Office, as_of: datetime) -> int:
    """Says how many are settled. Found: SENT. Absent at two looks: to go again. Without a journal: a person's."""
    box = journal_box(here.mail)
    with here.store.read() as connection:
        lost = unsettled.to_look_for(connection, as_of, here.mail.journal_name) if box else []
        witnesses = unsettled.witnesses(connection, here.mail.journal_name) if lost else {}
    if box is None or not lost:
        return 0
    held = _held(box, lost, witnesses)
    there = {each.message_id for each in lost} & held
    gone = [each for each in lost if each.message_id not in held] if witnesses.keys() & held else []
    with here.store.write() as connection:
        return unsettled.found(connection, there, as_of) + unsettled.absent(connection, gone, as_of)


def _held(box: JournalBox, lost: list[Lost], witnesses: dict[str, datetime]) -> set[str]:
    """Nothing where the journal cannot be read now, and then it is asked again at the next look."""
    try:
        since = min([*(each.lost_at for each in lost), *witnesses.values()])
        return box.held({each.message_id for each in lost} | witnesses.keys(), since)
    except (TransientError, MailboxRefusedError) as fault:
        log.warning("%d mails wait for the journal: %s", len(lost), fault)
        return set()


def found_meanwhile(here: Office, since: datetime, as_of: datetime) -> int | None:
    """After a restore: what the store believes unsent and the journal holds is SENT. How many; None: no journal.

    Raises what the journal raises where it cannot be read.
    """
    box = journal_box(here.mail)
    if box is None:
        return None
    with here.store.read() as connection:
        waiting = {each.message_id for each in unsettled.not_sent(connection)}
    held = box.held(waiting, since)
    with here.store.write() as connection:
        return unsettled.found(connection, held, as_of)
