"""The results as the rows of docs/reliability.md, so that no figure is copied by hand."""

from collections.abc import Iterable

from tests.torture.experiment import Result

HEAD = (
    "| experiment | trials | mails | failures | lost | duplicates | unknown → settled | left to a person | below | planted faults, caught at trial | s |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
)  # fmt: skip

FEWEST = 10  # trials of which a rate says something


def table(results: Iterable[Result]) -> str:
    return "\n".join([*HEAD, *map(_row, sorted(results, key=_place))]) + "\n"


def _place(result: Result) -> tuple[int, str, str]:
    number = result.name.partition(" ")[0].lstrip("E")
    return int(number) if number.isdigit() else 0, result.name, result.database


def _row(result: Result) -> str:
    caught = ", ".join(f"{name} {at or '**not caught**'}" for name, at in result.controls.items())
    cells = (
        f"{result.name}: {result.fault}; {result.database}", result.trials, result.units or "", len(result.failures),
        result.lost, result.duplicates, f"{result.unknown} → {result.settled}" if result.unknown else "",
        result.by_hand or "", f"{result.bound:.2%}" if result.trials >= FEWEST else "", caught.replace("_", " "),
        f"{result.seconds:.0f}",
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"
