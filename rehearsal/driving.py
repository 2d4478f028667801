"""Drives a rehearsal through campaign time: schools act here, the pipeline looks in a process of its own, then the
truth is told."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flows.launch import launch, plan as plan_flow
from oneledger.adapters.place import Place
from oneledger.domain.campaigns import Campaign, open_dates
from oneledger.domain.errors import RefusedError
from oneledger.domain.units import Level, Unit
from oneledger.store import units as unit_store
from rehearsal.looks import looks
from rehearsal.moving import drawn_changes
from rehearsal.plan import Clock, Progress, Rehearsal
from rehearsal.post_office_client import PostOffice
from rehearsal.resuming import Kept, keep, keep_seconds, kept_in
from rehearsal.summing import summary
from rehearsal.village import Village
from rehearsal.workers import Worker, add_workers, at_once, running_workers
from tasks.excepting import change_unit, moved_units
from tasks.office import Running, office, running
from tasks.signers import name_acting

LISTED_BEFORE = timedelta(days=60)  # the list of units is that old at launch
EXEMPT = 2  # schools excused from the start
_LAST = 3  # looks after the last moment, so that answers to the latest answers go out


def drive(
    plan: Rehearsal, campaign: Campaign, units: Callable[[], list[Unit]], post: PostOffice, clock: Clock, address: str,
    progress: Progress,
) -> dict[str, Any]:  # fmt: skip
    out, kept = plan.out.resolve(), kept_in(plan.out) if plan.is_resumed else None
    exempt = {} if kept else _begin(campaign, units(), post, clock)
    here = running(campaign.campaign)
    moments = looks(campaign, here.office.calendar, plan.most_looks, plan.last)
    moments += [moments[-1] + timedelta(hours=n) for n in range(1, _LAST)]
    with running_workers(plan) as workers, _village(plan, here, exempt, post, kept) as village:
        looked = [at for at in moments if not _is_slept_through(plan, at)]
        for done, at in enumerate(moments[kept.acts - 1 if kept else 0 :], kept.acts if kept else 1):
            progress(f"{at:%Y-%m-%d %H:%M}", done - 1, len(moments))
            if kept is None or done > kept.acts:
                _act(plan, village, clock, at, is_looked=at in looked)
                with clock.timed("schools: keeping what they know"):
                    keep(out, Kept(done, at, village))
            if at in looked:
                _look(plan, post, clock, at, workers)
            keep_seconds(out, clock.seconds)
        progress("核对", len(moments), len(moments))
        told = summary(plan, here, village, clock, looked, address)
    add_workers(told, out, workers)
    _write(plan.out, told, here.office.files)
    return told


def _begin(campaign: Campaign, units: Sequence[Unit], post: PostOffice, clock: Clock) -> dict[str, str]:
    """Who is excused from the start, and why."""
    exempt = _exempt(units)
    with clock.timed("import units"), office().store.write() as connection:
        unit_store.import_units(connection, units, _opens_on(campaign) - LISTED_BEFORE)
    _launch(campaign, exempt, post, clock)
    return exempt


def _village(plan: Rehearsal, here: Running, exempt: dict[str, str], post: PostOffice, kept: Kept | None) -> Village:
    if kept is not None:
        village: Village = kept.village
        return village.go_on(post)
    campaign = here.campaign
    moments = looks(campaign, here.office.calendar, plan.most_looks)  # of all phases: the same changes, however it ends
    return Village(
        plan.out.resolve(), units=here.units.values(), campaign=campaign, forms=here.forms,
        calendar=here.office.calendar, seed=plan.seed, post=post, exempt=exempt,
        changes=drawn_changes(here.units, moments, plan.seed, {*exempt, campaign.root}),
    )  # fmt: skip


def _act(plan: Rehearsal, village: Village, clock: Clock, at: datetime, *, is_looked: bool) -> None:
    with clock.timed("schools: reading, filling, answering"):
        village.act(at)
    _name_acting(plan.campaign, village, at)
    _move_units(plan.campaign, village, at)
    if is_looked:
        village.looked_at(at)


def _name_acting(name: str, village: Village, at: datetime) -> None:
    for each in village.newly_acting():
        name_acting(name, each.unit, each.address, each.first, each.last, reason="外出学习", by="办公室", as_of=at)


def _move_units(name: str, village: Village, at: datetime) -> None:
    known = {(each.unit, each.kind, each.other) for each in moved_units(name)}  # recorded before an interruption
    for each in village.newly_moved(at):
        if (each.unit, each.kind, each.other) in known:
            continue
        words = {"reason": "区划和学校布局调整", "by": "局长办公会"}
        change_unit(name, each.unit, each.kind, other=each.other, as_of=each.at, **words)


def _is_slept_through(plan: Rehearsal, at: datetime) -> bool:
    return plan.skipped is not None and plan.skipped[0] <= at < plan.skipped[1]


def _look(plan: Rehearsal, post: PostOffice, clock: Clock, at: datetime, workers: Sequence[Worker]) -> None:
    post.set_clock(at)
    for _ in range(plan.repeat):
        with clock.timed("looks"):
            at_once(workers, at)


def _exempt(units: Sequence[Unit]) -> dict[str, str]:
    schools = sorted(unit.code for unit in units if unit.level == Level.SCHOOL)
    return dict.fromkeys(schools[:: max(1, len(schools) // EXEMPT)][:EXEMPT], "本学年停办") if len(schools) > 20 else {}


def _opens_on(campaign: Campaign) -> date:
    """Raises RefusedError where no phase has a day: a person must set it (000-17)."""
    days = [phase.opens_on for phase in campaign.phases if phase.opens_on]
    if not days:
        raise RefusedError([f"日期未定：{key}" for key in open_dates(campaign)])
    return min(days)


def _launch(campaign: Campaign, exempt: dict[str, str], post: PostOffice, clock: Clock) -> None:
    at = datetime.combine(_opens_on(campaign), datetime.min.time(), ZoneInfo(campaign.timezone)) - timedelta(days=2)
    post.set_clock(at)
    with clock.timed("launch"):
        made = plan_flow(campaign.campaign, exempt, at)
        launch(campaign.campaign, campaign.campaign, made.mails, "演练", exempt, at)


def _write(out: Path, told: dict[str, Any], files: Place) -> None:
    (out / "summary.json").write_text(json.dumps(told, ensure_ascii=False, indent=2), encoding="utf-8")
    for path in files.paths("reports"):
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files.read(path))
