"""What schools write: problems, measures, progress, summaries. Invented; no names of people, no details of any case."""

import random
from collections.abc import Mapping, Sequence


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


PROBLEMS: Mapping[str, Sequence[str]] = {
    "工作机制": _lines("""治理委员会成员调整后没有及时补齐
        与社区、派出所的联系会商没有形成固定安排
        班级发现的情况汇总到学校不够及时"""),
    "制度措施": _lines("""应急预案多年没有修订，与现在的要求不一致
        预警、处理、干预的流程没有上墙，教师不熟悉
        早期发现的小摩擦没有统一的登记办法"""),
    "队伍建设": _lines("""兼职心理教师课时多，个别辅导时间不足
        新任班主任没有受过防欺凌培训
        法治副校长到校次数少，讲课内容与学生脱节"""),
    "责任落实": _lines("""课间巡查有时缺岗，记录补写
        值班教师交接不清，有一段时间无人看管
        责任清单没有细化到任课教师"""),
    "宣传引导": _lines("""家长对什么是欺凌了解不多，告知书回收不齐
        主题班会形式单一，学生参与不够
        求助电话和信箱位置不显眼，低年级学生不知道"""),
    "教育惩戒": _lines("""校规中惩戒的情形写得笼统，执行尺度不一
        对反复发生小摩擦的学生缺少后续跟踪
        教育惩戒的告知和记录手续不全"""),
    "条件保障": _lines("""有监控盲区，夜间照明不足
        一键报警装置没有定期测试
        心理辅导室使用登记不全，开放时间短"""),
}
_SIGNS = ("有学生被同伴孤立、情绪低落的苗头", "有学生起外号、互相嘲笑的苗头", "有高年级学生强占场地的苗头")
_EVENTS = _lines("""学生之间因琐事推搡，一方多次言语侮辱另一方
    几名学生多次要求同学替做值日并起外号
    学生之间争抢物品，发生肢体冲突""")
_ON_THE_NET = {"苗头迹象": "有学生在群里互相攻击的苗头", "已发生或正在发生的事件": "学生在群里发布贬低同学的内容"}
_HAZARDS = ("人少时无人看管，是容易出事的部位", "监控照不到，放学后有学生逗留", "巡查间隔长，有安全隐患")
MEASURES = _lines("""调整人员分工，补齐缺口，每周检查一次并做好记录
    修订制度并组织学习，学期内检查落实情况
    增加巡查次数，安排专人值守，设巡查登记本
    组织专题培训和主题班会，做到班班有安排
    联系相关部门到校指导，补装设备并定期测试
    与家长沟通，建立跟踪记录，每月研判一次""")
PROGRESS = _lines("""已按措施完成大部分工作，尚有个别环节待检查
    方案已经确定，正在组织实施，月底前见效
    人员和经费已经落实，设备正在安装
    制度已修订，正在征求教师和家长意见""")
DEPARTMENTS = ("德育处", "安全办", "教务处", "总务处", "年级组", "校办公室", "心理健康中心")
JOBS = ("德育副校长", "德育主任", "安全办主任", "年级主任", "总务主任", "教务主任", "心理教师", "班主任", "校长")
REASONS = ("设备采购周期较长", "人员调整尚未到位", "需要和相关部门一起解决", "施工要避开上课时间")
BRIEFS = ("已列入工作计划并检查落实", "有制度、有安排、有记录", "学期初部署，定期检查", "责任到人，资料齐全")
EVIDENCE = _lines("""工作制度汇编
    会议记录
    培训签到表
    主题班会教案
    巡查登记本
    家长会材料
    心理辅导登记表
    应急预案""")
NOT_HERE = ("本学年没有发生过相应的事件", "由其他部门提供，本单位没有这项职责")
DEDUCTIONS = ("记录不完整", "个别教师抽问时不熟悉", "材料不够齐全", "更新不及时", "有一处没有做到")
FEEDBACK = "听取了汇报，查阅了资料，走访了重点部位。工作有安排、有记录，{praise}；不足是{lack}，请按期整改并书面反馈。"
PRAISES = ("排查细致，台账清楚", "制度较全，责任到人", "家校联系紧密", "心理健康教育有特色")
LACKS = ("个别制度更新不及时", "巡查记录不够完整", "培训覆盖不全", "法治副校长到校偏少")
_PRAISE_SENTENCES = _lines("""成立了工作专班，主要负责人多次研究部署。
    把排查任务分解到科室和学校，做到底数清楚。
    与公安、检察、团委、妇联建立了会商机制。
    组织了面向班主任和家长的培训，反响较好。
    对台账中的问题逐条核对，整改一条销号一条。
    求助渠道已向社会公布，安排专人接听。""")
_LACK_SENTENCES = _lines("""个别学校重视不够，台账填报不细。
    专职心理教师数量不足，乡村学校更为突出。
    部分家长配合不够，家庭教育有短板。
    与有关部门信息沟通还不够及时。
    根源在于责任层层递减，检查考核不够硬。
    校园周边和网络空间的治理手段有限。""")
_NEXT_SENTENCES = _lines("""继续抓好问题整改，按期完成复查。
    开学前再组织一次全员培训。
    把防欺凌工作纳入年度考核和督导评价。
    加强心理教师配备，推动资源共享。
    完善报告和会商制度，发现苗头及时处置。
    总结好的做法，编写案例供学校参考。""")
_SENTENCES = {"困难": _LACK_SENTENCES, "不足": _LACK_SENTENCES, "打算": _NEXT_SENTENCES}
_PLAIN = ("按要求组织落实，有安排有检查", "情况属实，材料留存备查", "已经研究部署，责任到人", "按计划推进，定期检查")


def problem(rng: random.Random, item_type: str, aspect: str, place: str | None) -> str:
    """One sentence of 10 to 300 characters."""
    if place == "网络空间" and item_type in _ON_THE_NET:
        return f"网络空间：{_ON_THE_NET[item_type]}"
    where = f"{place}：" if place else ""
    match item_type:
        case "苗头迹象":
            return where + rng.choice(_SIGNS)
        case "隐患点":
            return f"{place or '校内'}{rng.choice(_HAZARDS)}"
        case "已发生或正在发生的事件":
            return where + rng.choice(_EVENTS)
    return where + rng.choice(PROBLEMS.get(aspect) or PROBLEMS["制度措施"])


def long_text(rng: random.Random, title: str, least: int, most: int) -> str:
    """Sentences on the subject of the title, as many as it takes."""
    pool = next((sentences for word, sentences in _SENTENCES.items() if word in title), _PRAISE_SENTENCES)
    text = ""
    while len(text) < least + 10:
        text += rng.choice(pool)
    return text[:most]


def short_text(rng: random.Random, least: int, most: int) -> str:
    text = rng.choice(_PLAIN)
    while len(text) < least:
        text += "；" + rng.choice(_PLAIN)
    return text[:most]


def document_no(rng: random.Random, year: int) -> str:
    return f"教安发〔{year}〕{rng.randrange(1, 60)}号"


def telephone(rng: random.Random) -> str:
    """A number that cannot ring: no area has the code 0000."""
    return f"0000-{rng.randrange(2_000_000, 9_999_999)}"
