"""Judge the files that make up one document: formats, sizes, number. What they say is for document_text."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from oneledger.domain.campaigns import Deliverable, PictureLimits
from oneledger.domain.document_rules import document_finding
from oneledger.domain.documents import OLD_WORD, PICTURES, Picture, ReceivedFile
from oneledger.domain.findings import Finding

LEAST_RED = 0.0004  # of a picture's points; a seal of 42 mm on A4 covers some 2 % of it and colours a fifth of that


def review_files(deliverable: Deliverable, files: Sequence[ReceivedFile]) -> list[Finding]:
    """Every fault of every file, then what they lack together."""
    found = [finding for file in files for finding in _of_file(deliverable, file)]
    if deliverable.pictures is not None:
        found += _of_number(deliverable.pictures, _pictures(files))
    return found


def review_seal(file: ReceivedFile) -> list[Finding]:
    if file.paper is None:
        return [_unread(file)]
    red = file.paper.red_share
    return [document_finding("DC-141", file.name)] if red is not None and red < LEAST_RED else []


def _of_file(deliverable: Deliverable, file: ReceivedFile) -> Iterator[Finding]:
    if file.paper is None:
        yield _unread(file, deliverable.formats)
        return
    if file.format in OLD_WORD:
        yield document_finding("DC-111", file.name)
    if file.format == "pdf" and not file.paper.has_text:
        yield document_finding("DC-122", file.name)
    if deliverable.pictures is not None:
        yield from _of_pictures(deliverable.pictures, file)
    if any(picture.had_metadata for picture in file.paper.pictures):
        yield document_finding("DC-135", file.name)


def _of_pictures(limits: PictureLimits, file: ReceivedFile) -> Iterator[Finding]:
    if file.format in PICTURES and file.size > limits.most_mb * 2**20:
        yield document_finding("DC-131", file.name, limit=f"{limits.most_mb:g}")
    for number, picture in enumerate(file.paper.pictures if file.paper else (), 1):
        if max(picture.full_width, picture.full_height) < limits.least_side:
            place = "" if file.format in PICTURES else f"第{number}张图"
            yield document_finding("DC-132", file.name, place, width=picture.full_width, height=picture.full_height)


def _of_number(limits: PictureLimits, pictures: Sequence[Picture]) -> Iterator[Finding]:
    count = len(pictures)
    if count > limits.at_most:
        yield document_finding("DC-133", limit=limits.at_most, count=count)
    if count < limits.at_least:
        yield document_finding("DC-134", limit=limits.at_least, count=count)


def _pictures(files: Iterable[ReceivedFile]) -> list[Picture]:
    return [picture for file in files if file.paper for picture in file.paper.pictures]


def _unread(file: ReceivedFile, formats: Sequence[str] = ("pdf", "jpg")) -> Finding:
    words: dict[str, Any] = {"formats": "、".join(formats), **file.words}
    return document_finding(file.fault or "DC-108", file.name, **words)
