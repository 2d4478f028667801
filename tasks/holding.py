"""Out of HOLD: only by a person, only after what went out meanwhile is known."""

from datetime import datetime
from typing import Any

from oneledger.domain.errors import RefusedError
from oneledger.store import holding
from oneledger.store.holding import Holding
from tasks.office import Office, office


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
    told = _reconciled(here, held, at)
    if told["doubts"] and not i_know:
        raise RefusedError([*told["doubts"], "仍要恢复发信时加 --i-know"])
    with here.store.write() as connection:
        holding.release(connection, at, by=by, reason=reason, **told)
    return told


def _reconciled(_here: Office, _held: Holding, _at: datetime) -> dict[str, Any]:
    """{settled: mails found to have gone out, doubts: why nobody can tell of the others}."""
    return {"settled": 0, "doubts": ["没有存证邮箱：备份之后发出过哪些邮件，无法核对"]}
