"""Values bent until they keep a rule of the form: the rule's own words say which value to move, and where to."""

import ast
import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from oneledger.domain.forms import Field, FieldType

Values = dict[str, Any]
Draw = Callable[[Field], Any]


@lru_cache(maxsize=4096)
def tree_of(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def value_of(node: ast.expr, scope: Mapping[str, Any]) -> Any:
    """A number, a day or a text; None where something is blank or the kind of expression has no single value."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return scope.get(name)
        case ast.BinOp(left=left, op=op, right=right):
            one, two = value_of(left, scope), value_of(right, scope)
            return None if one is None or two is None else _computed(op, one, two)
        case ast.Tuple(elts=parts) | ast.Set(elts=parts) | ast.List(elts=parts):
            return [value_of(part, scope) for part in parts]
        case ast.Call(func=ast.Name(id="total"), args=parts):
            return sum(value for part in parts if (value := value_of(part, scope)) is not None)
    return None


def _computed(op: ast.operator, one: Any, two: Any) -> Any:
    match op:
        case ast.Add():
            return one + two
        case ast.Sub():
            return one - two
        case ast.Mult():
            return one * two
        case ast.Div():
            return one / two if two else None
    return None


class Mender:
    """Moves values of the fields that the writer may write; what is printed or known from elsewhere stays."""

    def __init__(self, fields: Mapping[str, Field], values: Values, scope: Mapping[str, Any], draw: Draw) -> None:
        self._fields = fields
        self._values = values
        self._scope = scope
        self._draw = draw

    def mend(self, node: ast.expr, rng: random.Random, *, holds: bool = True) -> bool:
        """Try to make a condition true (or false). Says whether anything could be moved."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self.mend(inner, rng, holds=not holds)
            case ast.BoolOp(op=op, values=parts):
                return self._mend_parts(parts, rng, holds=holds, every=isinstance(op, ast.And) == holds)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._mend_comparison(left, op, right, holds=holds, rng=rng)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._mend_call(name, arguments, rng, holds=holds)
        return False

    def _mend_parts(self, parts: list[ast.expr], rng: random.Random, *, holds: bool, every: bool) -> bool:
        if every:
            moved = [self.mend(part, rng, holds=holds) for part in parts]
            return all(moved)
        return any(self.mend(part, rng, holds=holds) for part in rng.sample(parts, len(parts)))

    def _mend_call(self, name: str, arguments: list[ast.expr], rng: random.Random, *, holds: bool) -> bool:
        fields = [field for node in ast.walk(arguments[0]) if (field := self._own(node))]
        if name in ("filled", "blank"):
            return any(self._set(field, self._draw(field) if (name == "filled") == holds else None) for field in fields)
        if name == "has" and isinstance(arguments[1], ast.Constant):
            word = arguments[1].value
            if holds:
                return bool(fields) and self._set(rng.choice(fields), word)
            moved = [self._set(field, self._other(field, word)) for field in fields if self._holds(field, word)]
            return all(moved)
        return False

    def _holds(self, field: Field, word: Any) -> bool:
        return bool(self._values.get(field.key) == word)

    def _other(self, field: Field, word: Any) -> Any:
        return next((choice for choice in field.allowed if choice != word), None)

    def _mend_comparison(
        self, left: ast.expr, op: ast.cmpop, right: ast.expr, *, holds: bool, rng: random.Random
    ) -> bool:
        kind = _KINDS[type(op)] if holds else _OPPOSITES[_KINDS[type(op)]]
        if kind in ("in", "not in"):
            return self._mend_membership(left, right, kind, rng)
        if kind == "==" and isinstance(left, ast.Call):
            inside = [field for node in ast.walk(left) if (field := self._own(node))]
            moved = [self._set(field, None if not field.required else 0) for field in inside]
            return all(moved)
        if (field := self._own(left)) is not None:
            return self._set(field, self._moved(field, kind, value_of(right, self._all()), rng))
        if (field := self._own(right)) is not None:
            return self._set(field, self._moved(field, _MIRRORED[kind], value_of(left, self._all()), rng))
        return self._redraw((*ast.walk(left), *ast.walk(right)), rng)

    def _mend_membership(self, left: ast.expr, right: ast.expr, kind: str, rng: random.Random) -> bool:
        if (field := self._own(left)) is not None:
            listed = value_of(right, self._all()) or []
            wanted = [each for each in field.allowed or listed if (each in listed) == (kind == "in")]
            return bool(wanted) and self._set(field, rng.choice(wanted))
        if (field := self._own(right)) is not None and isinstance(left, ast.Constant) and kind == "in":
            written = str(self._values.get(field.key) or "")
            return self._set(field, written + str(left.value) + str(self._draw(field)))
        return False

    def _moved(self, field: Field, kind: str, bound: Any, rng: random.Random) -> Any:
        """A value on the right side of the bound; drawn anew where there is no bound to go by."""
        if bound is None or kind == "!=":
            return self._draw(field)
        if kind == "==":
            return bound
        if isinstance(bound, date):
            step = rng.randrange(1, 6) if kind in ("<", ">") else rng.randrange(5)
            return bound + timedelta(days=step if kind in (">", ">=") else -step)
        room = max(1, int(bound) // 4) if isinstance(bound, int | float) else 1
        step = rng.randrange(room) + (kind in ("<", ">"))
        moved = bound + step if kind in (">", ">=") else bound - step
        low, high = (moved if edge is None else edge for edge in (field.min, field.max))
        within = min(max(moved, low), high)
        return int(within) if field.type == FieldType.INT else within

    def _redraw(self, nodes: tuple[ast.AST, ...], rng: random.Random) -> bool:
        fields = [field for node in nodes if (field := self._own(node))]
        return bool(fields) and self._set(field := rng.choice(fields), self._draw(field))

    def _own(self, node: ast.AST) -> Field | None:
        field = self._fields.get(node.id) if isinstance(node, ast.Name) else None
        return None if field is None or field.locked else field

    def _set(self, field: Field, value: Any) -> bool:
        self._values[field.key] = value
        return True

    def _all(self) -> Mapping[str, Any]:
        return {**self._scope, **self._values}


_KINDS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in",
}  # fmt: skip
_OPPOSITES = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in", "not in": "in",
}  # fmt: skip
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
