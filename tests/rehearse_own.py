"""Run as a program: rehearse a campaign that only its own YAML knows, in a process of its own.

python -m tests.rehearse_own DIR SEED
"""

import os
import shutil
import sys
from pathlib import Path

from tests.conftest import CONFIG

OWN = Path(__file__).parent / "own_campaign"
SCHOOLS, FEW_LOOKS = 10, 5


def config_with(own: Path, folder: Path) -> Path:
    """What a new user of the program has: its calendar, its cover, and the campaign's own files."""
    shutil.copytree(own, folder)
    shutil.copytree(CONFIG / "calendar", folder / "calendar")
    shutil.copy(CONFIG / "forms" / "cover-v1.yaml", folder / "forms")
    return folder


def main(directory: str, seed: str) -> int:
    out = Path(directory)
    out.mkdir(parents=True, exist_ok=True)
    os.environ["ONELEDGER_CONFIG"] = str(config_with(OWN, out.with_name(f"{out.name}-config")))
    from desk.window import window, without_heartbeats
    from rehearsal.plan import Rehearsal
    from rehearsal.run import rehearse

    plan = Rehearsal("water-2025", SCHOOLS, int(seed), out, most_looks=FEW_LOOKS)
    with window(out / "prefect") as address, without_heartbeats():
        told = rehearse(plan, address, lambda *_: None)
    return 0 if told["is_true"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
