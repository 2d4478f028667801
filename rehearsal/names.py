"""Invented names: of schools, and of the people who answer for units. No real school or person is meant."""

import random

from oneledger.domain.units import Level

STAGE_WEIGHTS = {
    "小学": 46, "初中": 21, "九年一贯制": 15, "高中": 6, "完全中学": 4, "十二年一贯制": 2, "中职": 3, "特教": 3,
}  # fmt: skip
CODE_OF_STAGE = {
    "小学": "21", "初中": "31", "九年一贯制": "31", "高中": "34", "完全中学": "34", "十二年一贯制": "34",
    "中职": "36", "技工": "36", "特教": "51",
}  # fmt: skip
"""Stage -> the first two digits of a 学校标识码."""

_SUFFIXES = {
    "小学": ("小学", "小学校", "中心小学", "实验小学"),
    "初中": ("初级中学", "中学", "初级中学校"),
    "九年一贯制": ("学校", "九年一贯制学校", "九年制学校"),
    "高中": ("高级中学", "高中"),
    "完全中学": ("中学", "完全中学"),
    "十二年一贯制": ("学校", "十二年一贯制学校"),
    "中职": ("中等职业技术专业学校", "职业教育中心", "中等专业学校"),
    "技工": ("技工学校", "高级技工学校"),
    "特教": ("特殊教育学校", "启智学校"),
}
_NAMESAKES = {
    "小学": ("实验小学", "第一小学", "育才小学", "朝鲜族小学", "逸夫小学"),
    "初中": ("第一初级中学", "第二初级中学", "实验中学", "蒙古族初级中学"),
    "九年一贯制": ("实验学校", "第一学校", "民族学校"),
    "高中": ("第一高级中学", "实验高级中学"),
    "完全中学": ("第一中学", "第二中学"),
    "十二年一贯制": ("外国语学校", "国际学校"),
    "中职": ("职业教育中心", "中等职业技术专业学校"),
    "技工": ("技工学校",),
    "特教": ("特殊教育学校",),
}
_FIRST = "望云松枫柳杏桃槐榆梧青碧金银玉清明和安泰兴永新东西南北春秋晓朝丹霞星辰澄润喆堃"
_SECOND = "湖山河溪泉岭岗坡台桥园林庄屯堡店沟湾洲塔亭川源波阳光华德文景瑞祥宁康镕"
_THIRD = ("", "", "", "路", "街", "镇", "乡", "里", "新村", "花园")
_LONG = (
    "与师范学院联合办学实验",
    "革命老区希望工程援建寄宿制",
    "经济技术产业园区外来务工人员子女定点",
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪"
    "陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武洪"
)
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂华建国志文海燕玲辉鹏宇欣雨晨博雅琳浩然喆堃镕淼"


def school_name(rng: random.Random, stage: str, city: str, county: str) -> str:
    """Four in five carry their county's name; the others are short, so that counties have namesakes."""
    pick = rng.random()
    if pick < 0.12:
        return rng.choice(_NAMESAKES[stage])
    place = rng.choice(_FIRST) + rng.choice(_SECOND) + rng.choice(_THIRD)
    suffix = rng.choice(_SUFFIXES[stage])
    if pick < 0.2:
        return place + suffix
    if pick < 0.23:
        return f"{city}{county}{place}{rng.choice(_LONG)}{suffix}（{rng.choice('东西南北')}校区）"
    return (city if pick < 0.5 else "") + county + place + suffix


_OFFICE_ENDS = {
    Level.PROVINCE: ("省",),
    Level.CITY: ("市", "市", "市", "州"),
    Level.COUNTY: ("县", "县", "区", "市"),
}


def office_name(rng: random.Random, level: Level) -> str:
    return rng.choice(_FIRST) + rng.choice(_SECOND) + rng.choice(_OFFICE_ENDS[level])


def person_name(rng: random.Random) -> str:
    given = rng.choice(_GIVEN) + (rng.choice(_GIVEN) if rng.random() < 0.7 else "")
    return rng.choice(_SURNAMES) + given
