"""python -m tests.torture [E3 E4 …] [--factor 0.1] [--out results.json] [--database sqlite|postgresql]"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.torture.catalogue import EXPERIMENTS
from tests.torture.experiment import Experiment, Result, tried, write
from tests.torture.world import laboratory


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("names", nargs="*", help="E1 E3 …; none: all")
    parser.add_argument("--factor", type=float, default=1.0, help="1: the whole experiment")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--out", type=Path, default=Path("torture.json"))
    asked = parser.parse_args()
    results = run([each for each in EXPERIMENTS if not asked.names or each.name.split()[0] in asked.names], asked)
    write(asked.out, results)
    return 0 if results and all(each.is_good for each in results) else 1


def run(chosen: list[Experiment], asked: argparse.Namespace) -> list[Result]:
    results = []
    with ExitStack() as stack:
        server = ""
        if asked.database == "postgresql":
            from tests.postgres import running_postgres

            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="torture-"))
            server = stack.enter_context(running_postgres(Path(folder)))
        lab = stack.enter_context(laboratory(server))
        for each in chosen:
            result = tried(each, lab, scaled(each, asked.factor))
            results.append(result)
            sys.stdout.write(line(result) + "\n")
            sys.stdout.flush()
    return results


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
