"""Which offices stood for figures that are frozen: what reports, workbooks and mails say of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from oneledger.domain.moves import Moved, told_of
from oneledger.domain.notices import chinese_moment
from oneledger.domain.signoff import STATE_WORDS, State, reviewed_state, standings, unit_digest
from oneledger.store import signatures
from oneledger.store.snapshots import Frozen
from tasks.office import Running
from tasks.recounting import Figures

NAMED = 30  # offices below that did not sign, by name


@dataclass(frozen=True)
class Review:
    state: State
    signed_at: datetime | None = None
    is_late: bool = False

    @property
    def is_signed(self) -> bool:
        return self.state is State.SIGNED


def reviewed(here: Running, connection: Connection, frozen: Frozen, figures: Figures) -> dict[str, Review]:
    """Of every office whose level the campaign asks. Answers count that came until the figures were frozen."""
    levels = {step.level for step in here.campaign.sign_off if step.days is not None}
    if not levels:
        return {}
    milestone = frozen.milestone.removesuffix("-draft")
    found = standings(signatures.of_campaign(connection, here.name, milestone), frozen.as_of)
    reviews = {}
    asked = figures.of(code for code in figures.codes if here.units[code].level in levels)
    for code, rollup in asked.items():
        mine = found.get((milestone, code))
        signed = mine.signed if mine else None
        state = reviewed_state(mine, unit_digest(code, rollup))
        reviews[code] = Review(state, signed.at if signed else None, bool(mine and mine.is_late))
    return reviews


def signoff_facts(
    here: Running, reviews: Mapping[str, Review], code: str, children: Iterable[str], moves: Sequence[Moved]
) -> dict[str, Any] | None:
    """None where the campaign asks nobody to sign."""
    if not reviews:
        return None
    own = reviews.get(code)
    below = [(here.units[each], reviews[each]) for each in children if each in reviews]
    unsigned = [(unit.name, STATE_WORDS[review.state]) for unit, review in below if not review.is_signed]
    return {
        "state": STATE_WORDS[own.state] if own else "",
        "is_signed": bool(own and own.is_signed),
        "signed_text": chinese_moment(own.signed_at, here.campaign) if own and own.is_signed and own.signed_at else "",
        "is_late": bool(own and own.is_late),
        "below": len(below),
        "below_signed": len(below) - len(unsigned),
        "unsigned": [{"name": name, "state": state} for name, state in unsigned],
        "line": _line(own, len(below), unsigned, here) + told_of(moves, here.units, code),
    }


def _line(own: Review | None, below: int, unsigned: list[tuple[str, str]], here: Running) -> str:
    told = ""
    if own is not None and own.is_signed and own.signed_at is not None:
        told += f"本级于{chinese_moment(own.signed_at, here.campaign)}审核同意。"
    elif own is not None and own.state is not State.UNREVIEWED:
        told += f"本级审核情况：{STATE_WORDS[own.state]}。"
    if below:
        told += f"下级{below}个单位中{below - len(unsigned)}个已经审核"
        names = "、".join(name if state == "未经审核" else f"{name}（{state}）" for name, state in unsigned[:NAMED])
        more = f"等{len(unsigned)}个单位" if len(unsigned) > NAMED else ""
        told += f"，未经审核的有：{names}{more}。" if unsigned else "。"
    return told
