"""Conditions in form definitions, e.g. ``due_on >= found_on``: a whitelisted subset of Python, compiled once.

A rule that names a blank value does not apply (three-valued logic would only confuse a school); use ``blank(x)`` and
``filled(x)`` to ask. Allowed: comparisons, ``and/or/not``, arithmetic, ``in``, literals, names, and FUNCTIONS.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_NODES = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.Mult,
    ast.Div, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Constant,
    ast.Name, ast.Load, ast.Call, ast.Tuple, ast.List, ast.Set,
)  # fmt: skip


def _total(*values: Any) -> Any:
    return sum(value for value in values if value is not None)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "blank": lambda value: value is None or value in ("", [], ()),
    "filled": lambda value: not (value is None or value in ("", [], ())),
    "total": _total,
    "size": lambda value: len(value) if value is not None else 0,
    "has": lambda values, word: word in (values or ()),
}
_GLOBALS = {"__builtins__": {}, **FUNCTIONS}
_ASKS_FOR_BLANKS = {"blank", "filled", "total", "size", "has"}


@dataclass(frozen=True)
class Expression:
    text: str
    judge: Callable[..., Any]  # of the values it reads, in the order of ``read``
    read: tuple[str, ...]
    names: frozenset[str]  # the same without an order
    needed: frozenset[str]  # those that must be present for the rule to apply

    def holds(self, values: Mapping[str, Any]) -> bool | None:
        """True, False, or None where a needed value is blank or the kinds cannot be compared."""
        for name in self.needed:
            if values.get(name) is None:
                return None
        try:
            return bool(self.judge(*map(values.get, self.read)))
        except (TypeError, ZeroDivisionError):
            return None


@lru_cache(maxsize=4096)
def compiled(text: str) -> Expression:
    """Raises ValueError, saying what is not allowed."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError as fault:
        raise ValueError(f"not an expression: {text!r} ({fault.msg})") from fault
    inside_asks: set[ast.AST] = set()
    for node in ast.walk(tree):
        if not isinstance(node, _NODES):
            raise ValueError(f"{type(node).__name__} is not allowed in {text!r}")  # noqa: TRY004
        if isinstance(node, ast.Call):
            if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
                raise ValueError(f"only {', '.join(FUNCTIONS)} may be called in {text!r}")
            if node.func.id in _ASKS_FOR_BLANKS:
                inside_asks.update(inner for argument in node.args for inner in ast.walk(argument))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in FUNCTIONS]
    read = tuple(sorted({node.id for node in names}))
    return Expression(
        text,
        _function(tree, read),
        read,
        frozenset(read),
        frozenset(node.id for node in names if node not in inside_asks),
    )


def _function(tree: ast.Expression, read: Sequence[str]) -> Callable[..., Any]:
    """Called with values, it needs no dictionary of them made for each row."""
    arguments = ast.arguments([], [ast.arg(name) for name in read], None, [], [], None, [])
    function = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, tree.body)))
    made: Callable[..., Any] = eval(compile(function, "<rule>", "eval"), _GLOBALS)  # noqa: S307  a whitelisted tree
    return made
