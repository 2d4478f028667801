"""The list of units (单位表)."""

from pathlib import Path

import typer

from desk.console import AsJson, Data, err, out, show_json, use_data

app = typer.Typer()


@app.command("import")
def units_import(file: Path, data: Data = None, as_json: AsJson = False) -> None:
    """Import units from xlsx or csv; nothing is imported while any row is bad."""
    from desk import unit_lists  # noqa: PLC0415

    use_data(data)
    units, faults = unit_lists.read(file)
    if faults:
        show_json(faults) if as_json else err.print("\n".join(faults), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)
    changes = unit_lists.import_(units)
    summary = {"added": len(changes.added), "changed": len(changes.changed), "missing": len(changes.missing)}
    if as_json:
        show_json(summary)
    else:
        out.print("新增 {added}，改动 {changed}，表中不再出现 {missing}".format(**summary))


@app.command("check")
def units_check(file: Path, as_json: AsJson = False) -> None:
    """List every bad row with its line; exit 1 if there is one."""
    from desk import unit_lists  # noqa: PLC0415

    units, faults = unit_lists.read(file)
    if as_json:
        show_json({"units": len(units), "faults": faults})
    else:
        out.print(
            "\n".join(faults) or f"{len(units)} 个单位，没有发现问题。", markup=False, highlight=False, soft_wrap=True
        )
    raise typer.Exit(1 if faults else 0)


@app.command("list")
def units_list(data: Data = None, as_json: AsJson = False) -> None:
    """The units as imported."""
    from desk import unit_lists  # noqa: PLC0415

    use_data(data)
    known = unit_lists.listed()
    if as_json:
        show_json(known)
        return
    for unit in known:
        print(f"{unit['code']}\t{unit['level']}\t{unit['name']}\t{unit['reports_to'] or ''}")


@app.command("template")
def units_template(file: Path) -> None:
    """Write an empty list of units to fill in."""
    from desk import unit_lists  # noqa: PLC0415

    unit_lists.write_template(file)
    out.print(f"已写出 {file}")
