"""How everything stands, a line each."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from desk.window import ADDRESS_FILE, AUTH_FILE
from oneledger.adapters.secret_file import read_secret
from oneledger.domain.errors import RefusedError
from oneledger.domain.health import Check, Level
from oneledger.settings import Settings
from tasks.doctor import examine

_NAMES = {
    "settings": "设置", "smtp": "发信服务器", "reply": "回信地址", "imap": "收信邮箱", "roundtrip": "回信往返",
    "limits": "发信限额", "calendar": "放假安排", "disk": "磁盘", "clock": "时钟", "database": "数据库",
    "prefect": "Prefect", "files": "文件权限", "hold": "暂停发信", "collecting": "最近收信", "sending": "最近发信",
    "seal": "封存密钥",
}  # fmt: skip
_MARKS = {Level.OK: ("正常", "green"), Level.WARN: ("注意", "yellow"), Level.FAIL: ("故障", "red")}


def examined(settings: Settings, campaign: str, now: datetime, probe_seconds: float) -> list[Check]:
    return examine(settings, campaign, _window(settings), _lock(settings), now, probe_seconds=probe_seconds)


def _window(settings: Settings) -> str:
    """As whoever serves from this data folder wrote it down."""
    file = settings.data / "prefect" / ADDRESS_FILE
    return f"{file.read_text(encoding='utf-8').strip()}/api" if file.is_file() else ""


def _lock(settings: Settings) -> str:
    try:
        return settings.prefect_auth or read_secret(settings.data / "prefect" / AUTH_FILE)
    except RefusedError:
        return ""


def show_checks(console: Console, checks: Sequence[Check]) -> None:
    for check in checks:
        word, style = _MARKS[check.level]
        line = Text.assemble((word, style), f" {_NAMES.get(check.about, check.about)}：{check.words}")
        console.print(line, highlight=False, soft_wrap=True)
        if check.mend:
            console.print(f"     → {check.mend}", highlight=False, soft_wrap=True)
