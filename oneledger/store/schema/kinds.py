"""What columns are made of. JSON is kept as text, moments as UTC; the same on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, DateTime, Dialect, ForeignKey, Integer, MetaData, Text, TypeDecorator


class Utc(TypeDecorator[datetime]):
    """Aware datetimes in, aware datetimes out; SQLite keeps them as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value}")
        aware = value.astimezone(UTC)
        return aware.replace(tzinfo=None) if dialect.name == "sqlite" else aware

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _in_utc(value)


@lru_cache(maxsize=4096)
def _in_utc(value: datetime) -> datetime:
    """Thousands of rows have the same deadline: one object for all."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
_AS_JSON_WOULD = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def _as_text(value: Any) -> str:
    """What the json module writes, many times faster; by itself where keys are no texts, or numbers have 20 digits."""
    try:
        return orjson.dumps(value, default=_other, option=_AS_JSON_WOULD).decode()
    except TypeError:
        return _encoded(value)


def _other(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else str(value)


class Json(TypeDecorator[Any]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else _as_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else orjson.loads(value)


metadata = MetaData()
Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys


def key() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def of_campaign() -> Column[str]:
    return Column("campaign", Text, ForeignKey("campaign.id"), nullable=False)
