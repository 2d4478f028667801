"""E6: a real IMAP server whose line is cut again and again while mails come in, at any byte of what it says; then the
line holds, and two looks must have found everything before somebody clears the box away."""

import hashlib
import random
import socket
from collections.abc import Generator
from contextlib import closing

from imapclient import IMAPClient
from sqlalchemy import text

from tests.mail_servers import Wire, imap_server, wire
from tests.torture.experiment import Experiment, Trial
from tests.torture.invariants import broken
from tests.torture.world import Lab, World

CUTS_AT_A_TIME = 20
MAILS_A_CUT = 10
LOOKS = 20  # of one process
FIRST_BYTES = 190_000  # some more than two hundred mails
DAYS = 5  # strangers' mails are worked on a few thousand a day
QUOTAS = {"strangers": {"mails": 3000, "megabytes": 2000}}
_SEED = 6


def cut_lines(lab: Lab, cuts: int, fault: str) -> Generator[Trial]:
    rng = random.Random(_SEED)
    with imap_server(lab.folder) as port, wire(port) as tap, closing(_client(port)) as client:
        world, wanted = _world(lab, tap.port), _held(client, "INBOX")
        client.create_folder("Junk")
        for first in range(0, cuts, CUTS_AT_A_TIME):
            number = min(CUTS_AT_A_TIME, cuts - first)
            wanted |= _delivered(client, first, number * MAILS_A_CUT)
            before = tap.cuts
            _looks_over_a_bad_line(world, tap, rng, before + number, fault)
            world.run("take_in", 2, fault=fault)
            _deleted(client)
            yield Trial(_differences(world, wanted, is_over=False), count=tap.cuts - before, units=number * MAILS_A_CUT)
        world.run("take_in", 0, DAYS, fault=fault)
        yield Trial(_differences(world, wanted, is_over=True), count=0)


def _client(port: int) -> IMAPClient:
    client = IMAPClient("127.0.0.1", port, ssl=False)
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 40 ms at every mail
    client.login("demouser", "demopass")
    client.close = client.shutdown
    return client


def _delivered(client: IMAPClient, first: int, count: int) -> set[str]:
    """Every tenth lands in the junk folder, every twentieth comes twice."""
    hashes = set()
    for number in range(first * MAILS_A_CUT, first * MAILS_A_CUT + count):
        content = f"From: s{number}@y.invalid\r\nSubject: {number}\r\n\r\n{'x' * (number * 7 % 1400)}\r\n".encode()
        hashes.add(hashlib.sha256(content).hexdigest())
        for _ in range(2 if number % 20 == 0 else 1):
            client.append("Junk" if number % 10 == 9 else "INBOX", content)
    return hashes


def _deleted(client: IMAPClient) -> None:
    """By somebody who clears the box away."""
    for folder in ("Junk", "INBOX"):
        client.select_folder(folder)
        client.delete_messages(client.search())
        client.expunge()


def _held(client: IMAPClient, folder: str) -> set[str]:
    client.select_folder(folder, readonly=True)
    found = client.fetch(client.search(), ["BODY.PEEK[]"])
    return {hashlib.sha256(each[b"BODY[]"]).hexdigest() for each in found.values()}


def _looks_over_a_bad_line(world: World, tap: Wire, rng: random.Random, enough: int, fault: str) -> None:
    """Each connection is cut anywhere up to the length of the longest; where one came to its end, up to that."""
    longest, cuts = FIRST_BYTES, tap.cuts

    def next_cut() -> int | None:
        nonlocal longest, cuts
        if tap.heard and tap.cuts == cuts:
            longest = max(50, min(longest, tap.heard))
        cuts = tap.cuts
        return rng.randrange(1, longest) if tap.cuts < enough else None

    tap.heard, tap.next_cut = 0, next_cut
    for _ in range(enough):
        if tap.cuts >= enough or world.troubles:
            break
        world.run("take_in", LOOKS, fault=fault)
    tap.next_cut = lambda: None


def _world(lab: Lab, port: int) -> World:
    collect = {"address": "collect@ledger.invalid", "imap_host": "127.0.0.1", "imap_port": port}
    collect |= {"imap_security": "none", "imap_user": "demouser"}
    world = lab.collecting(collect=collect, quotas=QUOTAS)
    world.mails = []
    return world


def _differences(world: World, wanted: set[str], *, is_over: bool) -> list[str]:
    with world.store() as store, store.read() as connection:
        have = set(connection.execute(text("SELECT sha256 FROM inbox")).scalars())
    found = [f"lost {sha}" for sha in sorted(wanted - have)] + [f"I4 {sha}" for sha in sorted(have - wanted)]
    return found + broken(world, is_over=is_over)


E6 = Experiment(
    "E6", "IMAP line cut at any byte", cut_lines, 1000, 5, ("checkpoint_past_the_cut", "dedupe_off")
)  # fmt: skip
