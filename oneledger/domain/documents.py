"""A returned document as the guarded reader saw it: paragraphs and pictures, nothing of the stranger's file itself."""

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["copy", "seal"]
"""copy: 电子版, what is read and compiled. seal: 盖章件, the scan or photograph that shows the seal."""

PICTURES = frozenset({"jpg", "png", "heic", "gif", "bmp", "tif", "webp"})
OLD_WORD = frozenset({"doc", "wps", "rtf"})  # kept and passed on; their text is not read
_SAME = {"jpeg": "jpg", "jpe": "jpg", "tiff": "tif", "heif": "heic", "wps": "doc", "wpt": "doc"}


@dataclass(frozen=True)
class Paragraph:
    text: str
    level: int = 0  # of a heading; 0 is running text


@dataclass(frozen=True)
class Picture:
    """Already made anew from its points: upright, no larger than a printed page needs, without any metadata."""

    content: bytes  # JPEG
    width: int
    height: int
    full_width: int  # as it came
    full_height: int
    had_metadata: bool = False
    had_place: bool = False  # GPS


@dataclass(frozen=True)
class Paper:
    """One file that could be read."""

    format: str  # by its bytes: docx, pdf, doc, rtf, jpg …
    paragraphs: tuple[Paragraph, ...] = ()
    pictures: tuple[Picture, ...] = ()
    pages: int = 0
    red_share: float | None = None  # 0..1 of its points; None where there is no picture to look at

    @property
    def has_text(self) -> bool:
        return any(each.text.strip() for each in self.paragraphs)

    @property
    def text(self) -> str:
        return "\n".join(each.text for each in self.paragraphs)

    @property
    def title(self) -> str:
        """The first line that says anything; a document's title stands there."""
        return next((each.text.strip() for each in self.paragraphs if each.text.strip()), "")


@dataclass(frozen=True)
class ReceivedFile:
    """A file of a mail with what the reader made of it. ``fault``: the rule that says why it was not read."""

    name: str
    size: int  # bytes
    paper: Paper | None
    fault: str = ""
    words: dict[str, object] = field(default_factory=dict)  # of the fault's sentence

    @property
    def format(self) -> str:
        return self.paper.format if self.paper else plain_format(self.name)


def plain_format(name: str) -> str:
    """By the end of a name, one word for what is one thing: jpeg is jpg, wps is doc."""
    ending = name.rpartition(".")[2].lower()
    return _SAME.get(ending, ending)


def is_accepted_format(given: str, formats: tuple[str, ...]) -> bool:
    return given in {_SAME.get(each, each) for each in formats}
