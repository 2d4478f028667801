"""Several conversations with a mail server at a time, in one thread."""

from collections.abc import Generator, Iterable

from oneledger.domain.mailing import SendOutcome

Conversation = Generator[None, None, SendOutcome]
"""One mail's, with the server. It pauses wherever the server has to answer and returns the outcome."""

HANDED_OVER = 3  # pauses of a conversation over a good connection: the envelope, DATA, the end of the mail


class InTurns:
    """Several conversations, one step of each, over and over: what one server has to do is done while we talk to the
    next. Each must be over a connection of its own."""

    def __init__(self, talks: Iterable[Conversation]) -> None:
        self._going = dict(enumerate(talks))
        self._outcomes: dict[int, SendOutcome] = {}

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            for number, talk in list(self._going.items()):
                try:
                    next(talk)
                except StopIteration as end:
                    self._outcomes[number] = end.value
                    del self._going[number]

    def outcomes(self) -> list[SendOutcome]:
        """When all are at their end, in the order of the conversations."""
        while self._going:
            self.step()
        return [self._outcomes[number] for number in sorted(self._outcomes)]


def in_turns(talks: Iterable[Conversation]) -> list[SendOutcome]:
    return InTurns(talks).outcomes()
