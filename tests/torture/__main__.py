"""python -m tests.torture [E3 "E1 send" …] [--factor 0.1] [--database sqlite|postgresql|each] [--out results.json]

Every experiment runs in a process of its own, two at a time: what becomes of one costs the others nothing. The results
are written after each. ``--table`` prints those of a file as the table of docs/reliability.md.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

from tests.torture.catalogue import EXPERIMENTS
from tests.torture.experiment import Experiment, Result, read, tried, write
from tests.torture.table import table
from tests.torture.world import laboratory

LONGEST_SECONDS = 3600
Work = tuple[Experiment, str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("names", nargs="*", help="E1 E3 …; none: all")
    parser.add_argument("--factor", type=float, default=1.0, help="1: the whole experiment")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "each"), default="each")
    parser.add_argument("--out", type=Path, default=Path("torture.json"))
    parser.add_argument("--at-a-time", type=int, default=2)
    parser.add_argument("--here", action="store_true", help="one experiment in this process")
    parser.add_argument("--table", action="store_true", help="print the results of --out")
    asked = parser.parse_args()
    if asked.table:
        sys.stdout.write(table(read(asked.out)))
        return 0
    results = list((_here if asked.here else _apart)(list(_chosen(asked)), asked))
    return 0 if results and all(each.is_good for each in results) else 1


def _chosen(asked: argparse.Namespace) -> Iterator[Work]:
    for each in EXPERIMENTS:
        if not asked.names or {each.name, each.name.split()[0]} & set(asked.names):
            named = each.databases if asked.database == "each" else (asked.database,)
            yield from ((each, database) for database in named)


def _here(work: list[Work], asked: argparse.Namespace) -> Iterator[Result]:
    results = []
    for experiment, database in work:
        with ExitStack() as stack:
            server = ""
            if database == "postgresql":
                from tests.postgres import running_postgres

                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="torture-"))
                server = stack.enter_context(running_postgres(Path(folder)))
            lab = stack.enter_context(laboratory(server))
            results.append(tried(experiment, lab, scaled(experiment, asked.factor)))
            write(asked.out, results)  # before anything is cleared away
        yield results[-1]


def _apart(work: list[Work], asked: argparse.Namespace) -> Iterator[Result]:
    results = []
    with tempfile.TemporaryDirectory(prefix="torture-") as folder, ThreadPoolExecutor(asked.at_a_time) as pool:
        files = [Path(folder) / f"{number}.json" for number in range(len(work))]
        for future in as_completed(
            [pool.submit(_one, *each, asked.factor, file) for each, file in zip(work, files, strict=True)]
        ):
            results.append(future.result())
            write(asked.out, results)
            sys.stdout.write(f"[{len(results)}/{len(work)}] {line(results[-1])}\n")
            sys.stdout.flush()
            yield results[-1]


def _one(experiment: Experiment, database: str, factor: float, out: Path) -> Result:
    command = [sys.executable, "-m", "tests.torture", experiment.name, "--here"]
    command += ["--factor", str(factor), "--database", database, "--out", str(out)]
    told = "it took too long"
    with subprocess.Popen(command) as process:
        try:
            told = f"it ended with {process.wait(LONGEST_SECONDS)}"
        except subprocess.TimeoutExpired:
            process.kill()
    if out.exists():
        return read(out)[0]
    return Result(experiment.name, experiment.fault, database, failures=[told])


def scaled(experiment: Experiment, factor: float) -> int:
    """Steps grow where there is less time, numbers shrink."""
    if experiment.full == 1:
        return max(1, round(1 / factor))
    return max(1, round(experiment.full * factor))


def line(result: Result) -> str:
    caught = ", ".join(f"{name}: {'trial ' + str(at) if at else 'NOT CAUGHT'}" for name, at in result.controls.items())
    told = f"{result.name} ({result.database}): {result.trials} trials, {len(result.failures)} failures, "
    told += f"{result.duplicates} duplicates, {result.lost} lost, {result.unknown} unknown, {result.settled} settled, "
    return told + f"{result.seconds} s; caught: {caught}" + "".join(f"\n  {each}" for each in result.failures[:10])


if __name__ == "__main__":
    raise SystemExit(main())
