"""Rules about documents (Word, PDF, pictures). DC-1xx: the file. DC-2xx: what it says. Each with its sentence.

What a text says is only ever asked about (query): a machine that reads prose may be wrong, and an office reads it too.
"""

from collections.abc import Mapping

from oneledger.domain.findings import Finding
from oneledger.domain.rules import Rule

SEND_AGAIN = "请改好后回复本邮件重新发来。"

DOCUMENT: Mapping[str, Rule] = {
    "DC-101": Rule(f"附件是空文件。{SEND_AGAIN}"),
    "DC-102": Rule(f"文件超过 {{limit}} MB。请压缩文中图片。{SEND_AGAIN}"),
    "DC-103": Rule("文件展开后过大，不合常理。请把内容复制到新文件里另存，再发来。"),
    "DC-104": Rule("文件内部结构不合规矩，可能已经损坏。请用 Word 或 WPS 打开，另存为新的 docx 文件后发来。"),
    "DC-105": Rule("文件带有宏。请另存为普通的 docx 文件后发来。"),
    "DC-106": Rule("文件加了密码，打不开。请取消密码后发来。"),
    "DC-108": Rule("文件损坏或不完整，打不开。请检查原文件，重新保存后发来。"),
    "DC-109": Rule("读这个文件用的时间或内存超过了限度。请减少文中图片，另存后发来。"),
    "DC-110": Rule("文件太长，不像本次要报的材料。请只发本次的材料。"),
    "DC-111": Rule("是旧格式，已收下，系统没有检查内容。下次请另存为 docx。", "note"),
    "DC-112": Rule("收到的是压缩包。请解压后，把里面的文件直接作为附件发来。"),
    "DC-121": Rule(f"这份材料收 {{formats}} 格式。{SEND_AGAIN}"),
    "DC-122": Rule("收到的是没有文字的扫描件，没法检查和汇编。有 Word 文件的请一并发来。", "query"),
    "DC-131": Rule(f"照片超过 {{limit}} MB。请缩小。{SEND_AGAIN}"),
    "DC-132": Rule("照片太小（{width}×{height}），印出来看不清。有原图的请发原图。", "query"),
    "DC-133": Rule("照片最多收 {limit} 张，来了 {count} 张。请选出最能说明情况的，一次发来。"),
    "DC-134": Rule("照片至少要 {limit} 张，现有 {count} 张。请补齐，或说明原因。", "query"),
    "DC-135": Rule("照片里带有拍摄地点、时间或设备信息，汇总和上报时已经去除，原件只在存档里。", "note"),
    "DC-141": Rule("扫描件上没有看到红色印章。是黑白扫描的请换彩色扫描或拍照，没有盖章的请盖章后再发。", "query"),
    "DC-201": Rule("还留着没有填的空（{around}）。请写上实际内容，或删去。", "query"),
    "DC-202": Rule("文中出现了别的单位“{name}”。如是照抄，请改成本单位的情况；确有关系的不必改。", "query"),
    "DC-203": Rule("文号写的是“{written}”，规范写法是“{right}”。请改正。", "query"),
    "DC-204": Rule("写的{what}是 {written}，本单位报表里是 {reported}。请核对，以哪个为准就改另一个。", "query"),
    "DC-205": Rule("与“{name}”的材料有 {share}% 的文字相同。请写本单位自己的做法。", "query"),
    "DC-206": Rule("原则上不少于 {limit} 篇，现有 {count} 篇。确实没有可报的，请说明原因。", "query"),
}

_OF_ZIPS = {"WB-103": "DC-103", "WB-104": "DC-104", "WB-106": "DC-106"}


def document_rule_of(workbook_rule: str) -> str:
    """The guards of a zip speak of workbooks; the same fault of a document has a sentence of its own."""
    return _OF_ZIPS.get(workbook_rule, "DC-108")


def document_finding(
    rule: str, file: str = "", place: str = "", *, found: str = "", expected: str = "", **words: object
) -> Finding:
    """``place``: 第3段. A document has no cells, so both stand in the finding's sheet. ``words`` fill the sentence."""
    told = DOCUMENT[rule]
    return Finding(rule, f"{file} {place}".strip(), "", found, expected, told.sentence.format(**words), told.level)
