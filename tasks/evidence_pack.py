"""Everything of one unit in one zip, for inspectors who come to see (000-20)."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from oneledger.adapters.archive import ArchiveDamagedError
from oneledger.adapters.evidence_book import evidence_book
from oneledger.domain.audit import Entry
from oneledger.domain.errors import RefusedError
from oneledger.domain.notices import Notice
from oneledger.store import audit, snapshots, submissions
from tasks.office import Running, running

ANSWERS = frozenset({Notice.RECEIPT, Notice.CORRECTION, Notice.REFUSAL, Notice.DOCUMENT_RETURNED})
VERDICTS = {"accepted": "通过", "returned": "退回更正", "refused": "无法读取"}
STATUSES = {"returned": "已报", "zero": "零报告", "exempt": "免报", "missing": "未报"}


class Paper(NamedTuple):
    path: str
    what: str
    at: str
    content: bytes


def evidence_pack(name: str, code: str, *, by: str, reason: str, at: datetime) -> bytes:
    """A zip. Who took it and why is on the trail before anybody has it. Raises RefusedError for an unknown unit."""
    here = running(name)
    if code not in here.units:
        raise RefusedError([f"{name} has no unit {code}"])
    if not by or not reason:
        raise RefusedError(["an evidence pack is given only to a named person for a reason: --by and --reason"])
    with here.office.store.write() as connection:
        snapshots.record_event(connection, at, by, "evidence taken", campaign=name, unit=code, reason=reason)
    papers = [*_mails(here, code), *_originals(here, code), *_reports(here, code)]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
        for paper in papers:
            pack.writestr(paper.path, paper.content)
        pack.writestr("0_目录.xlsx", evidence_book(_lists(here, code, papers, by, reason, at)))
    return content.getvalue()


def _mails(here: Running, code: str) -> Iterator[Paper]:
    with here.office.store.read() as connection:
        sent = list(audit.mails_to(connection, here.name, code))
    for number, mail in enumerate(sent, start=1):
        folder = "3_回执和更正" if mail.kind in ANSWERS else "1_收到的任务和通知"
        day = _local(here, mail.sent_at)
        yield Paper(
            f"{folder}/{number:03}_{day[:10]}_{mail.kind}.eml", f"发给本单位的邮件（{mail.kind}）", day, mail.content
        )


def _originals(here: Running, code: str) -> Iterator[Paper]:
    with here.office.store.read() as connection:
        returns = audit.returns_of(connection, here.name, code)
    seen = set()
    for each in returns:
        if each.mail not in seen:
            seen.add(each.mail)
            yield _original(here, len(seen), each)


def _original(here: Running, number: int, told: Any) -> Paper:
    day, title = _local(here, told.received_at), here.campaign.deliverable(told.deliverable).title
    path = f"2_报送原件/{number:03}_{day[:10]}"
    archive = here.office.archive
    if archive.is_sealed(told.mail):
        words = "原件含有学生个人信息，已封存。查看须有理由并记录：oneledger quarantine\n"
        return Paper(f"{path}_已封存.txt", f"{title}（原件封存）", day, words.encode())
    try:
        return Paper(f"{path}.eml", f"{title}（第 {told.version} 版）", day, archive.get(told.mail))
    except ArchiveDamagedError as fault:
        return Paper(f"{path}_缺失.txt", f"{title}（原件缺失）", day, f"{fault}\n".encode())


def _reports(here: Running, code: str) -> Iterator[Paper]:
    with here.office.store.read() as connection:
        frozen = snapshots.of_campaign(connection, here.name)
        made = [(each, snapshots.reports(connection, each.id)) for each in frozen]
    for snapshot, reports in made:
        for (unit, kind), path in reports.items():
            if unit == code and here.office.files.sizes([path]):
                day, named = _local(here, snapshot.as_of), f"{snapshot.milestone}_{path.rpartition('/')[2]}"
                yield Paper(f"4_报告/{named}", f"{snapshot.label}：{kind}", day, here.office.files.read(path))


def _lists(here: Running, code: str, papers: list[Paper], by: str, reason: str, at: datetime) -> dict[str, Any]:
    unit = here.units[code]
    with here.office.store.read() as connection:
        head = audit.last_seal(connection)
        owed = audit.owed_by(connection, here.name, code)
        returns = audit.returns_of(connection, here.name, code)
        problems = submissions.problems_of(connection, here.name, [code])
        trail = list(audit.entries(connection, campaign=here.name, units=[code]))
    about = [
        ("专项行动", here.campaign.title), ("文号", here.campaign.document_no), ("单位", f"{unit.name}（{code}）"),
        ("取证人", by), ("事由", reason), ("生成时间", _local(here, at)),
        ("审计链末端", f"第 {head.number} 号 {head.digest}" if head else "尚未封存"),
    ]  # fmt: skip
    return {
        "概况": (("项目", "内容"), about),
        "材料目录": (
            ("文件", "内容", "时间", "SHA-256"),
            [(paper.path, paper.what, paper.at, sha256(paper.content).hexdigest()) for paper in papers],
        ),
        "应报事项": (
            ("材料", "关于", "截止", "状态", "是否迟报", "版次", "盖章件"),
            [(here.campaign.deliverable(each.deliverable).title, here.units[each.unit].name, _local(here, each.due_at),
              STATUSES[each.status], "是" if each.is_late else "", each.versions, each.seal) for each in owed],
        ),
        "报送记录": (
            ("材料", "版次", "收到", "结论", "是否迟报", "来信 SHA-256"),
            [(here.campaign.deliverable(each.deliverable).title, each.version, _local(here, each.received_at),
              VERDICTS[each.verdict], "是" if each.is_late else "", each.mail) for each in returns],
        ),
        "问题台账": (
            ("编号", "状态", "责任人", "整改时限"),
            [(each.problem_no, each.state, each.values.get("resp_person"), each.values.get("due_on"))
             for each in problems],
        ),
        "经过": (("序号", "时间", "经手", "事项", "详情"), [_deed(here, entry) for entry in trail]),
    }  # fmt: skip


def _deed(here: Running, entry: Entry) -> tuple[object, ...]:
    detail = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True)
    return entry.id, _local(here, entry.at), entry.actor, entry.deed, detail


def _local(here: Running, at: datetime) -> str:
    return f"{at.astimezone(here.zone):%Y-%m-%d %H:%M}"
