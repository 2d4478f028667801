"""How long copies take to be found among many articles: signatures, the database's bands, the comparison itself.

python benchmarks/alike_documents.py [ARTICLES]   default 30000; one in fifty is a copy with other words here and there
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oneledger.adapters.likeness import bands, share_copied
from oneledger.settings import Settings, load_campaign
from oneledger.store import assignments, documents, schema as t
from oneledger.store.campaigns import launch
from oneledger.store.database import Store, open_store
from tasks.documents import COPIED_FROM

BATCH = 500
AT = datetime(2024, 7, 1, tzinfo=UTC)
STOCK = "我校高度重视防范学生欺凌工作，成立由校长任组长的领导小组，按照上级部署开展排查整治。"


def words(rng: random.Random) -> list[str]:
    letters = [chr(0x4E00 + n) for n in rng.sample(range(6000), 900)]
    return ["".join(rng.choices(letters, k=rng.choice((1, 2, 2, 2, 3, 4)))) for _ in range(4000)]


def article(rng: random.Random, stock: list[str], length: int = 2000) -> str:
    """Words of one vocabulary, and a tenth of it sentences that everybody writes."""
    text, common, written = [], [STOCK[n : n + 14] for n in range(0, len(STOCK), 14)], 0
    while written < length:
        text.append(rng.choice(common) if rng.random() < 0.03 else rng.choice(stock))
        written += len(text[-1])
    return "".join(text)


def copied(rng: random.Random, text: str, changed: float) -> str:
    """Every so many characters a stretch is written anew."""
    pieces = [text[n : n + 40] for n in range(0, len(text), 40)]
    return "".join(piece[::-1] if rng.random() < changed else piece for piece in pieces)


def main(number: int) -> None:
    rng = random.Random(7)
    stock = words(rng)
    store = open_store("", Path(tempfile.mkdtemp()))
    prepare(store, number)
    texts: list[str] = []
    copies: dict[int, int] = {}
    spent: dict[str, list[float]] = {"signature": [], "looking up": [], "comparing": []}
    writing = 0.0
    for start in range(0, number, BATCH):
        mine: list[list[int]] = []
        for n in range(start, min(start + BATCH, number)):
            if n > 100 and rng.random() < 0.02:
                copies[n] = rng.randrange(n)
                texts.append(copied(rng, texts[copies[n]], rng.uniform(0, 0.3)))
            else:
                texts.append(article(rng, stock))
            mine.append(timed(spent["signature"], bands, texts[n]))
        now = time.process_time()
        with store.write() as connection:
            documents.record(
                connection, [row_of(n, texts[n]) for n in range(start, start + len(mine))], mine, "articles"
            )
        writing += time.process_time() - now
    looked = [*copies, *(n for n in rng.sample(range(number), min(number, 600)) if n not in copies)]
    found = wrong = suspects = 0
    with store.read() as connection:
        for n in looked:
            numbers = bands(texts[n])
            like = timed(spent["looking up"], documents.suspects, connection, "c", "articles", str(n), numbers)
            share = timed(spent["comparing"], closest, texts[n], [each.text for each in like])
            suspects += len(like)
            found += n in copies and share >= COPIED_FROM
            is_copied_from = n in copies.values()
            wrong += n not in copies and not is_copied_from and share >= COPIED_FROM
    print(f"{number} articles of 2,000 characters, {len(copies)} copies of which up to 30 % was written anew")
    print(f"copies found: {found}; others called copies: {wrong}; {suspects / len(looked):.2f} suspects each")
    for step, each in spent.items():
        print(f"{step:11} {statistics.fmean(each):6.2f} ms of CPU each")
    size = Path(str(store.engine.url.database)).stat().st_size >> 20
    print(f"writing     {writing / number * 1000:6.2f} ms of CPU each; the database has {size} MiB")


def prepare(store: Store, number: int) -> None:
    campaign = load_campaign(Settings().config, "liaoning-2021").model_copy(update={"campaign": "c"})
    owed = {"campaign": "c", "phase": "p", "deliverable": "articles", "due_at": AT, "opened_at": AT}
    owed |= {"status": "missing", "is_late": False, "in_correction": False, "versions": 0, "seal": ""}
    mail: dict[str, Any] = {"account": "a", "folder": "f", "uidvalidity": "0", "uid": "1", "sha256": "x"}
    mail |= {"received_at": AT, "taken_at": AT, "size": 1, "state": "done"}
    with store.write() as connection:
        launch(connection, campaign, {}, units=[], digest="d", at=AT, by="b", mails=0, token_key=b"k" * 32)
        assignments.open_new(connection, [owed | {"unit": str(n), "respondent": str(n)} for n in range(number)])
        connection.execute(t.inbox.insert(), mail)


def row_of(n: int, text: str) -> dict[str, Any]:
    row = {"campaign": "c", "assignment": n + 1, "submission": None, "inbox": 1, "part": str(n), "role": "copy"}
    row |= {"file_name": "a.docx", "format": "docx", "sha256": "x", "received_at": AT, "title": "t"}
    return row | {"paragraphs": [[0, text]], "pictures": [], "is_current": True}


def closest(text: str, others: list[str]) -> float:
    return max((share_copied(text, each) for each in others), default=0.0)


def timed(spent: list[float], call: Callable[..., Any], *arguments: Any) -> Any:
    """CPU time: the machine may be busy with other things."""
    start = time.process_time()
    answer = call(*arguments)
    spent.append((time.process_time() - start) * 1000)
    return answer


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000)
