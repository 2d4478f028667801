"""What bytes without a reliable label say, where they are Chinese: the classic question of UTF-8 or GB18030.

Some GBK is valid UTF-8 by accident (学校 would read ѧУ), and nearly all UTF-8 is valid GB18030.
"""

import re

_USUAL = re.compile(  # in Chinese text: Han, its punctuation and full-width forms, signs and circled numbers
    "[\u4e00-\u9fff\u3400-\u4dbf\U00020000-\U000323af\u3000-\u303f\uff00-\uffef\u2010-\u203b\u2160-\u217f\u2190-\u22ff"
    "\u2460-\u24ff\u25a0-\u26ff·×÷°±℃№]"
)
_LOOKED_AT = 100_000  # characters, to judge by
_FOREIGN = re.compile("[^\x00-\x7f]")


def chinese(raw: bytes) -> tuple[str, str] | None:
    """(text, encoding) as likely meant; None where it is neither."""
    utf8, gb = _decoded(raw, "utf-8"), _decoded(raw, "gb18030")
    if utf8 is not None and (gb is None or _share_usual(utf8) >= _share_of_gb2312(gb)):
        return utf8, "UTF-8"
    return None if gb is None else (gb, "GB18030")


def _decoded(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return None


def _share_usual(text: str) -> float:
    foreign = _FOREIGN.findall(text[:_LOOKED_AT])
    return len(_USUAL.findall(text)) / len(foreign) if foreign else 1.0


def _share_of_gb2312(text: str) -> float:
    """The everyday part of GB18030: wrongly decoded text falls outside of it as soon as within."""
    foreign = "".join(_FOREIGN.findall(text[:_LOOKED_AT]))
    return len(foreign.encode("gb2312", "ignore")) / 2 / len(foreign) if foreign else 1.0
