"""Next year's campaign out of this year's: the same file, its dates moved by whole weeks."""

import re
from datetime import date, timedelta
from pathlib import Path

from oneledger.domain.campaigns import Campaign
from oneledger.domain.errors import RefusedError
from oneledger.settings import Settings, load_campaign

_OF_PHASE, _OF_DUTY = ("opens_on", "ends_on"), ("done_by", "report_by")
_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


def copy_campaign(settings: Settings, name: str, new: str, opens_on: date) -> Path:
    """Write config/campaigns/<new>.yaml. Its first phase opens in the week of ``opens_on``, on the weekday it had.

    Only dates and the name change: titles and document numbers are for a person to set. Raises RefusedError where the
    file exists or the first phase has no date to move from.
    """
    folder = settings.config / "campaigns"
    target = folder / f"{new}.yaml"
    campaign = load_campaign(settings.config, name)
    opened = [phase.opens_on for phase in campaign.phases if phase.opens_on]
    if target.exists():
        raise RefusedError([f"{target} exists: name another"])
    if not opened:
        raise RefusedError([f"{name} opens on no date yet: set the dates by hand"])
    weeks = weeks_between(min(opened), opens_on)
    staying = inherited_dates(campaign, (folder / f"{name}.yaml").read_text(encoding="utf-8")) if weeks else []
    if staying:
        raise RefusedError([f"{each} comes from {campaign.extends}: write it in {name}.yaml first" for each in staying])
    text = moved((folder / f"{name}.yaml").read_text(encoding="utf-8"), weeks)
    target.write_text(text.replace(f"campaign: {name}\n", f"campaign: {new}\n", 1), encoding="utf-8")
    load_campaign(settings.config, new)
    return target


def inherited_dates(campaign: Campaign, text: str) -> list[str]:
    """Dates that an upper campaign sets and this file does not say: moving this file would leave them behind."""
    own = set(_DAY.findall(text))
    days = [(f"phases.{each.phase}.{key}", getattr(each, key)) for each in campaign.phases for key in _OF_PHASE]
    days += [(f"duties.{each.duty}.{key}", getattr(each, key)) for each in campaign.duties for key in _OF_DUTY]
    return [key for key, day in days if day and (f"{day:%Y}", f"{day:%m}", f"{day:%d}") not in own]


def weeks_between(old: date, new: date) -> int:
    """Whole weeks, so that weekdays stay what they were."""
    return round((new - old).days / 7)


def moved(text: str, weeks: int) -> str:
    return _DAY.sub(lambda found: str(date.fromisoformat(found[0]) + timedelta(weeks=weeks)), text)
