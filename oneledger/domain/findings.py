"""A finding: one fault (or doubt, or remark) we tell the unit, with its cell and how to mend it."""

from dataclasses import dataclass
from typing import Literal

Weight = Literal["error", "query", "note"]
"""error: must be mended. query: may be explained. note: read, with what was normalised."""


@dataclass(frozen=True)
class Finding:
    rule: str
    sheet: str = ""
    cell: str = ""  # "U7"; empty when the fault has no single cell
    found: str = ""
    expected: str = ""
    remedy: str = ""  # Chinese, complete: what to do
    level: Weight = "error"
    reason: str = ""  # why the unit says that a query is right as it is
    asked: int = 0  # of a query: how often it was put to the unit, this time included

    @property
    def is_open(self) -> bool:
        """A query nobody has answered yet."""
        return self.level == "query" and not self.reason

    def sentence(self) -> str:
        """One line for a mail or a comment: where, what was found, what to do."""
        where = f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.sheet or "整个文件"
        found = f"写的是“{self.found}”，" if self.found else ""
        expected = f"应为{self.expected}。" if self.expected else ""
        return f"{where}（{self.rule}）：{found}{expected}{self.remedy}"


def is_acceptable(findings: list[Finding]) -> bool:
    return not any(finding.level == "error" for finding in findings)
