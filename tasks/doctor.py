"""Every part that can stand in the way of a campaign, asked one after the other; each says what mends it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_bytes

from oneledger.adapters import window_probe
from oneledger.adapters.mail_probe import ask_mail_box, ask_to_send, greeting_time, http_time
from oneledger.adapters.secret_file import is_private
from oneledger.domain import health
from oneledger.domain.campaigns import Campaign
from oneledger.domain.errors import DefinitionError, OneLedgerError, RefusedError
from oneledger.domain.health import Check, fail, ok, warn
from oneledger.settings import MailSettings, Settings, load_calendar, load_campaign, load_mail
from oneledger.store import campaigns, condition, holding, pulses
from oneledger.store.database import Store
from tasks.flood import free_mb
from tasks.intake import imap_settings
from tasks.office import office
from tasks.probing import round_trip
from tasks.sending import account_of

MOST_NAMED = 3
_DIGITS_OF_A_TOKEN = 26


@dataclass(frozen=True)
class Patient:
    settings: Settings
    mail: MailSettings
    store: Store
    campaigns: list[Campaign]
    window: str  # address of the served Prefect's API; empty: none is served from this folder
    lock: str
    now: datetime
    probe_seconds: float


def examine(
    settings: Settings, named: str, window: str, lock: str, now: datetime, *, probe_seconds: float = 0.0
) -> list[Check]:
    """Where the definitions cannot be read or there is no database, nothing else can be asked.

    ``probe_seconds``: a mail is sent to ourselves and waited for so long; 0: none is sent.
    """
    try:
        mail = load_mail(settings)
        defined = [load_campaign(settings.config, named, settings.overrides)] if named else []
        load_calendar(settings.config)
    except (DefinitionError, ValueError) as fault:
        return [fail("settings", str(fault), "按提示的文件、行和键改正 config/")]
    if not settings.database_url and not (settings.data / "oneledger.db").is_file():
        return [fail("database", f"{settings.data} 里没有数据库", "用 --data 指明数据目录，或先导入单位表")]
    try:
        store = office().store
    except RefusedError as fault:
        return [fail("archive", _first_line(fault), _MEND["archive"])]
    except Exception as fault:  # noqa: BLE001  whatever keeps the database shut is what the operator must see
        return [fail("database", f"打不开：{_first_line(fault)}", "核对 ONELEDGER_DATABASE_URL 和数据库服务")]
    with store.read() as connection:
        armed = [] if named else [campaigns.launched(connection, each).campaign for each in campaigns.names(connection)]
    patient = Patient(settings, mail, store, [*defined, *armed], window, lock, now, probe_seconds)
    return [ok("settings", f"{settings.config} 没有错误"), *(each for look in LOOKS for each in _asked(look, patient))]


def _asked(look: Callable[[Patient], Iterable[Check]], patient: Patient) -> list[Check]:
    try:
        return list(look(patient))
    except (OneLedgerError, OSError) as fault:
        about = look.__name__.removeprefix("_")
        return [fail(about, _first_line(fault), _MEND.get(about, "按提示处理"))]


_MEND = {
    "smtp": "核对 mail.yaml 的 sender（地址、端口、security、cafile）和密码",
    "imap": "核对 mail.yaml 的 collect（地址、端口、imap_security、imap_cafile）和密码",
    "roundtrip": "先解决发信服务器和收信邮箱的故障",
    "archive": "核对磁盘权限；用对象存储的，核对 ONELEDGER_FILES_URL 和 FSSPEC_ 开头的设置",
}


def _first_line(fault: BaseException) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0][:300]


def _smtp(patient: Patient) -> Iterator[Check]:
    """Also the address that answers go to: ours must take what stands behind the plus."""
    collect = patient.mail.collect
    wanted = collect.reply_address("a" * _DIGITS_OF_A_TOKEN)
    ends_at, code, words = ask_to_send(account_of(patient.mail), wanted)
    yield from health.certificate("smtp", ends_at, patient.now)
    if collect.reply == "fixed":
        yield ok("reply", "回信地址固定，凭表格和邮件线索辨认")
    elif code // 100 == 2:
        yield ok("reply", f"服务器接受 {wanted}（只问了收件地址，没有发信）")
    else:
        yield fail("reply", f"服务器不接受 {wanted}：{code} {words}", "把 mail.yaml 的 reply 改为 catch-all 或 fixed")


def _imap(patient: Patient) -> Iterator[Check]:
    collect = patient.mail.collect
    if collect.maildir is not None:
        is_there = (collect.maildir / "new").is_dir() and (collect.maildir / "cur").is_dir()
        lacks = fail("imap", f"{collect.maildir} 不是 Maildir", "核对 mail.yaml 的 maildir，或先由邮件服务器投递一封")
        yield ok("imap", f"Maildir {collect.maildir} 可读") if is_there else lacks
    if collect.imap_host:
        yield from health.certificate("imap", ask_mail_box(imap_settings(collect)), patient.now)
    if collect.maildir is None and not collect.imap_host:
        yield fail("imap", "没有写明从哪里收信", "在 mail.yaml 的 collect 里填写 imap_host 或 maildir")


def _roundtrip(patient: Patient) -> Iterator[Check]:
    if patient.probe_seconds:
        yield round_trip(patient.mail, patient.probe_seconds)


def _limits(patient: Patient) -> Iterator[Check]:
    yield health.limits(patient.mail.limits)


def _calendar(patient: Patient) -> list[Check]:
    days = [
        day for each in patient.campaigns for phase in each.phases for day in (phase.opens_on, phase.ends_on) if day
    ]
    return health.calendar_years(load_calendar(patient.settings.config), days or [patient.now.date()])


def _disk(patient: Patient) -> Iterator[Check]:
    yield health.disk(free_mb(office()), patient.mail.low_water_mb)


def _archive(patient: Patient) -> Iterator[Check]:
    """Bytes that nobody else has are put, read and taken away again."""
    here = office().archive
    sha = here.put(token_bytes())
    here.get(sha)
    here.remove(sha)
    yield ok("archive", f"{patient.settings.files_url or patient.settings.data} 可写、可读、可删")


def _clock(patient: Patient) -> Iterator[Check]:
    """Ours by the machine, whatever moment was asked about."""
    url, account = patient.mail.clock_url, account_of(patient.mail)
    theirs, whose = (http_time(url), url) if url else (greeting_time(account), f"邮件服务器 {account.host} ")
    yield health.clock(datetime.now(patient.now.tzinfo), theirs, whose)


def _database(patient: Patient) -> Iterator[Check]:
    kind, version = patient.store.engine.dialect.name, condition.version(patient.store)
    reasons = condition.unsafe(kind, version, condition.settings_of(patient.store))
    if reasons:
        yield fail("database", "；".join(reasons), "改正数据库设置后重启")
    else:
        yield ok("database", f"{kind} {version}，设置安全")


def _prefect(patient: Patient) -> Iterator[Check]:
    if not patient.window or not window_probe.is_up(patient.window):
        yield warn("prefect", "没有在运行", "用 oneledger serve 启动；用别的办法定时运行 oneledger run 的可以不管")
        return
    doors = window_probe.open_doors(patient.window, patient.lock)
    mend = "用本版的 oneledger serve 启动，或按 docs/operations.md 设置 Prefect 服务器"
    yield fail("prefect", "；".join(doors), mend) if doors else ok("prefect", f"{patient.window} 在运行，已上锁")


def _files(patient: Patient) -> Iterator[Check]:
    """Secrets, then everything under the data."""
    data, mail = patient.settings.data, patient.mail
    named = [mail.sender.password_file, mail.collect.password_file, patient.settings.seal_key_file]
    paths = [path for path in named if path is not None and path.exists()]
    is_shut = not data.exists() or is_private(data)  # then nobody comes to what lies in it
    open_ = [path for path in (*paths, *(() if is_shut else (data, *data.rglob("*")))) if not _is_shut(path)]
    if open_:
        words = f"{len(open_)} 个文件或目录别人也能读：{'、'.join(map(str, open_[:MOST_NAMED]))}"
        yield fail("files", words, f"chmod -R go-rwx {' '.join(map(str, [*paths, data]))}")
    else:
        yield ok("files", f"{data} 只有本人可读")


def _is_shut(path: Path) -> bool:
    return path.is_symlink() or not path.exists() or is_private(path)


def _hold(patient: Patient) -> Iterator[Check]:
    with patient.store.read() as connection:
        held = holding.standing(connection)
    if held is None:
        yield ok("hold", "没有暂停发信")
    else:
        words = f"暂停发信（HOLD）：自 {held.since:%Y-%m-%d %H:%M} UTC，{held.reason}"
        yield fail("hold", words, "核对后用 oneledger release --by 职务 --reason 原因 解除")


def _pulses(patient: Patient) -> Iterator[Check]:
    most = timedelta(hours=patient.mail.silent_hours)
    with patient.store.read() as connection:
        last, waits = pulses.last(connection), pulses.waits_since(connection, patient.now)
    yield health.collecting(last.get(pulses.COLLECT), patient.now, most)
    yield health.sending(last.get(pulses.SEND), waits, patient.now, most)


def _seal(patient: Patient) -> Iterator[Check]:
    settings = patient.settings
    file = settings.seal_key_file or settings.data / "seal.key"
    if settings.seal_key or file.is_file():
        yield ok("seal", "封存密钥在；请确认另有一份与备份分开保管")
    elif office().archive.has_sealed():
        yield fail("seal", f"有已封存的来件，但没有密钥 {file}", "从另行保管的地方放回密钥，权限 0600")
    else:
        yield ok("seal", "还没有封存过来件，首次封存时生成密钥")


LOOKS: tuple[Callable[[Patient], Iterable[Check]], ...] = (
    _smtp, _imap, _roundtrip, _limits, _calendar, _disk, _archive, _clock, _database, _prefect, _files, _hold, _pulses,
    _seal,
)  # fmt: skip
