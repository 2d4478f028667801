"""When a campaign's retention date has passed, what it holds of people is deleted and a certificate says what."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from oneledger.domain.errors import RefusedError
from oneledger.store import erasing, privacy
from oneledger.store.privacy import ERASED, PrivacyEvent
from tasks.office import Running, running

ERASED_BY = "oneledger"


def is_retention_over(name: str, as_of: datetime) -> bool:
    """Also again, where something came after the first deletion."""
    here = running(name)
    until = here.campaign.retain_until
    if until is None or as_of.astimezone(here.zone).date() <= until:
        return False
    with here.office.store.read() as connection:
        return erasing.is_left(connection, name)


def erase_campaign(name: str, as_of: datetime) -> dict[str, Any]:
    """Files go first: after a crash in between the next look finds the rows and deletes the rest. Returns what the
    certificate tells."""
    here = running(name)
    with here.office.store.write() as connection:
        erased = erasing.erase(connection, name, as_of)
        for sha in erased.files:
            here.office.archive.remove(sha)
        for path in erased.paths:
            here.office.files.remove(path)
        detail = {
            "counts": erased.counts,
            "remains": erasing.remains(connection, name),
            "originals_digest": sha256("\n".join(erased.files).encode()).hexdigest(),
            "retain_until": str(here.campaign.retain_until),
        }
        privacy.record(connection, PrivacyEvent(as_of, ERASED_BY, ERASED, name, "campaign", "保存期满", detail))
    erasing.sweep(here.office.store.engine)
    return detail


_SAID = {
    "originals": "来信原件",
    "pictures": "材料中的图片",
    "letters": "已发邮件的正文和附件",
    "addresses": "发件记录中的邮箱地址",
    "mails": "收件记录中的发件人和主题",
    "returns": "回收表格的逐项内容",
    "documents": "文件材料的文字",
    "bands": "文件材料的特征",
    "problems": "问题台账的文字",
    "said": "问题经过中的文字",
    "prints": "预填内容",
    "contacts": "单位联系人",
    "changed_addresses": "邮箱变更记录中的邮箱地址",
    "confirmations": "来信确认中的邮箱地址",
    "quarantine": "封存件",
    "books": "汇总表文件",
}
_KEPT = {
    "problem_event": "问题经过",
    "incident_entry": "事件报告链",
    "shift": "报送日调整",
    "contact_event": "单位邮箱变更",
    "privacy_event": "个人信息处理记录",
    "signature": "审核签报记录",
    "acting_signer": "代签记录",
    "reopening": "退回记录",
    "unit_change": "单位变动",
    "waiver": "豁免记录",
    "former_verdict": "复核前的审核结论",
}


def certificate(name: str) -> str:
    """What was deleted, when and why, what remains. Raises RefusedError where nothing was deleted yet."""
    here = running(name)
    with here.office.store.read() as connection:
        events = [each for each in privacy.events(connection, name) if each.deed == ERASED]
    if not events:
        until = here.campaign.retain_until or "未定"
        raise RefusedError([f"nothing was deleted yet: data of {name} is kept until {until}"])
    return "\n\n".join(_certified(here, each) for each in events) + "\n"


def _certified(here: Running, event: PrivacyEvent) -> str:
    campaign, detail = here.campaign, event.detail
    gone = [f"  {said}：{detail['counts'][key]} 条" for key, said in _SAID.items() if detail["counts"].get(key)]
    kept = [f"  {said}：{detail['remains'][key]} 条" for key, said in _KEPT.items() if detail["remains"].get(key)]
    return "\n".join(
        [
            "个人信息删除证明",
            f"行动：{campaign.title}（{campaign.document_no}）",
            f"收集目的：{campaign.purpose}",
            f"法律依据：{campaign.legal_basis}",
            f"保存期限：{detail['retain_until']}",
            f"删除时间：{event.at.astimezone(here.zone):%Y-%m-%d %H:%M}",
            "已删除：",
            *gone,
            f"原件清单摘要（SHA-256）：{detail['originals_digest']}",
            "作为处理记录留存（数据库禁止改动）：",
            *(kept or ["  无"]),
            "各级汇总数字和文字报告不含个人信息，继续留存。",
        ]
    )
