"""Rules about files, sheets and rows, which no form declares. A form's own rules carry its own prefix (LG-012).

WB-0xx: the workbook as answered. WB-1xx: files we cannot read. PL: how a problem goes on. SR: scores of an
inspection. PD: pupils' data that must not travel.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from oneledger.domain.findings import Finding, Weight
from oneledger.domain.parsed import shown

USE_ATTACHED = "请用本次回信所附的表格填写后寄回。"
SAVE_AS_XLSX = "请用 Excel 或 WPS 打开，选“另存为”，类型选“Excel 工作簿（*.xlsx）”，再寄回。"


@dataclass(frozen=True)
class Rule:
    sentence: str
    level: Weight = "error"


STRUCTURAL: Mapping[str, Rule] = {
    # which workbook
    "WB-001": Rule(f"这份表格属于另一个行动。{USE_ATTACHED}"),
    "WB-002": Rule(f"这份表格属于另一个阶段。{USE_ATTACHED}"),
    "WB-003": Rule(f"这份表格是旧版，栏目已经改过。{USE_ATTACHED}"),
    "WB-004": Rule("表格里没有我们的标记，可能是复制到新文件里的。已按表头读取。", "note"),
    "WB-005": Rule(f"文件里找不到本次要填的任何一张表。{USE_ATTACHED}"),
    "WB-006": Rule("文件是 {kind} 格式，已读取。{caution}下次请另存为 xlsx 再寄。", "note"),
    "WB-007": Rule("文件带有宏。宏没有运行，只读了格里的内容。下次请另存为不带宏的 xlsx 再寄。", "note"),
    "WB-008": Rule(
        "文件是 csv 一类的文本表格，按 {encoding} 编码读取。"
        "一个文件只存一张表，长数字和日期容易走样，请核对。下次请寄 xlsx。",
        "note",
    ),
    "WB-009": Rule("{cells}（共 {count} 格）开头的撇号或等号是用来保留文字格式的，已去掉。", "note"),
    # which sheet
    "WB-011": Rule("缺少工作表“{form}”。请从所附表格中填好这张表，和其他表在同一个文件里寄回。"),
    "WB-012": Rule("工作表名称不是“{form}”，已按表头认出。", "note"),
    "WB-013": Rule("这张工作表和“{other}”表头相同、内容不同，分不清以哪张为准。请只留一张，删去另一张。"),
    "WB-014": Rule("这张工作表不在本次表格之内，没有读取。", "note"),
    "WB-015": Rule("找不到表头行（{headings}）。请照所附表格恢复表头。"),
    "WB-016": Rule("这张工作表是隐藏的，已照常读取。不报的请取消隐藏后清空。", "note"),
    # which column, which fact
    "WB-021": Rule("缺少必填的列“{title}”。请照所附表格补上这一列。"),
    "WB-022": Rule("没有找到“{title}”，按空白处理。", "note"),
    "WB-023": Rule("按“{title}”列读取。", "note"),
    "WB-024": Rule("列的次序与原表不同，已按列名读取。", "note"),
    "WB-025": Rule("这一列不是原表的列，没有读取。", "note"),
    "WB-026": Rule("列“{title}”出现了两次，分不清以哪一列为准。请只留一列。"),
    "WB-027": Rule("缺少必填的项目“{title}”。请照所附表格补上这一行。"),
    "WB-028": Rule("按“{title}”一项读取。", "note"),
    "WB-029": Rule("这里不是填写的位置，没有读取。如要上报，请写进表内。", "note"),
    "WB-030": Rule(
        "这里有内容，但认不出是哪一项；原表的“{titles}”没有找到。请照所附表格恢复原来的名称；自己加的内容，请删去。"
    ),
    "WB-038": Rule("内容没有写在“{title}”的填写栏里。请移到 {place} 格。"),
    "WB-039": Rule("“{title}”写了两次，内容不同，分不清以哪个为准。请只留一行。"),
    # which cell
    "WB-031": Rule("合并的单元格分不清是哪几格的内容。请取消合并，逐格填写。"),
    "WB-032": Rule("合并的单元格，已按每一行都填“{value}”读取。", "note"),
    "WB-033": Rule("合计行不读取，合计由系统计算。", "note"),
    "WB-034": Rule("重复的表头行，已跳过。", "note"),
    "WB-035": Rule("表里超过了 {limit} 行，只查到这一行之前。请删去无关的行，只留本次要填的。"),
    "WB-036": Rule("隐藏的行里有内容（共 {count} 行），已照常读取。不报的请取消隐藏后删去。", "note"),
    "WB-037": Rule("隐藏的列“{title}”里有内容，已照常读取。不报的请取消隐藏后删去。", "note"),
    "WB-041": Rule("“{title}”是没有结果的公式。请直接填数，或用 Excel、WPS 打开并保存一次再寄回。"),
    # which row
    "WB-051": Rule("“{title}”由系统填写，已按原来的“{ours}”读取。如原内容有误，请在回信里说明。", "note"),
    "WB-052": Rule("缺少“{title}”为“{key}”的一行。原有的行不能删，请补回；没有进展也要保留。"),
    "WB-053": Rule("原表没有“{title}”为“{key}”的一行。这张表不能加行，请删去，或恢复原来的“{title}”。"),
    "WB-054": Rule("“{title}”与第 {line} 行重复。请核对，一行只写一条，不要重复。"),
    "WB-055": Rule("选了零报告，表里却填了 {count} 行。确有内容请改选“否”，没有请清空各行。"),
    "WB-056": Rule("没有选零报告，表里却一行也没有。没有内容请改选“是”，有请逐行填写。"),
    "WB-057": Rule("“{title}”与第 {line} 行重复，仍按两行读取。", "note"),
    "WB-058": Rule(
        "上次报来的 {count} 行（{title}：{keys}）这次没有，是漏了还是删了？本次按现有各行读取。"
        "漏了的，请把全部各行一起寄回；确实要删的，请在“疑问说明”一栏写明。",
        "query",
    ),
    # how a problem goes on
    "PL-001": Rule(
        "这一条上次报的是“{before}”，不能改报“{after}”。已销号的问题复发，请选“反弹”；上次填错的，请在回信里说明。"
    ),
    # files
    "WB-101": Rule("附件是空文件。请打开原文件检查内容，重新添加附件后寄回。"),
    "WB-102": Rule("文件超过 {limit} MB。请删去图片和无关的工作表；佐证材料另行保存，不要放在表里。"),
    "WB-103": Rule(
        "文件展开后过大或压缩得不合常理，常见原因是给整张表的空行都设了格式。请把内容复制到所附的表格里，另存后寄回。"
    ),
    "WB-104": Rule("文件内部的结构不合规矩，可能已经损坏。请用 Excel 或 WPS 打开原文件，另存为新的 xlsx 文件后寄回。"),
    "WB-106": Rule("文件加了密码，打不开。请取消密码后寄回。"),
    "WB-107": Rule("有一张工作表的 {at} 格离表格太远，却有内容。请删去表格以外的行和列，另存后寄回。"),
    "WB-108": Rule("文件损坏或不完整，打不开。请用 Excel 或 WPS 打开原文件检查，另存为 xlsx 后寄回。"),
    "WB-109": Rule("读这个文件用的时间或内存超过了限度。请把内容复制到所附的表格里，另存后寄回。"),
    "WB-110": Rule("文件里的内容太多或太分散，不像本次的表格。请删去表格以外的内容，只留本次要填的表，另存后寄回。"),
    "WB-121": Rule(f"收到的是文本文件，里面没有表格。{USE_ATTACHED}"),
    "WB-122": Rule(
        "收到的是 rar、7z、gz 一类的压缩包，打不开。请解压后，把里面的表格直接作为附件寄回；要压缩请压成 zip。"
    ),
    "WB-123": Rule("收到的是 PDF，不是表格。盖章扫描件可以另附，但 xlsx 表格也要一并寄回。"),
    "WB-124": Rule("收到的是图片，不是表格。盖章扫描件可以另附，但 xlsx 表格也要一并寄回。"),
    "WB-125": Rule(f"收到的是 Word 文档，不是表格。{USE_ATTACHED}"),
    "WB-126": Rule(f"收到的是网页格式的表格，只是名称像 Excel。{SAVE_AS_XLSX}"),
    "WB-127": Rule(f"收到的是二进制工作簿（xlsb）。{SAVE_AS_XLSX}"),
    "WB-128": Rule(f"认不出这是什么文件。{USE_ATTACHED}"),
    "WB-129": Rule(f"收到的是二十多年前的 Excel 格式。{SAVE_AS_XLSX}"),
    "WB-130": Rule(f"收到的是 XML 格式的表格。{SAVE_AS_XLSX}"),
    "WB-131": Rule("收到的是存成文件的邮件（eml、msg）。请打开它，把里面的附件另存出来，直接作为附件寄回。"),
    "WB-132": Rule(f"文本表格里有乱码，认不出是哪种编码。{SAVE_AS_XLSX}"),
    "WB-133": Rule(f"文本表格第 {{line}} 行附近的引号不成对，分不清各格。{SAVE_AS_XLSX}"),
    "WB-134": Rule("压缩包损坏，或内部的结构不合规矩，打不开。请把里面的文件直接作为附件寄回。"),
    "WB-135": Rule("压缩包加了密码，打不开。请解压后，把里面的文件直接作为附件寄回。"),
    "WB-136": Rule("压缩包里的文件太多或展开后太大（限 {count} 个、共 {limit} MB）。请只寄本次要报的文件，不必压缩。"),
    "WB-137": Rule("压缩包里没有文件。请把要报的文件直接作为附件寄回。"),
    "WB-138": Rule("附件被邮箱软件包进了 winmail.dat，取不出来。请用网页邮箱重新添加附件后寄回。"),
    "WB-139": Rule("压缩包里还有压缩包，没有打开。请解压后，把里面的文件直接作为附件寄回。"),
    "WB-140": Rule(
        "邮件里是超大附件或网盘的链接，没有文件；链接我们不打开。请把表格直接作为普通附件寄回，表格一般不到 1 MB。"
    ),
    "WB-141": Rule("同一封邮件里另有更可靠的表格（带编号的，或 Excel 的），以那份为准，这份没有读取。"),
    "WB-142": Rule("压缩包里有 {count} 份表格，分不清要读哪一份。请解压后一份一份地读。"),
    # scores of an inspection
    "SR-001": Rule("总分与各项得分相加不符。请核对各项得分，改正总分；也可以把总分留空，由系统相加。"),
    "SR-002": Rule("各项得分相加是{total}分，标准是：{grades}。请核对得分，或改正等次。"),
    "SR-003": Rule("写了发现问题，但没有填“{title}”。请填要求被查单位整改完成的日期。"),
    "SR-004": Rule("系统比对为“{agreement}”：自查为{told}，检查得{score}分（分值{points}分）。", "note"),
    # reports of incidents
    "IC-001": Rule("分不清这份续报或终报是哪一件事件。请照回执填“事件编号”；第一次报的，报告类型请选首报。"),
    "IC-002": Rule("没有写对事件编号，已并入你单位没有办结的事件 {number}。请核对。", "note"),
    "IC-003": Rule("疑似写了学生姓名。请改写成“学生甲”“学生乙”，姓名对照表留在学校。"),
    "IC-004": Rule("终报还缺：{titles}。请补上再报终报；还没有办结的，报告类型请选续报。"),
    "IC-005": Rule("这件事件已经报过终报，本次接在后面，重新办理。", "note"),
    # pupils' data
    "PD-001": Rule("疑似身份证号。不要写学生和家长的证件号，请删去，人员写成“学生甲”“学生乙”。"),
    "PD-002": Rule("疑似手机号码。不要写学生和家长的电话，请删去，人员写成“学生甲”“学生乙”。"),
    "PD-003": Rule("疑似学籍号。不要写学籍号，请删去，人员写成“学生甲”“学生乙”。"),
    "PD-004": Rule("疑似学生或家长的姓名。请改写成“学生甲”“学生甲的家长”，姓名对照表留在学校。"),
    "PD-005": Rule("像是证件号码，但校验不符，已遮去。是证件号码的请删去；不是的，请换一种写法。", "query"),
    "PD-006": Rule("疑似家庭电话，已遮去。不要写学生和家长的电话，请删去。", "query"),
    "PD-007": Rule("像是写了学生姓名。是姓名的，请改写成“学生甲”“学生乙”；不是的不用改。", "query"),
    "PD-008": Rule("班级加座号或学号能认出是谁。请只写年级，人员写成“学生甲”“学生乙”。", "query"),
}


def structural(
    rule: str, sheet: str = "", cell: str = "", *, found: str = "", expected: str = "", **words: object
) -> Finding:
    """A finding of one of the rules above; ``words`` fill the gaps of its sentence."""
    told = STRUCTURAL[rule]
    remedy = told.sentence.format(**{key: shown(str(word)) for key, word in words.items()})
    return Finding(rule, sheet, cell, found, expected, remedy, told.level)
