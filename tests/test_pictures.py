"""Pictures of issue 2, part I: funnel, completeness by county and day, curves."""

import base64
from xml.etree import ElementTree as ET

import pytest

from oneledger.domain.phrases import chinese_ordinal, grouped, share, share_text
from oneledger.domain.pictures import as_markdown_image, curve_svg, funnel_svg, heat_map_svg

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (13, 13, "100%"),
        (1999, 2000, "99.9%"),
        (29_999, 30_000, "99.9%"),  # 1.3: 整改率 is never 100 % by rounding
        (1, 30_000, "不足0.1%"),
        (0, 30_000, "0%"),
        (57, 100, "57%"),
        (0, 0, "—"),
    ],
)
def test_a_share_is_cut_off_and_never_rounded_up(part, whole, expected):
    assert share_text(part, whole) == expected


def test_a_share_shows_both_its_numbers():
    assert share(1200, 1300) == "92.3%（1,200/1,300）"


def test_numbers_are_grouped_and_keep_what_is_behind_the_point():
    assert [grouped(each) for each in (0, 1234567, 12.5, 3.0)] == ["0", "1,234,567", "12.5", "3"]


def test_ordinals_of_headings():
    assert [chinese_ordinal(each) for each in (1, 9, 10, 11, 20, 35)] == ["一", "九", "十", "十一", "二十", "三十五"]


def test_a_funnel_shows_each_number_and_its_share_of_the_first():
    drawn = words(funnel_svg([("应报", 2000), ("已发", 2000), ("收回", 1999), ("签报", 0)], "全省"))
    assert drawn == ["全省", "应报", "2,000", "已发", "2,000", "100%", "收回", "1,999", "99.9%", "签报", "0", "0%"]


def test_a_funnel_of_nothing_is_still_a_picture():
    assert words(funnel_svg([("应报", 0), ("收回", 0)])) == ["应报", "0", "收回", "0", "—"]
    assert words(funnel_svg([])) == []


def test_a_heat_map_writes_whole_per_cents_cut_off_and_nothing_where_nothing_is_known():
    drawn = words(heat_map_svg(["和平区", "沈河区"], ["3.1", "3.2"], [[0.0, 0.996], [1.0, None]]))
    assert drawn[:7] == ["3.1", "3.2", "和平区", "0", "99", "沈河区", "100"]
    assert len(drawn) == 8  # and the legend


def test_a_curve_ends_with_its_last_number():
    drawn = words(curve_svg({"问题": [("3.1", 5), ("3.2", 4321)], "销号": [("3.2", 7)]}, "整改"))
    assert {"4,321", "7", "问题", "销号", "3.1", "3.2", "8,000"} <= set(drawn)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a&b", '"x"', "鼓\x00楼\x1b区"])
def test_a_hostile_name_stays_text_in_every_picture(name):
    pictures = [
        funnel_svg([(name, 1)], name),
        heat_map_svg([name], [name], [[0.5]], name),
        curve_svg({name: [(name, 1.0)]}, name),
    ]
    for svg in pictures:
        assert "".join(letter for letter in name if letter.isprintable()) in words(svg)
        assert [each for each in ET.fromstring(svg).iter() if each.tag == f"{SVG}script"] == []


def test_a_picture_needs_nothing_from_outside():
    svg = curve_svg({"问题": [("3.1", 5)]})
    assert "href" not in svg
    assert svg.count("http") == 1  # the name of the SVG language itself


def test_a_markdown_image_carries_the_picture_and_a_one_line_name():
    svg = funnel_svg([("应报", 1)])
    image = as_markdown_image(svg, "漏斗](http://x)\n[全省")
    head, _, data = image.partition("data:image/svg+xml;base64,")
    assert head == "![漏斗）(http://x) （全省]("
    assert base64.b64decode(data.removesuffix(")")).decode() == svg
