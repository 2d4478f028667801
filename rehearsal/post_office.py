"""A local post office: takes mail over SMTP on the loopback and keeps it in Maildirs. Delivers to nobody outside.

    python -m rehearsal.post_office --dir DIR --smtp-port PORT [--fsync] [--linger-ms MS]

It prints "ready 127.0.0.1 PORT" when it listens (port 0: any free one) and ends on SIGTERM or with its parent.
How a mail box behaves stands in DIR/behaviour.json {address: behaviour}, read anew whenever it changes, or in its
local part: hard_bounce.anything@… behaves like hard_bounce.

    hard_bounce   accepted, then a bounce (RFC 3464) goes to the envelope sender
    reject        550 5.1.1 at RCPT
    defer_once    451 the first time the address is named, accepted from then on
    auto_reply    delivered, and a holiday reply goes to Reply-To
    drop_250      stored, then the connection is cut before the sender learns of it
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from rehearsal.letter_box import COLLECTING, JOURNAL, LetterBox
from rehearsal.machine_mail import automatic_reply, bounce
from rehearsal.smtp_session import PostOfficeSession

HOST = "127.0.0.1"
BEHAVIOURS = ("hard_bounce", "reject", "defer_once", "auto_reply", "drop_250")
_IDLE_SECONDS = 3600.0
_PARENT_LOOK_SECONDS = 0.5


class Behaviours:
    """What each mail box does, by the map on disk first and by its local part else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._by_address: dict[str, str] = {}

    def of(self, address: str) -> str:
        self._read_if_changed()
        local = address.partition("@")[0].partition(".")[0].lower()
        return self._by_address.get(address.lower(), local if local in BEHAVIOURS else "")

    def _read_if_changed(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return
        seen = (found.st_mtime_ns, found.st_size, found.st_ino)
        if seen != self._seen:
            by_address = json.loads(self._path.read_text(encoding="utf-8"))
            self._by_address = {address.lower(): behaviour for address, behaviour in by_address.items()}
            self._seen = seen


class Clerk:
    """aiosmtpd's handler: answers EHLO, RCPT and DATA."""

    def __init__(self, box: LetterBox, behaviours: Behaviours, linger_seconds: float = 0.0) -> None:
        self._box = box
        self._linger_seconds = linger_seconds
        self._behaviours = behaviours
        self._deferred: set[str] = set()

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        behaviour = self._behaviours.of(address)
        if behaviour == "reject":
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        if behaviour == "defer_once" and address not in self._deferred:
            self._deferred.add(address)
            return f"451 4.7.1 <{address}>: Greylisted, please try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        await self._linger()
        named = [each for each in envelope.rcpt_tos if each.lower() != JOURNAL]
        is_copied = len(named) < len(envelope.rcpt_tos)
        done = [self._take_in(sender, recipient, content, is_copied=is_copied) for recipient in named]
        if "drop_250" in done:
            if isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
            raise asyncio.CancelledError  # the session ends here: there is nobody left to answer
        await self._linger()
        return "250 2.0.0 OK"

    async def _linger(self) -> None:
        if self._linger_seconds:
            await asyncio.sleep(self._linger_seconds)

    def _take_in(self, sender: str, recipient: str, content: bytes, *, is_copied: bool) -> str:
        behaviour = self._behaviours.of(recipient)
        is_delivered = behaviour != "hard_bounce"
        self._box.store(sender, recipient, content, is_delivered=is_delivered, is_copied=is_copied)
        if behaviour == "hard_bounce" and sender:
            self._box.store("", sender, bounce(content, sender, recipient, self._box.now()))
        if behaviour == "auto_reply" and sender:
            reply = automatic_reply(content, recipient, self._box.now())
            if reply is not None:
                self._box.store("", *reply)
        return behaviour


async def serve(clerk: Clerk, port: int, parent: int) -> None:
    """Until SIGTERM, or until `parent` is no longer our parent process."""
    loop = asyncio.get_running_loop()
    told_to_end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_end.set)
    protocol = partial(
        PostOfficeSession, clerk, hostname="localhost", enable_SMTPUTF8=True, loop=loop, timeout=_IDLE_SECONDS
    )
    server = await loop.create_server(protocol, HOST, port)
    sys.stdout.write(f"ready {HOST} {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    while not told_to_end.is_set() and os.getppid() == parent:
        await _wait(told_to_end)
    server.close()


async def _wait(event: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(event.wait(), _PARENT_LOOK_SECONDS)
    except TimeoutError:
        return


def _arguments(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.post_office", description="A local post office.")
    parser.add_argument("--dir", type=Path, required=True, help="where the mail lies")
    parser.add_argument("--smtp-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--fsync", action="store_true", help="force every mail to the disk before its 250")
    parser.add_argument("--linger-ms", type=float, default=0.0, help="before it keeps a mail, and again before its 250")
    parser.add_argument("--collecting", action="append", help=f"addresses of the collecting box ({COLLECTING[0]})")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process is gone")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    asked = _arguments(arguments)
    behaviours = Behaviours(asked.dir / "behaviour.json")
    with LetterBox(asked.dir, collecting=asked.collecting or COLLECTING, fsync=asked.fsync) as box:
        asyncio.run(serve(Clerk(box, behaviours, asked.linger_ms / 1000), asked.smtp_port, asked.parent))


if __name__ == "__main__":
    main()
