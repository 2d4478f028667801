"""A unit's report and consolidated workbook as published, and papers made anew from the last snapshot of a phase."""

from pathlib import Path

from oneledger.adapters.pdf import can_make_pdf, make_pdfs
from oneledger.adapters.place import checked
from oneledger.domain.errors import RefusedError
from oneledger.store import snapshots
from tasks.office import running
from tasks.papers import TITLES, paper


def write_reports(name: str, unit: str, phase: str, folder: Path) -> list[Path]:
    """Copies of what was published, under ``folder``. Raises RefusedError where nothing was."""
    here = running(name)
    with here.office.store.read() as connection:
        frozen = [each for each in snapshots.of_campaign(connection, name) if each.phase == phase]
        made = (snapshots.reports(connection, each.id) for each in frozen[::-1])
        theirs = ([path for (code, _), path in paths.items() if code == unit] for paths in made)
        found = next(filter(None, theirs), [])
    if not found:
        raise RefusedError([f"no report of {unit} for phase {phase} yet: its report-by date has not come"])
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path in found:
        target = folder / path.rpartition("/")[2]
        target.write_bytes(here.office.files.read(path))
        written.append(target)
    return written


def write_paper(name: str, unit: str, phase: str, kind: str, folder: Path) -> list[Path]:
    """One paper of a kind of tasks.papers.TITLES, under ``folder``."""
    if kind not in TITLES:
        raise RefusedError([f"no kind {kind!r}: published, {', '.join(TITLES)}"])
    named, content = paper(name, unit, phase, kind)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / checked(named).rpartition("/")[2]
    target.write_bytes(content)
    return [target]


def pdfs_of(files: list[Path], folder: Path) -> list[Path]:
    """Of the Word files; none where LibreOffice is not installed."""
    papers = [each for each in files if each.suffix == ".docx"]
    return make_pdfs(papers, folder) if papers and can_make_pdf() else []
