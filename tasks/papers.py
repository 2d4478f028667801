"""Papers made of the last snapshot when somebody asks: circular, supervision order, overall, public copy."""

from collections.abc import Callable, Mapping

from oneledger.domain.errors import RefusedError
from oneledger.domain.overall_report import overall_context
from oneledger.domain.report_figures import SnapshotView, UnitBrief
from oneledger.domain.supervision_order import order_context
from oneledger.store import snapshots
from oneledger.store.snapshots import Frozen
from tasks.circulars import circular_of
from tasks.editions import Edition, brief, edition, reporting_units, view_of, with_measures
from tasks.office import Running, running
from tasks.paper_rendering import rendered
from tasks.public_copies import public_copy, said_of

TITLES = {
    "public": "公开版",
    "overall": "总体情况报告",
    "special": "专题汇报",
    "circular": "情况通报",
    "order": "督办单",
}


def paper(name: str, unit: str, phase: str, kind: str) -> tuple[str, bytes]:
    """File name and Word file. Raises RefusedError where there is nothing to make it of."""
    here = running(name)
    with here.office.store.read() as connection:
        frozen = snapshots.of_campaign(connection, name)
    of_phase = [each for each in frozen if each.phase == phase]
    if not of_phase or unit not in here.units or here.units[unit].level == "school":
        raise RefusedError([f"no figures of an office {unit} for phase {phase} yet: its report-by date has not come"])
    this = edition(here, of_phase[-1])
    if unit not in this.figures.codes:
        raise RefusedError([f"{unit} has no figures in {this.frozen.milestone}"])
    content = _MAKERS[kind](here, this, unit, frozen)
    return f"{unit}_{here.units[unit].name}_{here.campaign.phase(phase).title}{TITLES[kind]}.docx", content


def _public(here: Running, this: Edition, unit: str, _: list[Frozen]) -> bytes:
    view = view_of(here, this, unit)
    offices = this.figures.of(reporting_units(here, this.figures.codes))
    return public_copy(here, view, this.said or said_of(here, this.frozen, offices, view.phase_forms))


def _overall(here: Running, this: Edition, unit: str, frozen: list[Frozen]) -> bytes:
    views = _views(here, this, unit, frozen)
    return rendered(here, "overall", views[-1], overall_context(views))


def _special(here: Running, this: Edition, unit: str, frozen: list[Frozen]) -> bytes:
    if here.units[unit].level != "province":
        raise RefusedError([f"{here.units[unit].name}: a report to the provincial government is the province's own"])
    views = _views(here, this, unit, frozen)
    return rendered(here, "special", views[-1], overall_context(views, "special"))


def _views(here: Running, this: Edition, unit: str, frozen: list[Frozen]) -> list[SnapshotView]:
    """The last snapshot of each phase up to this one."""
    order = [phase.phase for phase in here.campaign.phases]
    latest = {each.phase: each for each in frozen if order.index(each.phase) < order.index(this.frozen.phase)}
    earlier = [edition(here, latest[phase]) for phase in order if phase in latest]
    return [
        with_measures(here, each, view_of(here, each, unit)) for each in [*earlier, this] if unit in each.figures.codes
    ]


def _order(here: Running, this: Edition, unit: str, _: list[Frozen]) -> bytes:
    above, view = this.here.units.get(this.here.units[unit].parent or ""), view_of(here, this, unit)
    issuer = brief(above) if above else UnitBrief("", here.campaign.issuer, "ministry")
    return rendered(here, "order", view, order_context(view, issuer.name), issuer=issuer)


def _circular(here: Running, this: Edition, unit: str, _: list[Frozen]) -> bytes:
    with here.office.store.read() as connection:
        view = view_of(here, this, unit)
        return circular_of(this.here, connection, view, this.counted.get(unit, {}), this.late)


_MAKERS: Mapping[str, Callable[[Running, Edition, str, list[Frozen]], bytes]] = {
    "public": _public, "overall": _overall, "special": _special, "circular": _circular, "order": _order,
}  # fmt: skip
