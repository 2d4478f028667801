"""How one thing stands: well, worth a look, or broken; and what mends it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from oneledger.domain.mailing import Limits
from oneledger.domain.work_calendar import WorkCalendar


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    about: str  # in English, for programs
    level: Level
    words: str
    mend: str = ""


def ok(about: str, words: str) -> Check:
    return Check(about, Level.OK, words)


def warn(about: str, words: str, mend: str) -> Check:
    return Check(about, Level.WARN, words, mend)


def fail(about: str, words: str, mend: str) -> Check:
    return Check(about, Level.FAIL, words, mend)


def is_well(checks: Iterable[Check]) -> bool:
    return all(check.level is not Level.FAIL for check in checks)


CERTIFICATE_WARN, CERTIFICATE_FAIL = 21, 3  # days


def certificate(about: str, ends_at: datetime | None, now: datetime) -> list[Check]:
    """None: plain text on this very machine, which nobody else can read."""
    if ends_at is None:
        return [ok(about, "本机明文连接，不用证书")]
    days = (ends_at - now).days
    if days < CERTIFICATE_FAIL:
        return [fail(about, f"证书还有 {days} 天到期", "请邮件服务器管理员马上更换证书")]
    if days < CERTIFICATE_WARN:
        return [warn(about, f"证书还有 {days} 天到期", "请邮件服务器管理员更换证书")]
    return [ok(about, f"证书已验证，还有 {days} 天到期")]


def limits(set_to: Limits) -> Check:
    named = {"per_second": set_to.per_second, "per_15_minutes": set_to.per_15_minutes, "per_day": set_to.per_day}
    open_ = [name for name, value in named.items() if value is None]
    mend = f"在 mail.yaml 里按邮件商的规定填写 {'、'.join(open_)}"
    if len(open_) == len(named):
        return fail("limits", "没有设置任何发信限额，大批发信会被邮件商封停", mend)
    if "per_day" in open_:
        return warn("limits", "没有设置每日限额", mend)
    return ok("limits", "，".join(f"{name} {value}" for name, value in named.items() if value is not None))


def calendar_years(known: WorkCalendar, days: Collection[date]) -> list[Check]:
    """The years in which something is due."""
    found = []
    for year in sorted({day.year for day in days}):
        mend = f"国务院放假通知公布后补录 config/calendar/{year}.json"
        if not known.has_year(year):
            found.append(fail("calendar", f"没有 {year} 年的放假安排，只按周末推算", mend))
        elif known.is_estimated(date(year, 12, 31)):
            found.append(warn("calendar", f"{year} 年的放假安排还是推定", mend))
        else:
            found.append(ok("calendar", f"{year} 年的放假安排已录入"))
    return found


def disk(free_mb: int, low_water_mb: int) -> Check:
    words = f"数据所在磁盘还有 {free_mb} MB，低于 {low_water_mb} MB 时停止收信"
    if free_mb < low_water_mb:
        return fail("disk", words, "马上腾出空间或换到更大的磁盘")
    if free_mb < 4 * low_water_mb:
        return warn("disk", words, "尽快腾出空间")
    return ok("disk", words)


def clock(ours: datetime, theirs: datetime | None, whose: str) -> Check:
    if theirs is None:
        return warn(
            "clock",
            "没有可比对的时间：邮件服务器的问候里没有时间",
            "在 mail.yaml 里填写 clock_url，或核对系统的时间同步",
        )
    seconds = int((ours - theirs).total_seconds())
    words = f"本机时间比{whose}{'快' if seconds >= 0 else '慢'} {abs(seconds)} 秒"
    if abs(seconds) > 300:
        return fail("clock", words, "打开系统的时间同步（如 chrony）")
    if abs(seconds) > 60:
        return warn("clock", words, "打开系统的时间同步（如 chrony）")
    return ok("clock", words)


_LOOK_AT = "看 oneledger serve 是否在运行、Prefect 页面上的失败记录，以及本页其他各项"


def is_silent(last: datetime | None, now: datetime, most: timedelta) -> bool:
    return last is not None and now - last > most


def collecting(last: datetime | None, now: datetime, most: timedelta) -> Check:
    if last is None:
        return warn("collecting", "还没有成功收过信", _LOOK_AT)
    words = f"最近一次成功收信在 {_hours(now - last)} 前"
    return fail("collecting", words, _LOOK_AT) if is_silent(last, now, most) else ok("collecting", words)


def sending(last: datetime | None, waits_since: datetime | None, now: datetime, most: timedelta) -> Check:
    """``waits_since``: when the oldest mail was planned that is due; where nothing waits, silence is no fault."""
    told = f"最近一次成功发信在 {_hours(now - last)} 前" if last else "还没有成功发过信"
    if waits_since is None:
        return ok("sending", f"{told}，没有到时未发的邮件")
    words = f"{told}，最早一封到时未发的邮件已等了 {_hours(now - waits_since)}"
    is_late = now - waits_since > most and (last is None or is_silent(last, now, most))
    return fail("sending", words, _LOOK_AT) if is_late else ok("sending", words)


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.1f} 小时"
