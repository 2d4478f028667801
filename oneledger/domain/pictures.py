"""Pictures for people who look rather than read: self-contained SVG for artifacts, reports and pages.

No script, no font file, no address outside: a picture may be put into markdown as a data URI.
"""

import base64
from collections.abc import Mapping, Sequence
from html import escape

from oneledger.domain.phrases import grouped, share_text

FONTS = "'Microsoft YaHei','PingFang SC','Noto Sans CJK SC','Source Han Sans SC','WenQuanYi Micro Hei',sans-serif"
INK, FAINT, GRID, BLANK = "#1f2933", "#66727f", "#d9dee3", "#f1f3f5"
LINES = ("#1f5fa8", "#c2571a", "#2c7d4f", "#7a4aa0", "#8a6d00", "#b0294c")
_DEEP, _PALE = (23, 84, 150), (226, 237, 247)


def funnel_svg(steps: Sequence[tuple[str, int]], title: str = "") -> str:
    """Bars that narrow from the first step to the last, each with its number and its share of the first."""
    wide, line, top = 380, 34, _room_for(title)
    label = _label_width([name for name, _ in steps])
    whole = steps[0][1] if steps else 0
    body = []
    for index, (name, number) in enumerate(steps):
        y = top + index * line
        long = wide * number / whole if whole else 0
        body.append(_text(label - 10, y + 19, name, anchor="end"))
        body.append(_box(label, y + 4, wide, 22, BLANK))
        body.append(_box(label, y + 4, min(long, wide), 22, _tint(1.0 - 0.5 * index / max(len(steps) - 1, 1))))
        body.append(_text(label + wide + 76, y + 19, grouped(number), anchor="end"))
        if index:
            body.append(_text(label + wide + 146, y + 19, share_text(number, whole), anchor="end", fill=FAINT))
    return _svg(label + wide + 160, top + line * len(steps) + 8, title, body)


def heat_map_svg(
    rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float | None]], title: str = ""
) -> str:
    """One square per row and column, darker where more is done. Values are shares 0..1; None: not known yet."""
    side, high, top = 34, 24, _room_for(title)
    label = _label_width(rows)
    body = [_text(label + side * (n + 0.5), top + 12, name, size=11, anchor="middle") for n, name in enumerate(columns)]
    for line, (name, shares) in enumerate(zip(rows, values, strict=True)):
        y = top + 20 + line * high
        body.append(_text(label - 8, y + 16, name, anchor="end"))
        for column, each in enumerate(shares):
            body += _square(label + column * side, y, side, high, each)
    foot = top + 20 + len(rows) * high
    return _svg(label + side * len(columns) + 16, foot + 30, title, [*body, *_legend(label, foot + 10)])


def curve_svg(series: Mapping[str, Sequence[tuple[str, float]]], title: str = "") -> str:
    """One line per series over the labels in the order they first appear; the last number stands at the end."""
    wide, high, left, top = 520, 200, 64, _room_for(title) + 10
    labels = list(dict.fromkeys(label for points in series.values() for label, _ in points))
    peak = _ceiling(max((value for points in series.values() for _, value in points), default=0))
    x = {label: left + wide * n / max(len(labels) - 1, 1) for n, label in enumerate(labels)}
    body = _grid(left, top, wide, high, peak)
    step = -(-len(labels) // 10) or 1
    body += [_text(x[each], top + high + 18, each, size=11, anchor="middle") for each in labels[::step]]
    for n, (name, points) in enumerate(series.items()):
        dots = [(x[label], top + high - high * value / peak) for label, value in points]
        body += _line(name, dots, points[-1][1] if points else 0, LINES[n % len(LINES)])
        body.append(_box(left + n * 130, top + high + 30, 12, 12, LINES[n % len(LINES)]))
        body.append(_text(left + n * 130 + 18, top + high + 41, name, size=12))
    return _svg(max(left + wide + 80, left + 130 * len(series)), top + high + 54, title, body)


def as_markdown_image(svg: str, alt: str) -> str:
    """A markdown image that carries the picture itself. Brackets and line ends in ``alt`` would end it early."""
    plain = " ".join(alt.translate({ord("["): "（", ord("]"): "）"}).split())
    return f"![{plain}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _svg(width: float, height: float, title: str, body: Sequence[str]) -> str:
    head = [_text(12, 24, title, size=16, weight="bold")] if title else []
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="{FONTS}" font-size="13">'
        f"<title>{_safe(title)}</title>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join([*head, *body])}</svg>'
    )


def _text(
    x: float, y: float, words: str, *, size: int = 13, anchor: str = "start", fill: str = INK, weight: str = ""
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text {place} fill="{fill}"{bold}>{_safe(words)}</text>'


def _safe(words: str) -> str:
    """Marked-up and without control characters, which no XML may hold."""
    return escape("".join(letter for letter in " ".join(words.split()) if letter.isprintable()))


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'


def _room_for(title: str) -> int:
    return 40 if title else 10


def _label_width(names: Sequence[str]) -> int:
    """Room for the longest label at 13 px; a Chinese character takes the whole of it, a Latin one about half."""
    widths = [sum(13.5 if ord(letter) > 0x2E80 else 7.5 for letter in name) for name in names]
    return int(max(widths, default=0)) + 24


def _tint(part: float) -> str:
    red, green, blue = (round(pale + (deep - pale) * part) for pale, deep in zip(_PALE, _DEEP, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _square(x: float, y: float, side: float, high: float, part: float | None) -> list[str]:
    if part is None:
        return [_box(x + 1, y + 1, side - 2, high - 2, BLANK)]
    written = str(int(min(part, 1.0) * 100 + 1e-9))
    fill = "#ffffff" if part > 0.5 else INK
    middle = _text(x + side / 2, y + 16, written, size=11, anchor="middle", fill=fill)
    return [_box(x + 1, y + 1, side - 2, high - 2, _tint(part)), middle]


def _legend(x: float, y: float) -> list[str]:
    shades = [_box(x + n * 22, y, 22, 12, _tint(n / 4)) for n in range(5)]
    return [*shades, _text(x + 118, y + 11, "0 → 100（%）；浅灰：尚无数据", size=11, fill=FAINT)]


def _ceiling(peak: float) -> float:
    """A round number not below the highest value, so that the axis of counts has whole steps."""
    peak, size = max(peak, 4), 1
    while size * 10 <= peak:
        size *= 10
    return next(size * n for n in (1, 2, 4, 8, 10) if size * n >= peak)


def _grid(left: float, top: float, wide: float, high: float, peak: float) -> list[str]:
    lines = []
    for quarter in range(5):
        y = top + high - high * quarter / 4
        lines.append(f'<path d="M{left:.1f} {y:.1f}H{left + wide:.1f}" stroke="{GRID}"/>')
        lines.append(_text(left - 8, y + 4, grouped(peak * quarter / 4), size=11, anchor="end", fill=FAINT))
    return lines


def _line(name: str, dots: Sequence[tuple[float, float]], last: float, colour: str) -> list[str]:
    if not dots:
        return []
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in dots)
    x, y = dots[-1]
    return [
        f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2.5"><title>{_safe(name)}</title></path>',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>',
        _text(x + 8, y + 4, grouped(last), size=12, fill=colour, weight="bold"),
    ]
