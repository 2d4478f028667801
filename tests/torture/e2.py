"""E2: sender and collector at work side by side, one of them killed at random moments, again and again, until all is
done. Every second world sends over several connections. The post office takes its time before it keeps a mail and again
before it says so: there most kills of a sender fall."""

import random
import time
from collections.abc import Generator
from multiprocessing.context import ForkServerProcess

from sqlalchemy import text

from rehearsal.post_office_client import PostOffice, running_post_office
from tasks.guarding import POISON
from tests.torture.experiment import SEVERAL, Experiment, Trial, in_state
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab, World, plan

UNITS = 250  # below tasks.sending.LONG_WORK: no call to Prefect
UNITS_A_KILL = 10
MEAN_MAILS = 4  # between two kills
AT_THE_START = 0.15  # of the kills; the others come after some mails more, whatever the machine's speed
LONGEST_START_SECONDS = 0.2
LINGER_MS = 3
FEED = 2  # mails that come in for every start of a collector
LOOKS = 8  # of a collector, if it lives that long
STEP = 80  # minutes between two starts of a sender: the leases of the one before have ended


def killed_at_random(lab: Lab, kills: int, fault: str) -> Generator[Trial]:
    rng = random.Random()  # what the machine does in between is not the same twice either
    done = units = 0
    while done < kills or units < kills * UNITS_A_KILL:
        with running_post_office(lab.folder / f"post{units}", fsync=True, linger_ms=LINGER_MS) as post:
            connections = SEVERAL if units // UNITS % 2 else 1
            for trial in _killed_until_all_is_sent(Busy(lab, post, fault, connections), rng):
                done += trial.count
                yield trial
        units += UNITS


class Busy:
    """A world with a sender and a collector, started anew whenever they are gone."""

    def __init__(self, lab: Lab, post: PostOffice, fault: str, connections: int) -> None:
        self.world: World = lab.collecting(post, connections=connections)
        plan(self.world, UNITS)
        self.fault = fault
        self.running: dict[str, ForkServerProcess] = {}
        self.sends = self.collects = 0

    def start(self) -> None:
        for job in ("send", "collect"):
            if job not in self.running:
                self.running[job] = self._started(job)

    def _started(self, job: str) -> ForkServerProcess:
        if job == "send":
            at = self.sends * STEP
            self.sends += 1
            return self.world.start("send", [at, at + 16, at + 47], fault=self.fault)
        for number in range(FEED):
            name = f"{self.collects}-{number}"
            self.world.put_in_the_box(
                f"From: {name}@y.invalid\r\nSubject: {name}\r\n\r\nx\r\n".encode(), f"9{name}.eml"
            )
        self.collects += 1
        return self.world.start("collect", LOOKS, fault=self.fault)

    def wait(self, rng: random.Random) -> None:
        """For a moment at random: a few mails on, and then anywhere within the time that one takes."""
        began, before = time.monotonic(), sum(self.world.copies().values())
        if rng.random() < AT_THE_START:
            time.sleep(rng.uniform(0, LONGEST_START_SECONDS))
            return
        wanted = before + 1 + int(rng.expovariate(1 / MEAN_MAILS))
        while (have := sum(self.world.copies().values())) < wanted and self.running["send"].is_alive():
            time.sleep(0.003)
        time.sleep(rng.uniform(0, (time.monotonic() - began) / max(1, have - before)))

    def kill(self, job: str) -> bool:
        """False: it had ended by itself."""
        process = self.running.pop(job)
        process.kill()
        return self.world.ended(process) < 0

    def finish(self) -> None:
        for job in list(self.running):
            self.kill(job)
        at = self.sends * STEP
        for _ in range(2):
            self.world.run("collect", 2, fault=self.fault)
            self.world.run("send", [at + each for each in RECOVERY], fault=self.fault)


def _killed_until_all_is_sent(busy: Busy, rng: random.Random) -> Generator[Trial]:
    world, unknown = busy.world, 0
    while in_state(world, "sent") < UNITS and busy.sends < UNITS:
        busy.start()
        busy.wait(rng)
        victim = rng.choice(("send", "collect"))
        is_killed = busy.kill(victim)
        doubtful = in_state(world, "sending") if is_killed and victim == "send" else 0
        unknown += doubtful
        yield Trial(broken(world, is_over=False), count=int(is_killed), unknown=doubtful)
    busy.finish()
    left = in_state(world, "unknown")
    yield Trial(broken(world), count=0, units=UNITS, settled=unknown - left, by_hand=_set_aside(world))


def _set_aside(world: World) -> int:
    """Mails during which three collectors were killed: a person must look at them, as is meant."""
    with world.store() as store, store.read() as connection:
        query = text("SELECT count(*) FROM inbox WHERE state = 'person' AND reason = :reason")
        return int(connection.execute(query, {"reason": POISON}).scalar_one())


E2 = Experiment(
    "E2",
    "kill -9 of sender or collector at random",
    killed_at_random,
    1000,
    10,
    ("mark_before_send", "resend_by_timer"),
)
