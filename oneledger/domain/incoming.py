"""What kind of mail came in: a possible answer, or what mail systems and absent people send by themselves."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class MailClass(StrEnum):
    ANSWER_CANDIDATE = "answer_candidate"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    READ_RECEIPT = "read_receipt"
    OWN = "own"


@dataclass(frozen=True)
class MailFacts:
    """One mail as far as its class depends on it. Header names are lower case, addresses too."""

    sender_address: str
    subject: str
    headers: Mapping[str, Sequence[str]]
    text: str
    report_texts: tuple[tuple[str, str], ...] = ()  # (content type, text) of delivery reports and returned headers
    has_workbook: bool = False  # in the mail itself, not in one it passes on
    has_token: bool = False
    is_own_message: bool = False  # its own Message-ID is one of ours
    own_addresses: frozenset[str] = frozenset()


class BounceKind(StrEnum):
    """Whom a bounce speaks of, so what is to be done."""

    HARD = "hard"  # the address is dead: another one
    SOFT = "soft"  # this mail did not get in, the next may: once more after a day, then as hard
    SENDER = "sender"  # they refuse our standing or our speed: once more after a day, and the operator must know
    DELAYED = "delayed"  # their server is still trying: nothing


@dataclass(frozen=True)
class Bounce:
    """What a mail system says about one of our mails."""

    message_ids: tuple[str, ...]  # every id in it: ours is among them if the notice tells at all
    recipient: str | None
    status: str | None  # RFC 3463, like 5.1.1; made up from the words where only words are given
    is_hard: bool  # this address will not work tomorrow either: find another way to reach the unit
    diagnostic: str
    is_delayed: bool = False

    @property
    def kind(self) -> BounceKind:
        if self.is_delayed:
            return BounceKind.DELAYED
        if self.is_hard:
            return BounceKind.HARD
        return BounceKind.SENDER if (self.status or "")[1:3] == ".7" else BounceKind.SOFT


_DAEMONS = re.compile(r"(mailer-daemon|postmaster|mail-?daemon|mailsystem|bounces?)(\+[^@]*)?@")
_BOUNCE_SUBJECT = re.compile(
    r"退信|退回|(无法|未能)(送达|投递)|投递(失败|不成功)|发送失败|undeliver|delivery (status|failure|has failed)"
    r"|returned mail|mail delivery|(mail|delivery) fail|fail(ed|ure) delivery|failure notice|could not be delivered"
    r"|returning to sender",
    re.IGNORECASE,
)
_BOUNCE_WORDS = re.compile(
    r"退信|被退回|(无法|未能)(送达|投递)|投递(失败|不成功)|无法发送到|could not be delivered|undeliver"
    r"|permanent(ly)? (error|fail)",
    re.IGNORECASE,
)
_RECEIPT_SUBJECT = re.compile(r"\s*(已读|已读回执|阅读回执|邮件回执|read|return receipt)\s*[:：]", re.IGNORECASE)
_AUTO_SUBJECT = re.compile(
    r"\s*[\[【(]?(自动(回复|答复|应答)|假期自动回复|外出时?(自动|\s*[:：]|\s*$)|不在办公室"
    r"|automatic reply|auto(matic)?[- ]?response|auto[- ]?reply|out of (the )?office)",
    re.IGNORECASE,
)
_AUTO_TEXT = re.compile(
    r"\s*(这是来自QQ邮箱的(假期)?自动回复邮件|(您好|你好)?[，,。！!\s]*您的(邮件|来信)我?已(经)?(收到|收悉)[^\n]{0,10}尽快"
    r"|this is an automatic(ally generated)? (reply|response))",
    re.IGNORECASE,
)
_AUTO_HEADERS = {
    "x-autoreply",
    "x-autorespond",
    "x-auto-reply",
    "x-autoresponder",
    "x-auto-response-suppress",
    "x-ms-exchange-inbox-rules-loop",
    "list-id",
}
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,300}@[^<>\s]{1,255}>")
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.ASCII)
_FIELD = re.compile(r"(?m)^([A-Za-z-]{3,40}):[ \t]*(.*(?:\r?\n[ \t].*)*)")
_NOBODY = (
    r"(用户|收件人|地址|邮箱|帐号|账号).{0,80}不存在|(帐号|账号).{0,6}(冻结|停用|注销)"
    r"|no such user|user (unknown|not found)|unknown user|mailbox not found|invalid recipient|does not exist"
    r"|account .{0,20}disabled"
)
_STATUS_OF_WORDS = {
    "5.1.2": r"域名.{0,6}(不存在|错误|解析)|host or domain name not found|domain not found|unrouteable",
    "5.1.1": _NOBODY,
    "5.2.2": r"已满|空间不足|mailbox (is )?full|over ?quota|quota exceeded",
    "5.7.1": r"拒收|垃圾邮件|黑名单|频率|spam|blacklist|blocked|frequency limited|rejected by|policy",
}
_SOFT_5 = re.compile(r"5\.2\.[23]|5\.3\.4|5\.7\.\d+")  # full, too big, our own standing: the address is good
_ID_LIMIT = 50
_TOKEN_LENGTH = 29  # local parts as long as this are Message-IDs or our own reply addresses, not people's


def is_mail_system(address: str) -> bool:
    """One that programs write from: mailer-daemon, postmaster."""
    return _DAEMONS.match(address) is not None


def classify(mail: MailFacts) -> MailClass:
    """The class of a mail. A school's own workbook with our token is an answer whatever its headers say."""
    if mail.is_own_message or mail.sender_address in mail.own_addresses:
        return MailClass.OWN
    by_report = _class_of_report(mail)
    if by_report is not None:
        return by_report
    if mail.has_workbook and mail.has_token:
        return MailClass.ANSWER_CANDIDATE
    if _reads_as_bounce(mail):
        return MailClass.BOUNCE
    if _RECEIPT_SUBJECT.match(mail.subject) and not mail.has_workbook:
        return MailClass.READ_RECEIPT
    return MailClass.AUTO_REPLY if _is_automatic(mail) else MailClass.ANSWER_CANDIDATE


