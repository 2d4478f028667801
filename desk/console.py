"""What every command shares: its options, its output, moments as people write them."""

import json
import os
import sys
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from oneledger.settings import Settings

for stream in (sys.stdout, sys.stderr):
    if isinstance(stream, TextIOWrapper):  # whatever stands in a stranger's file can be shown
        stream.reconfigure(errors="backslashreplace")
out = Console(markup=False)  # what units write is never a style or a link
err = Console(stderr=True, markup=False)

CampaignName = Annotated[str, typer.Argument(help="a file under config/campaigns, without .yaml")]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]
AsOfText = Annotated[str, typer.Option("--as-of", help="campaign time, e.g. 2021-03-15T17:00; default now")]
Data = Annotated[Path | None, typer.Option("--data", help="data folder; default $ONELEDGER_DATA or ./data")]
SetFile = Annotated[Path | None, typer.Option("--set", help="a file laid on top of the definition: its open dates")]
ExemptPairs = Annotated[list[str] | None, typer.Option("--exempt", help="CODE=reason, may be repeated")]

SHANGHAI = ZoneInfo("Asia/Shanghai")


def as_moment(text: str) -> datetime:
    """Local time in China where no zone is given; empty: now."""
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as fault:
        raise typer.BadParameter(f"{text!r} is no moment; write 2021-03-15T17:00") from fault
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def use_data(data: Path | None, overrides: Path | None = None) -> Settings:
    for name, path in (("ONELEDGER_DATA", data), ("ONELEDGER_OVERRIDES", overrides)):
        if path is not None:
            os.environ[name] = str(path)
    return Settings()


MOST_BYTES = 64 * 2**20  # of a file that is looked at; the intake reads less


def bytes_of(file: Path) -> bytes:
    """What is in a file, no more than anybody will look at. Called wrongly where it is none, or closed to us."""
    if not file.is_file():
        raise typer.BadParameter(f"{file}: no such file")
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES)
    except OSError as fault:
        raise typer.BadParameter(f"{file}: {fault.strerror}") from fault


def show_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def exempt_map(pairs: list[str] | None) -> dict[str, str]:
    found = {}
    for pair in pairs or []:
        code, sign, reason = pair.partition("=")
        if not sign or not reason:
            raise typer.BadParameter(f"{pair!r}: write CODE=reason; an exemption needs a reason")
        found[code] = reason
    return found
