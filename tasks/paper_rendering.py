"""A paper's context and the official parts of its kind, as a Word file."""

from collections.abc import Mapping
from typing import Any

from oneledger.adapters.report_docx import render_report
from oneledger.domain.report_figures import SnapshotView, UnitBrief
from oneledger.settings import load_papers
from tasks.office import Running


def rendered(
    here: Running, kind: str, view: SnapshotView, context: Mapping[str, Any], *,
    template: str = "phase_report", issuer: UnitBrief | None = None,
) -> bytes:  # fmt: skip
    """``issuer``: whose paper it is, where that is not the office the figures are of."""
    settings, issuer = here.office.settings, issuer or view.unit
    code = here.campaign.office_codes.get(issuer.code, "")
    parts = load_papers(settings.config).parts(kind, issuer, code, view.as_of.astimezone(here.zone).date())
    return render_report(settings.templates / "reports" / f"{template}.docx", {**context, "parts": parts})
