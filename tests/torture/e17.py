"""E17: Prefect dies while a flow is at work: its server is killed, its database deleted, or made unreadable. Whoever starts
it again only starts it again; the campaign ends as it would have."""

import os
import random
import signal
import time
from collections.abc import Generator
from pathlib import Path

from sqlalchemy import text

from desk.window import DATABASE
from tests.torture.experiment import Experiment, Trial
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab, World

UNITS = 60
_SEED = 2021
_BEGUN_SECONDS = 240
_BEGUN = {
    "send": "SELECT count(*) FROM outbox WHERE state IN ('sending', 'sent') AND kind = 'ask'",
    "collect": "SELECT count(*) FROM inbox",
}


def dies(lab: Lab, number: int, fault: str) -> Generator[Trial]:
    _give_a_history(lab)
    rng = random.Random(_SEED)
    for trial in range(number):
        what = STRIKES[trial % len(STRIKES)]
        flow = "send" if trial // len(STRIKES) % 2 == 0 else "collect"
        world = lab.sending(UNITS) if flow == "send" else lab.collecting()
        process = world.start("by_prefect", flow, [0, 1, 2], fault=fault)
        _await_begin(world, flow)
        time.sleep(rng.random() / 2)
        strike(world, what, process.pid)
        world.ended(process)
        code = world.run("by_prefect", flow, RECOVERY, fault=fault)
        failures = [f"the restart ended with {code}"] * (code != 0)
        yield Trial([f"{each} ({flow}, {what})" for each in (*failures, *broken(world))])


def _give_a_history(lab: Lab) -> None:
    """To both templates, once: making a database of Prefect's anew takes most of a server's start."""
    for folder in (lab.template, lab.answered):
        if not (folder / "data" / "prefect").exists():
            World(lab, folder, "", lab.oracle).run("by_prefect", "send", [])


def _await_begin(world: World, flow: str) -> None:
    end = time.monotonic() + _BEGUN_SECONDS
    with world.store() as store:
        while time.monotonic() < end:
            with store.read() as connection:
                if connection.execute(text(_BEGUN[flow])).scalar_one():
                    return
            time.sleep(0.02)
    raise TimeoutError(f"{flow} did not begin")


STRIKES = ("unreadable", "deleted", "killed")


def strike(world: World, what: str, parent: int | None) -> None:
    """The server ends in each case: it would not notice the loss of a file that it holds open."""
    database = world.folder / "data" / "prefect" / DATABASE
    if what == "deleted":
        for each in database.parent.glob(f"{DATABASE}*"):
            each.unlink()
    if what == "unreadable":
        database.write_bytes(b"no database" * 1000)
    os.kill(_server_of(parent), signal.SIGKILL)


def _server_of(parent: int | None) -> int:
    for each in Path("/proc").glob("[0-9]*"):
        try:
            fields = (each / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent and b"prefect" in (each / "cmdline").read_bytes():
                return int(each.name)
        except OSError:
            continue
    raise LookupError("there is no Prefect server")


E17 = Experiment("E17", "Prefect dies", dies, 50, 3, ("unreadable_history_kept",))
