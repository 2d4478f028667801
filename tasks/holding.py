"""Out of HOLD: only by a person, only after what went out meanwhile is known."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

from oneledger.adapters.mail_items import MailboxRefusedError
from oneledger.domain.errors import RefusedError, TransientError
from oneledger.store import campaigns, holding, outbox, unsettled
from oneledger.store.holding import Holding
from tasks.office import Office, office
from tasks.sending import LEASE
from tasks.settling import journal_box


def standing() -> Holding | None:
    with office().store.read() as connection:
        return holding.standing(connection)


def release(*, by: str, reason: str, at: datetime, i_know: bool) -> dict[str, Any]:
    """What was found. Raises RefusedError where nobody can tell what went out since the backup."""
    here = office()
    held = standing()
    if not by.strip() or not reason.strip():
        raise RefusedError(["--by 和 --reason 都要写明：谁决定恢复发信，为什么；都会记入审计"])
    if held is None:
        raise RefusedError(["现在没有暂停发信（HOLD），不需要解除"])
    told = _reconciled(here, at)
    if told["doubts"] and not i_know:
        raise RefusedError([*told["doubts"], "仍要恢复发信时加 --i-know"])
    with here.store.write() as connection:
        holding.release(connection, at, by=by, reason=reason, **told)
    return told


def _reconciled(here: Office, at: datetime) -> dict[str, Any]:
    """{settled: mails found to have gone out, doubts: why nobody can tell of the others}.

    Whoever was sending when the backup was taken is not sending now: its leases are over.
    """
    box = journal_box(here.mail)
    if box is None:
        return {"settled": 0, "doubts": ["没有存证邮箱：备份之后发出过哪些邮件，无法核对"]}
    with here.store.write() as connection:
        unsettled.expire_leases(connection, at + LEASE)
        witnesses = unsettled.witnesses(connection, here.mail.journal_name)
        waiting = {each.message_id for each in unsettled.not_sent(connection)}
        since = min(witnesses.values(), default=None) or campaigns.first_armed(connection) or at
    try:
        there = box.ids(since)
    except (TransientError, MailboxRefusedError) as fault:
        return {"settled": 0, "doubts": [f"存证邮箱读不了：{fault}"]}
    with here.store.write() as connection:
        settled = unsettled.found(connection, there & waiting, at)
        strange = sorted(outbox.strange(connection, _ours(there, here.mail.sender.address)))
    doubts = []
    if witnesses and not witnesses.keys() & there:
        doubts.append("存证邮箱里没有最近发出的邮件，不能作证")
    if strange:
        doubts.append(
            f"存证邮箱里有 {len(strange)} 封本系统发出、数据库里却没有的邮件（如 {strange[0]}）：{_FIRST_LOOK}"
        )
    return {"settled": settled, "doubts": doubts}


_FIRST_LOOK = "请先对每个行动运行 oneledger run，补上备份之后的计划，再解除"
_MADE_BY_US = re.compile(r"<[a-z2-7]+[.][a-z-]+[.][0-9a-f]{10}@([^@>]+)>")


def _ours(message_ids: Collection[str], sender: str) -> set[str]:
    """By the way our numbers are made (domain.notices.Key)."""
    domain = sender.partition("@")[2]
    return {each for each in message_ids if (made := _MADE_BY_US.fullmatch(each)) and made[1] == domain}
