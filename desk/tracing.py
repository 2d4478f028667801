"""A traced figure on the terminal."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

MOST_SHOWN = 30


def show_trace(out: Console, told: dict[str, Any]) -> None:
    out.print(f"{told['name']} {told['figure']}", markup=False, highlight=False, soft_wrap=True)
    verdict = "一致" if told["agrees"] else "不一致，请核对"
    out.print(f"定稿 {told['value']}，按单元格重算 {told['recomputed']}：{verdict}", highlight=False)
    for term in told["terms"]:
        out.print(_children(term))
        if term["returns"]:
            out.print(_returns(term))


def _children(term: dict[str, Any]) -> Table:
    title = escape(f"{term['sign']} {term['key']} = {term['value']}")
    table = Table("下级单位", "数", title=title, title_justify="left")
    for each in term["children"]:
        table.add_row(f"{each['unit']} {each['name']}", str(each["value"]))
    return table


def _returns(term: dict[str, Any]) -> Table:
    more = len(term["returns"]) - MOST_SHOWN
    table = Table("报送单位", "数", "单元格", "邮件", caption=f"还有 {more} 份，见 --json" if more > 0 else None)
    for each in term["returns"][:MOST_SHOWN]:
        table.add_row(f"{each['unit']} {each['name']}", str(each["adds"]), _places(each), _mail(each))
    return table


def _places(told: dict[str, Any]) -> str:
    places = [f"{each['sheet']}!{'、'.join(each['cells'])}" for each in told.get("cells", ())]
    return "；".join(places[:3]) + (f" 等 {len(places)} 处" if len(places) > 3 else "")


def _mail(told: dict[str, Any]) -> str:
    mail = told.get("mail")
    return f"{mail['sha256'][:12]} 第 {mail['version']} 版" if mail else ""
