"""Mail that nobody wrote: the bounce of a dead address, and the automatic reply of a QQ mail box on holiday."""

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses

from rehearsal.letter_box import headers_of, readable

_HOLIDAY = (
    "这是来自QQ邮箱的假期自动回复邮件。\r\n\r\n"
    "您好，我最近正在休假中，无法亲自回复您的邮件。我将在假期结束后，尽快给您回复。\r\n"
)  # fmt: skip

_BOUNCE = """\
From: MAILER-DAEMON@{domain}
To: {sender}
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <dsn.{digest}@{domain}>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{digest}"

--{digest}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

很抱歉，您的邮件无法送达以下收件人，已被退回：

    {recipient}
    收件人地址不存在 (550 5.1.1 User unknown)

--{digest}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.{domain}
Arrival-Date: {date}

Original-Recipient: rfc822;{recipient}
Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.{domain}
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: User unknown

--{digest}
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: 8bit

"""


def bounce(original: bytes, sender: str, recipient: str, at: datetime) -> bytes:
    """A delivery status notification (RFC 3464) to the envelope sender, with the headers of what came back."""
    digest = _digest(original, recipient)
    head = _BOUNCE.format(
        domain=_domain(recipient), sender=sender, recipient=recipient, date=format_datetime(at), digest=digest
    )
    returned = original.partition(b"\r\n\r\n")[0]
    return head.replace("\n", "\r\n").encode() + returned + f"\r\n\r\n--{digest}--\r\n".encode()


def automatic_reply(original: bytes, recipient: str, at: datetime) -> tuple[str, bytes] | None:
    """Whom it goes to (Reply-To, else From) and the reply; None where the mail was itself an automatic reply."""
    headers = headers_of(original)
    addresses = getaddresses([headers.get("reply-to") or headers.get("from", "")])
    if not addresses or not addresses[0][1] or headers.get("auto-submitted", "") == "auto-replied":
        return None
    reply = EmailMessage(policy=SMTP)
    reply["From"] = recipient
    reply["To"] = addresses[0][1]
    reply["Subject"] = "自动回复：" + readable(headers.get("subject", ""))
    reply["Date"] = format_datetime(at)
    reply["Message-ID"] = f"<tencent_{_digest(original, recipient).upper()}@qq.com>"
    if "message-id" in headers:
        reply["In-Reply-To"] = headers["message-id"]
    reply["Auto-Submitted"] = "auto-replied"
    reply["X-Autoreply"] = "yes"
    reply["X-QQ-MIME"] = "TCMime 1.0 by Tencent"
    reply["X-Mailer"] = "QQMail 2.x"
    reply.set_content(_HOLIDAY, charset="gb18030", cte="base64")
    return addresses[0][1], bytes(reply)


def _digest(original: bytes, recipient: str) -> str:
    return hashlib.sha256(recipient.encode() + original).hexdigest()[:24]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
