"""Ask offices for their signature: the figures of this look, their papers, and the mail."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from prefect import task

from oneledger.domain.schedule import Milestone
from oneledger.domain.signoff import Deed
from oneledger.store import outbox, signatures
from oneledger.store.snapshots import Frozen
from tasks.apart import worked
from tasks.editions import Edition, edition
from tasks.following import Look
from tasks.office import Running, running
from tasks.retrying import STORE_RETRIES
from tasks.sign_letters import enclosures, request_letter
from tasks.signing import SignRound, record_request


@task(task_run_name="sign {label}", **STORE_RETRIES)
def sign_pack(
    name: str,
    wanted: SignRound,
    pack: Mapping[str, list[str]],
    as_of: datetime,
    label: str,  # noqa: ARG001  the run's name
    *,
    is_one_of_many: bool,
) -> int:
    """Ask some of a round's offices. Says how many were asked that had not been."""
    return worked(asked_to_sign, name, wanted, tuple(pack), as_of, is_one_of_many=is_one_of_many)


def asked_to_sign(name: str, wanted: SignRound, offices: tuple[str, ...], as_of: datetime) -> int:
    here = running(name)
    this = _draft(str(here.office.settings.data), name, wanted.milestone, wanted.look, as_of)
    return sum(_ask(here, this, wanted, code, as_of) for code in offices)


@lru_cache(maxsize=1)
def _draft(place: str, name: str, milestone: Milestone, look: Look, as_of: datetime) -> Edition:  # noqa: ARG001  a key
    """The figures of this look, read once for all its packs."""
    here = running(name)
    return edition(here, _unfrozen(here, milestone, as_of), look)


def _unfrozen(here: Running, milestone: Milestone, as_of: datetime) -> Frozen:
    label = f"{milestone.title}审核稿（截至{as_of.astimezone(here.zone):%Y-%m-%d %H:%M}）"
    return Frozen(0, here.name, milestone.phase, milestone.key, label, as_of, "", "request", milestone.at, as_of)


def _ask(here: Running, this: Edition, wanted: SignRound, code: str, as_of: datetime) -> bool:
    """The request, its figures and its mail, in one transaction. False: it is there already."""
    milestone, turn = wanted.milestone, wanted.turn
    files = enclosures(here, this, code) if here.units[code].contacts else []
    due = turn.due_at if as_of < turn.due_at else milestone.at
    with here.office.store.write() as connection:
        mine = signatures.of_campaign(connection, here.name, milestone.key, code)
        number = record_request(
            here, connection, milestone, code, this.figures.of([code])[code], wanted.numbers[code], due=due, as_of=as_of
        )
        if number is not None and files:
            moved = mine[-1].detail["moved"] if mine and mine[-1].deed is Deed.MOVE else []
            letter = request_letter(here, connection, this, milestone, code, number, moved, files, due, as_of)
            outbox.plan(connection, [letter])
    return number is not None
