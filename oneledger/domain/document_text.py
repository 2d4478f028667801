"""What a document's text gives away: blanks not filled, another unit's name, a wrong number of a paper, figures that
differ from the unit's own returns, pupils' data. Every finding is a question; pupils' data alone must not travel."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field as Key

from oneledger.domain.campaigns import TextCheck
from oneledger.domain.document_numbers import normalised, wrong_numbers
from oneledger.domain.document_rules import document_finding
from oneledger.domain.documents import Paragraph
from oneledger.domain.findings import Finding
from oneledger.domain.forms import Definition
from oneledger.domain.pupil_data import pupil_data_in
from oneledger.domain.rules import structural

LEAST_NAME = 4  # characters; shorter names stand in other words
MOST_OF_A_RULE = 8  # findings of one rule a document; who has more has understood after these


class KnownNumber(Definition):
    right: str
    title: str = ""


class SaidFigure(Definition):
    """A figure of a return and the words by which a text names it."""

    fact: str = Key(pattern=r"^[a-z][a-z0-9]*\.[a-z][a-z0-9_]*$")
    what: str
    words: tuple[str, ...]
    units: tuple[str, ...]


class DocumentKnowledge(Definition):
    """config/documents.yaml."""

    numbers: tuple[KnownNumber, ...] = ()
    figures: tuple[SaidFigure, ...] = ()


@dataclass(frozen=True)
class NameIndex:
    """All units' names, made ready once for many texts."""

    names: frozenset[str] = frozenset()
    lengths: tuple[int, ...] = ()  # longest first
    tails: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str]) -> "NameIndex":
        known = frozenset(name for name in names if len(name) >= LEAST_NAME)
        lengths = tuple(sorted({len(name) for name in known}, reverse=True))
        return cls(known, lengths, frozenset(name[-2:] for name in known))

    def found_in(self, text: str) -> Iterator[str]:
        """Each name that stands in the text; of names that end together the longest only. Time: text by lengths."""
        for end in range(2, len(text) + 1):
            if text[end - 2 : end] in self.tails:
                ending = (text[end - length : end] for length in self.lengths if length <= end)
                found = next((each for each in ending if each in self.names), None)
                if found is not None:
                    yield found


@dataclass(frozen=True)
class TextContext:
    """What a text is held against."""

    checks: Collection[TextCheck]
    known_numbers: Collection[str] = ()
    figures: Sequence[SaidFigure] = ()
    reported: Mapping[str, float] = field(default_factory=dict)  # form.key -> number of the unit's own last return
    own_names: Collection[str] = ()  # the unit's, those above it, those below it
    names: NameIndex = NameIndex()  # everybody's


def review_text(file: str, paragraphs: Sequence[Paragraph], context: TextContext) -> list[Finding]:
    found = list(_pupil_data(file, paragraphs))
    for check, judge in _CHECKS.items():
        if check in context.checks:
            found += list(judge(file, paragraphs, context))[:MOST_OF_A_RULE]
    return found


def _numbered(paragraphs: Iterable[Paragraph]) -> Iterator[tuple[str, str]]:
    for number, each in enumerate(paragraphs, 1):
        yield f"第{number}段", each.text


def _pupil_data(file: str, paragraphs: Iterable[Paragraph]) -> Iterator[Finding]:
    """Numbers that name a person are errors. A name is asked about, and not kept: prose can be read wrongly."""
    for place, text in _numbered(paragraphs):
        for rule in pupil_data_in(text, "prose"):
            finding = structural(rule, f"{file} {place}")
            yield replace(finding, level="query") if rule == "PD-004" else finding


_UNITS = "年月日号次名人个起场份班校所县市区镇省位项条"
_PLACEHOLDER = re.compile(
    rf"(?<![A-Za-z0-9])(?:[XxＸｘ×✕*＊]{{2,}}|[XxＸｘ×✕](?=[{_UNITS}])|(?<=[第共达])[XxＸｘ×✕])(?![A-Za-z0-9])"
    r"|〔[\s*＊?？]*〕|〔请补充[^〕]*〕|（\s+）|\(\s+\)|[_＿]{2,}|某某|□{2,}"
)
_MASKED = re.compile(r"(?:学生|同学|家长|女生|男生|老师|教师)[\u4e00-\u9fff]?$")
"""学生李×× hides a name, as it should."""


def _placeholders(file: str, paragraphs: Iterable[Paragraph], _context: TextContext) -> Iterator[Finding]:
    for place, text in _numbered(paragraphs):
        for match in _PLACEHOLDER.finditer(text):
            if not _MASKED.search(text[: match.start()]):
                around = text[max(0, match.start() - 6) : match.end() + 6]
                yield document_finding("DC-201", file, place, found=match[0].strip(), around=around)
                break


def _names(file: str, paragraphs: Iterable[Paragraph], context: TextContext) -> Iterator[Finding]:
    told = set(context.own_names)
    for place, text in _numbered(paragraphs):
        for name in context.names.found_in(text):
            if name not in told:
                told.add(name)
                yield document_finding("DC-202", file, place, found=name, name=name)


def _document_numbers(file: str, paragraphs: Iterable[Paragraph], context: TextContext) -> Iterator[Finding]:
    known = [normalised(each) for each in context.known_numbers]
    for place, text in _numbered(paragraphs):
        for wrong in wrong_numbers(text, known):
            yield document_finding(
                "DC-203",
                file,
                place,
                found=wrong.written,
                expected=wrong.right,
                written=wrong.written,
                right=wrong.right,
            )


_ABOUT = re.compile(r"[约近超]$")


def _figures(file: str, paragraphs: Iterable[Paragraph], context: TextContext) -> Iterator[Finding]:
    said = [(each, _said_pattern(each)) for each in context.figures if each.fact in context.reported]
    for place, text in _numbered(paragraphs):
        for each, pattern in said:
            reported = context.reported[each.fact]
            for match in pattern.finditer(text):
                written = match["after"] or match["before"]
                is_rough = _ABOUT.search(text[: match.start(match.lastgroup or 0)]) is not None
                if not is_rough and int(written.replace(",", "")) != reported:
                    yield document_finding(
                        "DC-204", file, place, found=written, expected=f"{reported:g}",
                        what=each.what, written=written, reported=f"{reported:g}",
                    )  # fmt: skip


def _said_pattern(figure: SaidFigure) -> re.Pattern[str]:
    """在校学生共有860人, or 860名在校学生; not 860余人."""
    words, units = "|".join(map(re.escape, figure.words)), "|".join(map(re.escape, figure.units))
    number = r"\d{1,3}(?:,\d{3})+|\d+"
    return re.compile(
        rf"(?:{words})[总数量共有计为是：:\s]{{0,6}}(?P<after>{number})(?![\d余多.%％])\s*(?:{units})"
        rf"|(?<![\d.,])(?P<before>{number})\s*(?:{units})(?:{words})"
    )


_CHECKS = {
    TextCheck.PLACEHOLDERS: _placeholders,
    TextCheck.NAMES: _names,
    TextCheck.DOCUMENT_NUMBERS: _document_numbers,
    TextCheck.FIGURES: _figures,
}
