"""One definition on top of another: what the lower file does not say is the upper's (000-1).

Lists whose entries have a name are joined by it: an entry of a known name changes the keys it gives, a new one comes
after the upper's. ``drop`` leaves entries of the upper out. Everything else, lists and maps too, is replaced whole; a
key left empty is taken away. Every value remembers the file and line it came from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oneledger.domain.errors import DefinitionError

Loc = tuple[str | int, ...]

NAMES: Mapping[str, str] = {
    "phases": "phase",
    "duties": "duty",
    "deliverables": "deliverable",
    "samples": "plan",
    "severity": "title",
    "reporting_lines": "case",
    "incident_clocks": "clock",
}
"""The lists whose entries have a name, and the key that holds it."""


@dataclass(frozen=True)
class Place:
    """Where a value stands: the file, its line, its key in that file."""

    file: str
    line: int
    key: Loc

    def fault(self, rest: Loc, message: str) -> str:
        key = ".".join(map(str, (*self.key, *rest))) or "(file)"
        return f"{self.file}:{self.line}: {key}: {message}"


@dataclass(frozen=True)
class Layer:
    data: dict[str, Any]
    places: Mapping[Loc, Place]

    def place_of(self, key: Loc) -> tuple[Place, Loc]:
        """The place of a key or of what holds it, and what of the key is left below that."""
        known = key
        while known and known not in self.places:
            known = known[:-1]
        return self.places[known], key[len(known) :]

    def fault(self, key: Loc, message: str) -> str:
        place, rest = self.place_of(key)
        return place.fault(rest, message)


@dataclass(frozen=True)
class _Part:
    """A value on its way from one layer into another."""

    value: Any
    places: Mapping[Loc, Place]  # by what follows the value's own key

    def put(self, at: Loc) -> dict[Loc, Place]:
        return {(*at, *rest): place for rest, place in self.places.items()}


def _part(layer: Layer, key: Loc) -> _Part:
    value: Any = layer.data
    for step in key:
        value = value[step]
    return _Part(value, {at[len(key) :]: place for at, place in layer.places.items() if at[: len(key)] == key})


def layered(upper: Layer, lower: Layer) -> Layer:
    """Raises DefinitionError where the lower one drops what the upper has not, or names an entry of a list badly."""
    faults = [*_name_faults(upper), *_name_faults(lower)] or [*_drop_faults(upper, lower)]
    if faults:
        raise DefinitionError(faults)
    dropped = lower.data.get("drop", {})
    data: dict[str, Any] = {}
    places: dict[Loc, Place] = {(): lower.places[()]}
    for key in {**upper.data, **lower.data}:
        if key in NAMES and (key in upper.data or key in lower.data):
            parts = _joined(upper, lower, key, dropped.get(key, []))
            data[key] = [part.value for part in parts]
            places[(key,)] = (lower if key in lower.data else upper).places[(key,)]
            for index, part in enumerate(parts):
                places |= part.put((key, index))
        elif key != "drop" and lower.data.get(key, "") is not None:
            part = _part(lower if key in lower.data else upper, (key,))
            data[key] = part.value
            places |= part.put((key,))
    return Layer(data, places)


def _joined(upper: Layer, lower: Layer, key: str, dropped: Sequence[Any] | str) -> list[_Part]:
    parts = {name: part for name, part in _entries(upper, key) if dropped != "all" and name not in dropped}
    for name, part in _entries(lower, key):
        parts[name] = _over(parts[name], part) if name in parts else part
    return list(parts.values())


def _entries(layer: Layer, key: str) -> Iterator[tuple[Any, _Part]]:
    for index, entry in enumerate(layer.data.get(key) or []):
        yield entry[NAMES[key]], _part(layer, (key, index))


def _over(upper: _Part, lower: _Part) -> _Part:
    value = {key: each for key, each in {**upper.value, **lower.value}.items() if each is not None}
    kept = {rest: place for rest, place in upper.places.items() if rest[:1] and rest[0] not in lower.value}
    return _Part(value, kept | dict(lower.places))


def _drop_faults(upper: Layer, lower: Layer) -> Iterator[str]:
    dropped = lower.data.get("drop", {})
    if not isinstance(dropped, dict):
        yield lower.fault(("drop",), "write the names by list, e.g. {duties: [3, 5], severity: all}")
        return
    for key, names in dropped.items():
        known = [entry.get(NAMES[key]) for entry in upper.data.get(key) or []] if key in NAMES else []
        if key not in NAMES:
            yield lower.fault(("drop", key), f"no list of named entries; they are {', '.join(NAMES)}")
        elif names != "all":
            wanted = names if isinstance(names, list) else [names]
            strays = [str(name) for name in wanted if name not in known]
            if strays or not isinstance(names, list):
                yield lower.fault(("drop", key), f"write all or a list; the upper campaign has no {', '.join(strays)}")


def _name_faults(layer: Layer) -> Iterator[str]:
    for key, name in NAMES.items():
        entries = layer.data.get(key) or []
        if not isinstance(entries, list):
            yield layer.fault((key,), "must be a list")
            continue
        names = [entry.get(name) if isinstance(entry, dict) else None for entry in entries]
        for index, each in enumerate(names):
            if each is None or isinstance(each, dict | list):
                yield layer.fault((key, index), f"lacks its name: {name}")
            elif each in names[:index]:
                yield layer.fault((key, index), f"{name} {each} is given twice")
