"""`oneledger serve`: the Prefect server, our deployments with their schedules, and the milestones still to come."""

from collections.abc import Callable

from desk.window import ADDRESS_FILE, AUTH_FILE, lock_of, window
from oneledger.settings import Settings


def serve_forever(settings: Settings, port: int, collect_minutes: int, say: Callable[[str], None]) -> None:
    """Blocks until interrupted. Schedules are looks: a missed one is made good by the next."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    home = settings.data / "prefect"
    with window(home, port, lock_of(settings)) as address:
        from desk.deployments import serve_deployments  # noqa: PLC0415  Prefect reads its environment on import

        place = "环境变量 ONELEDGER_PREFECT_AUTH" if settings.prefect_auth else home / AUTH_FILE
        (home / ADDRESS_FILE).write_text(address, encoding="utf-8")
        say(f"Prefect 界面：{address} （登录口令见 {place}，整行输入）")
        serve_deployments(collect_minutes, say)
