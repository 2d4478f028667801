"""Names of pupils and parents in running text: a surname and a given name where the words around them say whose it is.

No list can tell a name from other words, so certainty needs four things at once: a word that speaks of a pupil or a
parent, a common surname, signs that people give as names, and an end after them. With one of them missing it is a
doubt. 张某某, 王某, 李×× and 学生甲 are how it ought to be written; a teacher's name is nobody's secret.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from oneledger.domain.name_signs import ALSO_WORDS, COMMON, DOUBLE, GIVEN, MASKING, NO_NAME, RARE, WORDS

_STAFF = re.compile(
    r"(?:[（(][^）)]{0,6})?(?:老师|教师|主任|校长|书记|班主任|辅导员|组长|干事|保安|宿管|门卫|校医|园长|局长|科长|股长|警官|民警|律师|医生|大夫"
    r"|负责|牵头)"
)
_END = re.compile(
    r"$|[\s，。、；：！？,.;:!?（()）“”\"'‘’《》\[\]【】/\-—~0-9]"
    r"|(?:在|被|与|和|跟|因|对|将|把|向|于|及|等|多次|经常|长期|曾|已|说|称|的|是|为|没|未|有|又|也|都|到|从|之间|发生|反映|反应|受到|遭|"
    r"不|索|参与|会|能|要|经|课|午|放学|谈|电话|手机|学籍|身份|殴|推|辱|欺|打|骂|踢|抢|偷|吸|逃|离|住|家|两人|二人|三人|同学|拳|持|用|拿|当|同|进|出|情绪|性格|身体|父|母|系|现|今年|动手|先|并|均|且|给|让|找|以|自|请|想|脸|头|手|上)"
)
_HAN = re.compile(r"[\u4e00-\u9fff]+")

_ROLE = re.compile(
    r"(?:学生|同学|女生|男生|新生|学员|小朋友|受害人|受害者|受害方|被害人|被欺凌者|被欺凌人|被欺凌方|欺凌者|欺凌人|实施者|施暴者|施害者|加害人|加害者|"
    r"当事人|涉事人|男孩|女孩|孩子|儿子|女儿|其子|其女|家长|父亲|母亲|爸爸|妈妈|爷爷|奶奶|监护人|班长|舍友|室友|同桌|课代表|学习委员|学生会主席)"
    r"(?:姓名|名单|分别)?[：:为是叫“\"‘（(]{0,2}"
    r"|姓名\s*[：:]\s*|涉及人员[：:]|参与人员[：:]|名单[：:]"
)
_CLASS = re.compile(r"(?:[0-9０-９一二三四五六七八九十]{1,6}[)）]?班|[一二三四五六七八九]年级|[初高][一二三])(?:的)?")
_OF_A_PUPIL = re.compile(
    r"同学|小朋友|的?(?:家长|父亲|母亲|爸爸|妈妈|爷爷|奶奶|监护人|父母)|[（(]\s*(?:男|女|[0-9]{1,2}\s*岁|学生|受害|[一二三四五六七八九初高][^，。）)]{0,4}[班级])"
)
_ACT = re.compile(
    r"殴打|推打|推搡|推倒|打伤|辱骂|谩骂|欺负|欺凌|踢打|威胁|恐吓|勒索|孤立|嘲笑|侮辱|群殴|围殴|骚扰|打了|骂了|推了|踢了"
    r"|[与和跟同](?=[\u4e00-\u9fff]{2,4}(?:发生|产生|争|吵|打|厮打|互|之间|有矛盾))"
)
_FOREIGN = re.compile(r"[\u4e00-\u9fff]{2,6}[·•・][\u4e00-\u9fff]{2,6}")
_JOIN = re.compile(r"[、，和与及跟]|以及")
_OPENS = frozenset(
    '与和跟同对被将把向由因让给及为是系有名找访生学班级组称叫见日天后午、，。；：！？,.;:!?（()“"‘ \u3000\n的'
)


@dataclass(frozen=True)
class Name:
    start: int
    end: int
    is_certain: bool


def names_in(text: str) -> list[Name]:
    """Each place once, in order; the surest reading of it."""
    found: dict[int, Name] = {}
    taken: set[int] = set()
    for name in sorted(_all(text), key=lambda each: (not each.is_certain, each.start - each.end)):
        if taken.isdisjoint(range(name.start, name.end)):
            found[name.start] = name
            taken.update(range(name.start, name.end))
    return [found[start] for start in sorted(found)]


def _all(text: str) -> Iterator[Name]:
    for match in _ROLE.finditer(text):
        yield from _listed(text, match.end())
    for match in _CLASS.finditer(text):
        if name := _name_at(text, match.end()):
            yield replace(name, is_certain=False)
    for match in _OF_A_PUPIL.finditer(text):
        if name := _name_before(text, match.start()):
            yield name
    for match in _ACT.finditer(text):
        yield from _both_sides(text, *match.span())


def _listed(text: str, start: int) -> Iterator[Name]:
    """张三、李四和王五: what follows the first is of its kind."""
    while name := _name_at(text, start):
        yield name
        join = _JOIN.match(text, name.end)
        if join is None:
            return
        start = join.end()


def _both_sides(text: str, start: int, end: int) -> Iterator[Name]:
    """Who did it and to whom: certain where both read like names, asked where one does."""
    sides = [each for each in (_name_before(text, start), _name_at(text, end)) if each and each.is_certain]
    for name in sides:
        yield replace(name, is_certain=len(sides) == 2)


def _name_at(text: str, start: int) -> Name | None:
    if match := _FOREIGN.match(text, start):
        return Name(start, match.end(), is_certain=True)
    if text[start : start + 1] in "小阿" and text[start + 1 : start + 2] in GIVEN and _END.match(text, start + 2):
        return Name(start, start + 2, is_certain=False) if text[start : start + 2] not in WORDS else None
    for length in _lengths(text[start : start + 2]):
        end = start + length
        if _is_name(text[start:end]) and _END.match(text, end):
            return None if _STAFF.match(text, end) else Name(start, end, is_certain=_is_sure(text[start:end]))
    longest = start + _lengths(text[start : start + 2])[0]
    if _is_name(text[start:longest]) and _is_sure(text[start:longest]) and not _STAFF.match(text, longest):
        return Name(start, longest, is_certain=False)
    return None


def _name_before(text: str, end: int) -> Name | None:
    for length in (4, 3, 2):
        start = end - length
        if start < 0 or length not in _lengths(text[start : start + 2]):
            continue
        if _is_name(text[start:end]) and (start == 0 or text[start - 1] in _OPENS):
            return Name(start, end, is_certain=_is_sure(text[start:end]))
    return None


def _lengths(head: str) -> tuple[int, ...]:
    return (4, 3) if head in DOUBLE else (3, 2)


def _is_name(text: str) -> bool:
    if len(text) < 2 or not _HAN.fullmatch(text) or text[:2] in WORDS or text[1:3] in WORDS:
        return False
    given = _given(text)
    if (MASKING | NO_NAME).intersection(given) or (text[0] in ALSO_WORDS and not GIVEN.issuperset(given)):
        return False
    return text[:2] in DOUBLE or text[0] in COMMON or text[0] in RARE


def _is_sure(text: str) -> bool:
    return (text[:2] in DOUBLE or text[0] in COMMON) and GIVEN.issuperset(_given(text))


def _given(text: str) -> str:
    return text[2:] if text[:2] in DOUBLE else text[1:]
