"""E6: a real IMAP server whose line is cut after so many bytes, more each time; then the line holds."""

import hashlib
from collections.abc import Iterator

from imapclient import IMAPClient
from sqlalchemy import text

from tests.mail_servers import imap_server, wire
from tests.torture.experiment import Experiment, Trial
from tests.torture.invariants import broken
from tests.torture.world import Lab, World

MAILS = 20
_BYTES_APART = 997


def cut_lines(lab: Lab, cuts: int, fault: str) -> Iterator[Trial]:
    with imap_server(lab.folder) as port, wire(port) as tap:
        wanted = _filled(port)
        world = _world(lab, tap.port)
        for number in range(1, cuts + 1):
            tap.cut_after = number * _BYTES_APART
            world.run("collect", fault=fault)
            yield Trial(broken(world, is_over=False))
            if number % MAILS == 0:
                world = _world(lab, tap.port)
        tap.cut_after = None
        world.run("collect", 2, fault=fault)
        have = _hashes(world)
        yield Trial([f"lost {sha}" for sha in wanted - have] + [f"I4 {sha}" for sha in have - wanted] + broken(world))


def _filled(port: int) -> set[str]:
    with IMAPClient("127.0.0.1", port, ssl=False) as client:
        client.login("demouser", "demopass")
        for number in range(MAILS):
            client.append("INBOX", f"From: s{number}@y.invalid\r\nSubject: {number}\r\n\r\n{'x' * 700}\r\n".encode())
        client.select_folder("INBOX", readonly=True)
        found = client.fetch(client.search(), ["BODY.PEEK[]"])
        return {hashlib.sha256(each[b"BODY[]"]).hexdigest() for each in found.values()}


def _world(lab: Lab, port: int) -> World:
    collect = {"address": "collect@ledger.invalid", "imap_host": "127.0.0.1", "imap_port": port}
    collect |= {"imap_security": "none", "imap_user": "demouser"}
    world = lab.collecting(collect=collect)
    world.mails = []
    return world


def _hashes(world: World) -> set[str]:
    with world.store() as store, store.read() as connection:
        return set(connection.execute(text("SELECT sha256 FROM inbox")).scalars())


E6 = Experiment("E6", "IMAP line cut after n bytes", cut_lines, 1000, 5, ("checkpoint_past_the_cut",))
