"""What stands on an official paper besides its text: head (版头), number, signer, note, imprint (版记). GB/T 9704."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import Field as Key

from oneledger.domain.forms import Definition, LevelName
from oneledger.domain.gaps import gap
from oneledger.domain.report_figures import UnitBrief

NO_PARTS: Mapping[str, Any] = {"head": "", "number": "", "signer": "", "note": "", "imprint": None}


class PaperKind(Definition):
    levels: tuple[LevelName, ...] = ()  # whose paper of this kind has head, number and imprint
    goes_up: bool = False  # 上行文: the signer stands beside the number
    note: str = ""  # 附注, written in brackets
    copied_to: str = ""  # 抄送; empty: a person writes it
    printed_by: str = ""  # the part of the office that prints it


class Papers(Definition):
    """config/papers.yaml. A kind that is not in it has neither head nor note."""

    kinds: dict[str, PaperKind] = Key(default_factory=dict)

    def parts(self, kind: str, issuer: UnitBrief, code: str, day: date) -> dict[str, Any]:
        """``code``: the office's 机关代字; empty where the campaign does not tell it."""
        told = self.kinds.get(kind, PaperKind())
        parts = {**NO_PARTS, "note": told.note}
        if issuer.level not in told.levels:
            return parts
        imprint = {
            "copied_to": told.copied_to or gap("抄送机关，没有的删去本行"),
            "office": f"{issuer.name}{told.printed_by}",
            "day": gap("印发日期"),
        }
        return parts | {
            "head": f"{issuer.name}文件",
            "number": document_number(code, day.year),
            "signer": gap("签发人") if told.goes_up else "",
            "imprint": imprint,
        }


def document_number(code: str, year: int) -> str:
    """辽教〔2021〕〔请补充：序号〕号: six-angle brackets, the whole year, the serial left to who keeps the register."""
    return f"{code or gap('机关代字')}〔{year}〕{gap('序号')}号"
