"""Links to files that a provider keeps for the sender (超大附件): only seen, never followed."""

import re
from html import unescape

from oneledger.adapters.mail_parse import ParsedMail
from oneledger.adapters.mail_words import decode_bytes

_LOOKED_AT = 400_000  # bytes of each body
_LINK = re.compile(
    r"https?://(?:"
    r"(?:[\w-]+\.)*mail\.qq\.com/(?:cgi-bin/ftnExs_download|ftn/)|(?:[\w-]+\.)*exmail\.qq\.com/[^\s\"'<>]{0,40}ftn"
    r"|ftn\.qq\.com/|(?:[\w-]+\.)*weiyun\.com/"
    r"|(?:[\w-]+\.)*mail\.(?:163|126|yeah)\.(?:com|net)/[^\s\"'<>]{0,40}large-?attachment"
    r"|(?:u|dashi|fs|file)\.(?:163|126)\.com/|mail\.sina\.com\.cn/[^\s\"'<>]{0,40}(?:netdisk|vdisk)"
    r"|pan\.baidu\.com/s|(?:[\w-]+\.)*(?:aliyundrive|alipan)\.com/s|(?:www\.)?kdocs\.cn/|docs\.qq\.com/(?:sheet|form)"
    r"|(?:mail|qiye)\.(?:aliyun|163)\.com/[^\s\"'<>]{0,60}(?:bigattach|largeattach|alimail/openLinks)"
    r")",
    re.IGNORECASE,
)
"""Of QQ, NetEase, Sina, Aliyun, and the net disks people use instead. Addresses change, so the words count, too."""
_WORDS = re.compile(
    r"(?:从(?:QQ|网易|163|126|腾讯)\S{0,8}发来的超大附件|超大附件[\s\S]{0,80}?(?:过期|到期|有效期|进入下载))"
)


def has_large_attachment_link(mail: ParsedMail) -> bool:
    bodies = [part for part in mail.parts if part.content_type.startswith("text/") and not part.filename]
    return any(_is_link_in(decode_bytes(each.content[:_LOOKED_AT], None)) for each in bodies if not each.forwarded)


def _is_link_in(body: str) -> bool:
    text = unescape(body)
    return bool(_LINK.search(text) or _WORDS.search(text))
