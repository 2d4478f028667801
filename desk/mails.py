"""What the intake would do with one mail, on the terminal."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console


def show_mail(console: Console, told: dict[str, Any]) -> None:
    for line in _lines(told):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['class']} {told['state']}  {told['sender']}  {told['subject']}"
    yield from told["reasons"]
    for part in told["parts"]:
        yield f"{part['path']} {part['name']}（{part['kind']}）：{part['verdict']}"
        yield from (f"  {finding['sentence']}" for finding in part["findings"])
    yield from (f"{each['kind']} → {each['to']}" for each in told["answer"])
