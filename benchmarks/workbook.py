"""A personal workbook with twenty open problems printed in it.

Floor: the finished XML of the one sheet with the problems deflated anew (zlib, the same level) and joined with the rest
of the zip, which is taken as it lies. No value is written, no other part is touched.
Naive: openpyxl building the workbook, without even writing the unit's values into it.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.timing import Row, Ways
from oneledger.adapters.workbook_master import build_master
from oneledger.adapters.workbook_stamp import prepare, stamp
from oneledger.domain.forms import asked_of
from oneledger.domain.workbooks import Fill, WorkbookSpec
from oneledger.settings import load_form

PIECES, NAIVE_PIECES = 200, 2
CONFIG = Path(__file__).parents[1] / "config"
COVER, RECTIFY = (asked_of(load_form(CONFIG, name), "school") for name in ("cover-v1", "rectify-v1"))
SPEC = WorkbookSpec("liaoning-2021", "rectify", "专项治理行动", "文号", "集中整治", "school", COVER, (RECTIFY,))
SHEET, HEAD = "xl/worksheets/sheet2.xml", 30  # bytes before a part's name
PROBLEM = {
    "description": "门岗对来访人员登记不全，晚自习后三楼走廊无人巡查", "measures": "调整值班安排，保安每晚巡查并登记",
    "resp_person": "德育副校长", "aspect7": "条件保障", "risk": "一般", "fix_mode": "限期整改",
    "found_on": date(2021, 3, 1), "due_on": date(2021, 5, 1), "state": "未启动",
}  # fmt: skip


def fill_of(number: int) -> Fill:
    code = f"21{number:08}"
    rows = [{"problem_no": f"{code}-2021-{no:04}", **PROBLEM} for no in range(1, 21)]
    return Fill(f"ol1.{number}", code, "望湖路小学", {"cover": {"unit_code": code}}, {"rectify": rows})


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    plan = prepare(build_master(SPEC), SPEC)
    fills = [fill_of(number) for number in range(PIECES)]
    done = stamp(plan, fills[1])
    with zipfile.ZipFile(io.BytesIO(done)) as opened:
        sheet, lies = opened.read(SHEET), opened.getinfo(SHEET)
    before = done[: lies.header_offset + HEAD + len(SHEET)]
    after = done[len(before) + lies.compress_size :]

    def floor(_round: int) -> None:
        for _ in range(PIECES):
            deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
            b"".join((before, deflate.compress(sheet) + deflate.flush(), after))

    yield {
        "ours": lambda _round: [stamp(plan, each) for each in fills],
        "floor": floor,
        "naive": lambda _round: [build_master(SPEC) for _ in range(NAIVE_PIECES)],
    }


ROW = Row(
    "a personal, prefilled workbook (20 open problems)",
    "deflating its one changed sheet, the rest of the zip copied unread",
    ways, PIECES, most=1.5, naive=20, pieces_of={"naive": NAIVE_PIECES},
)  # fmt: skip
