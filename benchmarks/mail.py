"""First mails of a hundred schools: workbook stamped, mail built, outbox committed, claimed, sent, settled.

Floor: the same finished bytes handed over the same connections of the same mailers to the same post office; nothing is
kept.
The post office is a process of its own and its CPU is nobody's here, but it shares the machine: wall time includes it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.timing import Row, Ways
from benchmarks.world import NAME, OPENED_AT, SCHOOLS_A_COUNTY, armed
from oneledger.adapters.mail_turns import in_turns
from oneledger.store.database import slices
from tasks.asking import asked
from tasks.sending import mailers, send_due


@contextmanager
def ways(rounds: int) -> Iterator[Ways]:
    with armed((rounds + 1) * SCHOOLS_A_COUNTY) as world:
        packs = world.open_deploy()
        mail = world.here.office.mail
        asked(NAME, packs[0][:1], OPENED_AT)
        ((_, content),) = world.asked(packs[0][:1])

        def ours(number: int) -> None:
            asked(NAME, packs[number], OPENED_AT)
            send_due.fn(OPENED_AT)

        def floor(number: int) -> None:
            with mailers(mail) as posts:
                for some in slices(range(SCHOOLS_A_COUNTY), len(posts)):
                    in_turns(
                        post.conversation(mail.sender.address, f"floor{number}-{no}@x.invalid", content)
                        for post, no in zip(posts, some, strict=False)
                    )

        yield {"ours": ours, "floor": floor}


ROW = Row(
    "a mail: workbook + build + outbox + SMTP", "the finished bytes over the same connections",
    ways, SCHOOLS_A_COUNTY, most=3, rate=250,
)  # fmt: skip
