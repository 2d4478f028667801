"""PDF through LibreOffice, where it is installed; all files in one call, for starting it takes seconds."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from oneledger.domain.errors import TransientError

SECONDS = 300


def can_make_pdf() -> bool:
    return shutil.which("soffice") is not None


def make_pdfs(files: Sequence[Path], folder: Path) -> list[Path]:
    """Beside their names, in the order given. A profile of its own: an office program that is open is not disturbed."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "pdf"]
        command += ["--outdir", str(folder), *map(str, files)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        except (subprocess.SubprocessError, OSError) as fault:
            raise TransientError(f"LibreOffice made no PDF: {fault}") from fault
    made = [folder / f"{each.stem}.pdf" for each in files]
    lacking = [each.name for each in made if not each.exists()]
    if lacking:
        raise TransientError(f"LibreOffice made no {', '.join(lacking)}")
    return made
