"""Bring sign-off to where it ought to be: whose turn has come is to be asked, whose figures moved is to be asked anew,
whose time is up goes up unreviewed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oneledger.domain.forms import LEVELS
from oneledger.domain.rollup import Rollup
from oneledger.domain.schedule import Milestone, Turn, turns
from oneledger.domain.signoff import (
    MOVES,
    Deed,
    Entry,
    Standing,
    moved_figures,
    next_steps,
    standings,
    unit_digest,
)  # fmt: skip
from oneledger.store import signatures, snapshots
from tasks.following import Look, figures_now, look_of
from tasks.freezing import reports_of
from tasks.office import Running, running
from tasks.recounting import Reference

_FAR = timedelta(days=40)  # before a report-by date nobody's turn can have come


@dataclass(frozen=True)
class SignRound:
    """Offices of one level to be asked for their signature under the figures of this look. ``numbers``: of each one's
    request; another worker that has come to the same makes it the same request."""

    milestone: Milestone
    turn: Turn
    offices: tuple[str, ...]
    look: Look
    numbers: Mapping[str, int]


def sign_due(name: str, phase: str, as_of: datetime) -> list[SignRound]:
    """Records what moved and what lapsed. Whom it returns is to be asked, the lowest level first: a letter to an office
    tells how the offices below it stand."""
    here = running(name)
    rounds: list[SignRound] = []
    if not here.campaign.asks_signatures:
        return rounds
    with here.office.store.read() as connection:
        coming = [each for each in reports_of(here, connection, phase) if each.at - _FAR <= as_of]
    for milestone in coming:
        come = {turn.level: turn for turn in turns(here.campaign, milestone, here.office.calendar)}
        come = {level: turn for level, turn in come.items() if turn.asks_at <= as_of}
        if come and as_of >= milestone.at:
            _close(here, milestone, come, as_of)
        elif come:
            rounds += _bring(here, milestone, come, as_of)
    return rounds


def _close(here: Running, milestone: Milestone, come: Mapping[str, Turn], as_of: datetime) -> None:
    """The figures are frozen: who was asked and has not signed let the time pass."""
    with here.office.store.write() as connection:
        found = standings(signatures.of_campaign(connection, here.name, milestone.key))
        for (_, code), standing in found.items():
            if Deed.LAPSE in MOVES[standing.state] and here.units[code].level in come:
                _lapse(here, connection, milestone, code, standing, as_of)


def lapse_supplements(name: str, as_of: datetime) -> int:
    """Who was asked to sign a supplement lets the time pass like anybody else. Says how many did."""
    here = running(name)
    if not here.campaign.asks_signatures:
        return 0
    with here.office.store.read() as connection:
        keys = [each.milestone for each in snapshots.every_kind(connection, name) if each.kind == "supplement"]
        entries = [entry for key in keys for entry in signatures.of_campaign(connection, name, key)]
    silent = {key: each for key, each in standings(entries).items() if each.is_silent(as_of)}
    if silent:
        with here.office.store.write() as connection:
            for (key, code), standing in silent.items():
                assert standing.asked is not None
                about = Milestone(as_of, standing.asked.phase, "supplement", key, "")
                _lapse(here, connection, about, code, standing, as_of)
    return len(silent)


def _lapse(
    here: Running, connection: Any, milestone: Milestone, code: str, standing: Standing, as_of: datetime
) -> None:
    asked = standing.asked
    signatures.record(
        connection, here.name, milestone.phase, milestone.key, code, Deed.LAPSE,
        cause=f"request {asked.id if asked else 0}", at=standing.due_at or milestone.at, recorded_at=as_of,
        by="system", digest=asked.digest if asked else "", detail={"was": standing.state.value},
    )  # fmt: skip


def _bring(here: Running, milestone: Milestone, come: Mapping[str, Turn], as_of: datetime) -> list[SignRound]:
    with here.office.store.read() as connection:
        basis, figures = figures_now(here, connection, Reference(milestone.phase, milestone.at, as_of, as_of))
        entries = signatures.of_campaign(connection, here.name, milestone.key)
    found, times = standings(entries), times_asked(entries)
    wanted: dict[str, list[str]] = {level: [] for level in come}
    asked = figures.of(code for code in figures.codes if here.units[code].level in come)
    for code, rollup in asked.items():
        turn = come[here.units[code].level]
        standing = found.get((milestone.key, code), Standing())
        step = next_steps(
            standing, turn, unit_digest(code, rollup), as_of, here.zone,
            is_mended=_is_mended(standing, rollup), is_frozen=False,
        )  # fmt: skip
        if step.moved or step.lapses:
            with here.office.store.write() as connection:
                if step.moved:
                    _move(here, connection, milestone, code, standing, rollup, as_of)
                if step.lapses:
                    _lapse(here, connection, milestone, code, standing, as_of)
        if step.asks:
            wanted[turn.level].append(code)
    if not any(wanted.values()):
        return []
    look = look_of(basis, figures)
    return [
        SignRound(milestone, turn, tuple(wanted[level]), look, {code: times[code] + 1 for code in wanted[level]})
        for level, turn in sorted(come.items(), key=lambda each: LEVELS.index(each[0]), reverse=True)
        if wanted[level]
    ]


def _is_mended(standing: Standing, now: Rollup) -> bool:
    """All that the office sent back last has come again."""
    if standing.last is None or standing.last.deed is not Deed.RETURN:
        return False
    back = {each["code"] for each in standing.last.detail["units"]}
    return back.isdisjoint(code for code, _ in now.missing_units)


def _move(
    here: Running, connection: Any, milestone: Milestone, code: str, standing: Standing, now: Rollup, as_of: datetime
) -> None:
    signed = standing.signed
    assert signed is not None
    moved = moved_figures(signatures.figures_asked(connection, signed.detail["request"]), now)
    signatures.record(
        connection, here.name, milestone.phase, milestone.key, code, Deed.MOVE,
        cause=f"signature {signed.id}", at=as_of, recorded_at=as_of, by="system", digest=unit_digest(code, now),
        detail={"signature": signed.id, "moved": moved},
    )  # fmt: skip


def times_asked(entries: Iterable[Entry]) -> Counter[str]:
    return Counter(each.unit for each in entries if each.deed is Deed.ASK)


def record_request(
    here: Running, connection: Any, milestone: Milestone, code: str, rollup: Rollup, number: int, *,
    due: datetime, as_of: datetime, by: str = "system",
) -> int | None:  # fmt: skip
    """``number``: as known when it was decided to ask. None where that request is there already."""
    return signatures.record(
        connection, here.name, milestone.phase, milestone.key, code, Deed.ASK,
        cause=f"round {number}", at=as_of, recorded_at=as_of, by=by, digest=unit_digest(code, rollup),
        detail={"due_at": due.isoformat(), "round": number}, rollup=rollup,
    )  # fmt: skip
