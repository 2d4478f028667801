"""What a database says of its own safety."""

from sqlalchemy import text

from oneledger.store.database import Store, UnsafeSqliteError, check_sqlite

SAFE = {
    "sqlite": {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"},
    "postgresql": {"synchronous_commit": "on", "fsync": "on", "full_page_writes": "on"},
}


def version(store: Store) -> str:
    with store.read() as connection:
        info = connection.dialect.server_version_info or ()
    return ".".join(map(str, info))


def settings_of(store: Store) -> dict[str, str]:
    """By name, those of SAFE."""
    kind = store.engine.dialect.name
    ask = "PRAGMA {}" if kind == "sqlite" else "SHOW {}"
    with store.read() as connection:
        return {name: str(connection.execute(text(ask.format(name))).scalar_one()) for name in SAFE[kind]}


def unsafe(kind: str, found_version: str, found: dict[str, str]) -> list[str]:
    """Every reason why a committed mail could be lost."""
    reasons = [f"{name}={value}，应为 {SAFE[kind][name]}" for name, value in found.items() if value != SAFE[kind][name]]
    if kind == "sqlite":
        try:
            check_sqlite(tuple(int(part) for part in found_version.split(".")))
        except UnsafeSqliteError:
            reasons.append(f"SQLite {found_version} 会丢失已提交的数据，请升级 pysqlite3（3.51.3 或更新）")
    return reasons