def read_bounce(mail: MailFacts) -> Bounce:
    """What a notice says, from its machine-readable part if it has one, else from its words."""
    report = _fields(mail, "message/delivery-status") | _fields(mail, "message/disposition-notification")
    words = report.get("diagnostic-code") or mail.text
    status = _first(_STATUS, report.get("status", "")) or status_of(words)
    is_delayed = report.get("action", "").lower() == "delayed"
    return Bounce(
        message_ids=_message_ids(mail),
        recipient=_recipient(mail, report),
        status=status,
        is_hard=_is_refused_by_its_reader(mail) or (not is_delayed and _is_permanent(status or "")),
        diagnostic=" ".join(words.split())[:500],
        is_delayed=is_delayed,
    )


def status_of(words: str) -> str | None:
    """The RFC 3463 status that a text gives, or that its words amount to."""
    return _first(_STATUS, words) or _status_of_words(words)


def _is_permanent(status: str) -> bool:
    return status.startswith("5") and not _SOFT_5.fullmatch(status)


def _class_of_report(mail: MailFacts) -> MailClass | None:
    """The class of a multipart/report, which only programs write."""
    content_type = " ".join(mail.headers.get("content-type", ())).lower()
    if "disposition-notification" in content_type or _fields(mail, "message/disposition-notification"):
        return MailClass.BOUNCE if _is_refused_by_its_reader(mail) else MailClass.READ_RECEIPT
    if "delivery-status" in content_type or _fields(mail, "message/delivery-status"):
        action = _fields(mail, "message/delivery-status").get("action", "failed").lower()
        return MailClass.READ_RECEIPT if action in ("delivered", "relayed", "expanded") else MailClass.BOUNCE
    return None


def _is_refused_by_its_reader(mail: MailFacts) -> bool:
    """A rule of the receiving mailbox threw our mail away and says so in the form of a read receipt."""
    disposition = _fields(mail, "message/disposition-notification").get("disposition", "").lower()
    return "deleted" in disposition and "rejected" in _auto_submitted(mail)


def _reads_as_bounce(mail: MailFacts) -> bool:
    """Free-form notices, as QQ and 163 write them: from a mail system, and in its words."""
    is_system = bool(_DAEMONS.match(mail.sender_address)) or _has_null_sender(mail) or not mail.sender_address
    if not is_system or _AUTO_SUBJECT.match(mail.subject):
        return False
    says_so = _BOUNCE_SUBJECT.search(mail.subject) or _BOUNCE_WORDS.search(mail.text[:3000])
    return bool(says_so) or "x-failed-recipients" in mail.headers


def _is_automatic(mail: MailFacts) -> bool:
    said = _auto_submitted(mail)
    if mail.has_workbook:  # offices stamp the rest on mails that people wrote, and a lost answer costs more
        return said.startswith("auto-replied")
    precedence = " ".join(mail.headers.get("precedence", ())).lower()
    return (
        said not in ("", "no", "auto-forwarded")
        or bool(_AUTO_SUBJECT.match(mail.subject) or _AUTO_TEXT.match(mail.text))
        or _has_null_sender(mail)
        or bool(_DAEMONS.match(mail.sender_address))
        or "feedback-report" in " ".join(mail.headers.get("content-type", ())).lower()
        or any(word in precedence for word in ("bulk", "junk", "list", "auto_reply"))
        or not _AUTO_HEADERS.isdisjoint(mail.headers)
    )


def _auto_submitted(mail: MailFacts) -> str:
    return " ".join(mail.headers.get("auto-submitted", ())).strip().lower()


def _has_null_sender(mail: MailFacts) -> bool:
    return any(value.strip() in ("", "<>") for value in mail.headers.get("return-path", ())[:1])


def _fields(mail: MailFacts, content_type: str) -> dict[str, str]:
    """The fields of a report; where it speaks of several recipients, of the last."""
    texts = (text for kind, text in mail.report_texts if kind == content_type)
    return {name.lower(): " ".join(value.split()) for text in texts for name, value in _FIELD.findall(text)}


def _recipient(mail: MailFacts, report: Mapping[str, str]) -> str | None:
    for name in ("original-recipient", "final-recipient"):
        if found := _first(_ADDRESS, report.get(name, "")):
            return found.lower()
    for value in mail.headers.get("x-failed-recipients", ()):
        if found := _first(_ADDRESS, value):
            return found.lower()
    named = (match[0].lower() for match in _ADDRESS.finditer(mail.text[:5000]))
    others = (each for each in named if each not in mail.own_addresses and not _DAEMONS.match(each))
    return next((each for each in others if each.index("@") < _TOKEN_LENGTH), None)


def _message_ids(mail: MailFacts) -> tuple[str, ...]:
    places = [text for _, text in mail.report_texts]
    places += [" ".join(mail.headers.get(name, ())) for name in ("in-reply-to", "references")]
    ids = dict.fromkeys(match for place in (*places, mail.text) for match in _MESSAGE_ID.findall(place))
    return tuple(ids)[:_ID_LIMIT]


def _status_of_words(words: str) -> str | None:
    return next(
        (status for status, pattern in _STATUS_OF_WORDS.items() if re.search(pattern, words, re.IGNORECASE)), None
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[0] if match else None
