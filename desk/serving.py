"""`oneledger serve`: the Prefect server, our deployments with their schedules, and the milestones still to come."""

from collections.abc import Callable

from desk.window import window
from oneledger.settings import Settings


def serve_forever(settings: Settings, port: int, collect_minutes: int, say: Callable[[str], None]) -> None:
    """Blocks until interrupted. Schedules are looks: a missed one is made good by the next."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with window(settings.data / "prefect", port) as address:
        from desk.deployments import serve_deployments  # noqa: PLC0415  Prefect reads its environment on import

        say(f"Prefect 界面：{address}")
        serve_deployments(collect_minutes, say)
