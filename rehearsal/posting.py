"""How schools hand in their answers: many at one campaign hour, over a few kept-open connections (aiosmtplib)."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AsyncExitStack
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from aiosmtplib import SMTP

from oneledger.adapters.with_parent import end_with_parent
from rehearsal.authoring import Author, Job, Written
from rehearsal.obligations import Definitions
from rehearsal.post_office_client import PostOffice

CONNECTIONS = 2
_ENOUGH_FOR_A_POOL = 40
_BATCH = 400


def send_in_time(post: PostOffice, letters: Iterable[tuple[Job, Written]]) -> None:
    """In the order given, which is that of campaign time; the clock stands at the moment of each."""
    asyncio.run(_send(post, letters))


async def _send(post: PostOffice, letters: Iterable[tuple[Job, Written]]) -> None:
    async with AsyncExitStack() as stack:
        lines = [SMTP(hostname=post.host, port=post.port, use_tls=False, start_tls=False) for _ in range(CONNECTIONS)]
        for line in lines:
            await stack.enter_async_context(line)
        for at, together in groupby(letters, key=lambda letter: letter[0].at):
            post.set_clock(at)
            await _share_out(lines, [written for _, written in together])


async def _share_out(lines: Sequence[SMTP], letters: Sequence[Written]) -> None:
    shares = (letters[number :: len(lines)] for number in range(len(lines)))
    await asyncio.gather(*(_post(line, share) for line, share in zip(lines, shares, strict=True)))


async def _post(line: SMTP, letters: Sequence[Written]) -> None:
    for letter in letters:
        await line.sendmail(letter.sender, [letter.recipient], letter.content)


class Writers:
    """Answers are written here, or by a few processes when there are many."""

    def __init__(
        self, definitions: Definitions, seed: int, directory: Path, *, openpyxl_share: float, processes: int
    ) -> None:
        self._made_of = (definitions, seed, directory, openpyxl_share)
        self._processes = processes
        self._pool: Executor | None = None
        self.author = Author(*self._made_of)

    def written(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Written]]:
        """In the order given; never all of them in memory. While some are sent, the next are being written."""
        if len(jobs) < _ENOUGH_FOR_A_POOL or self._processes < 2:
            yield from ((job, self.author.write(job)) for job in jobs)
            return
        ahead: deque[tuple[Sequence[Job], Iterator[Written]]] = deque()
        for start in range(0, len(jobs), _BATCH):
            batch = jobs[start : start + _BATCH]
            ahead.append((batch, self._executor().map(_write, batch, chunksize=8)))
            if len(ahead) > 1:
                yield from zip(*ahead.popleft(), strict=True)
        while ahead:
            yield from zip(*ahead.popleft(), strict=True)

    def _executor(self) -> Executor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=get_context("spawn"), initializer=_begin, initargs=self._made_of
            )
        return self._pool

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_pool": None}

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


_author: list[Author] = []  # of this process of the pool


def _begin(*made_of: Any) -> None:
    end_with_parent()
    _author[:] = [Author(*made_of)]


def _write(job: Job) -> Written:
    return _author[0].write(job)
