"""Which of the files of a mail is which document, and which is the scan with its seal."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from oneledger.domain.campaigns import Deliverable
from oneledger.domain.documents import PICTURES, ReceivedFile, is_accepted_format

_SEAL_WORDS = re.compile(r"盖章|签章|用印|印章|签字|扫描|(?<![a-z])scan", re.IGNORECASE)
_KINDS = ("实施方案", "方案", "总结", "图片", "照片", "经验", "报告", "计划", "制度", "流程", "预案")
_TITLE_LINES = 3
LEAST_PAGE = 600  # points of the longer side of a photographed page


@dataclass
class Sorted:
    """Indexes into the files given, by deliverable."""

    copies: dict[str, list[int]] = field(default_factory=dict)
    seals: dict[str, list[int]] = field(default_factory=dict)
    unclear: list[int] = field(default_factory=list)  # more than one document it could be: a person decides
    unasked: list[int] = field(default_factory=list)  # of a kind that no deliverable takes


def sort_files(files: Sequence[ReceivedFile], owed: Sequence[Deliverable]) -> Sorted:
    """``owed``: documents, and workbooks that want a seal. A photograph is a picture asked for, else a seal."""
    done = Sorted()
    for index, file in enumerate(files):
        sealed = [each for each in owed if each.sealed and _may_show_seal(file)]
        taking = [each for each in owed if each.kind == "document" and is_accepted_format(file.format, each.formats)]
        as_seal = bool(sealed) and (not taking or _is_scan(file))
        candidates = sealed if as_seal else taking
        chosen = _chosen(file, candidates)
        if chosen is not None:
            place = done.seals if as_seal else done.copies
            place.setdefault(chosen.deliverable, []).append(index)
        else:
            (done.unclear if candidates else done.unasked).append(index)
    return done


def words_of(deliverable: Deliverable) -> tuple[str, ...]:
    """By which such a file is known: what the campaign says, else its title and the kind of paper the title names."""
    kinds = tuple(kind for kind in _KINDS if kind in deliverable.title)
    return deliverable.called or (deliverable.title, *kinds)


def _may_show_seal(file: ReceivedFile) -> bool:
    """A logo under a letter is a picture too, but no page."""
    if file.format == "pdf":
        return True
    sides = [max(each.full_width, each.full_height) for each in file.paper.pictures] if file.paper else [LEAST_PAGE]
    return file.format in PICTURES and max(sides, default=0) >= LEAST_PAGE


def _is_scan(file: ReceivedFile) -> bool:
    """It says so, or it is a PDF without a letter in it."""
    is_blank = file.paper is not None and file.format == "pdf" and not file.paper.has_text
    return is_blank or _SEAL_WORDS.search(file.name) is not None


def _chosen(file: ReceivedFile, candidates: Sequence[Deliverable]) -> Deliverable | None:
    """By the file's name, then by its first lines; the only one there is needs no words."""
    if len(candidates) == 1:
        return candidates[0]
    heads = [each.text for each in file.paper.paragraphs[:_TITLE_LINES]] if file.paper else []
    for text in (file.name, *heads):
        best = _best(text, candidates)
        if best is not None:
            return best
    return None


def _best(text: str, candidates: Iterable[Deliverable]) -> Deliverable | None:
    """The one whose longest word stands in the text; none where two are equal."""
    ranked = sorted(
        ((max((len(word) for word in words_of(each) if word in text), default=0), each) for each in candidates),
        key=lambda pair: -pair[0],
    )
    if not ranked:
        return None
    first, chosen = ranked[0]
    second = ranked[1][0] if len(ranked) > 1 else 0
    return chosen if first > second else None
