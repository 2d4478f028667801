"""Sentences as schools write them, made from a seed, with the places where they name a pupil or a parent.

Names come from lists of their own, made apart from those of the product, with signs that it does not know.
"""

import random
from dataclasses import dataclass

from oneledger.domain.name_signs import words

SURNAMES = words("""
    王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 马 朱 胡 郭 何 高 林 罗 郑 梁 谢 宋 唐 许
    韩 邓 冯 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 沈 姚 卢
    姜 崔 钟 谭 陆 汪 范 金 石 廖 贾 夏 韦 付 方 白 邹 孟 熊 秦 邱 江 尹 薛 闫 段
    雷 侯 龙 史 黎 欧阳 司马 上官 陶 贺 顾 毛 郝 龚 邵 万 钱 覃 武 戴 孔 汤 庞 阮
""")
GIVEN = words("""
    浩宇 子轩 梓涵 欣怡 宇航 一诺 雨桐 思远 佳怡 俊杰 志强 秀英 建军 丽娟 晓东 海燕 春梅
    文博 嘉豪 诗涵 可馨 艺涵 奕辰 沐宸 皓轩 铭泽 语嫣 婉清 书瑶 锦程 博涵 瑾萱 芷若 伟 芳
    娜 敏 静 强 磊 洋 勇 艳 杰 涛 明 超 霞 平 刚 蕾 冰 鑫 淼 垚 犇 骞 昶 檬 萌萌
    乐乐 豆豆 天佑 昭阳 知行 望舒 苡沫 筱雅 羽墨 彤彤 佳慧 晨曦 家乐 小龙 小雨 立国 国庆
    玉兰 金凤 凤霞 成龙 飞鸿 少华 振华 学文 兴旺 玉婷 丹丹 婷婷 圆圆 团团 跃进 卫东 红梅
    德胜 加林 三多 二喜 丫丫 皓月 星辰 安琪 露露
""")

CERTAIN = words("""
学生{0}多次离校
学生{0}在走廊推搡同学
受害学生{0}被打，已送医
与同学{0}发生口角
{0}同学午休时被人起外号
{0}的家长到校反映情况
学生家长{0}不配合处理
被欺凌者{0}情绪低落
施暴者{0}、{1}已批评教育
涉及人员：{0}、{1}、{2}
女生{0}称被孤立
男生{0}和{1}在操场打架
{0}殴打{1}，老师及时制止
{0}与{1}发生矛盾，已调解
八年级学生{0}，情况已了解
{0}（男，13岁）长期受排挤
姓名：{0}
住宿生反映学生{0}索要财物
班主任王老师与学生{0}谈话
经查，学生{0}、{1}和{2}参与此事
{0}的父亲表示谅解
其子{0}，在校内受伤
对学生{0}进行心理辅导
学生“{0}”被起侮辱性外号
已联系{0}的母亲
""")
DOUBTFUL = words("""
初二3班{0}被排挤
三年级{0}，性格内向
昨日{0}辱骂他人
有人看见{0}打了一名学生
""")
BARE = words("""
{0}午休时在宿舍哭泣
放学后{0}没有回家
昨天下午{0}、{1}逃课
了解到{0}心情不好
""")
HARMLESS = words("""
学生{x}甲与学生乙发生口角
学生张某某多次离校
王某与李某打架，已调解
班主任{0}负责
德育主任{0}牵头整改
由{0}老师负责课间巡查
校长{0}带班
{0}校长主持召开专题会
宿管{0}每晚查寝
学生高度重视，积极参加
学生向老师反映情况
学生何时到校没有登记
高一学生宿舍无值守
学生安全教育不到位
学生家长联系不及时
高年级同学欺负低年级同学的苗头
双方家长已达成谅解
同学之间起外号
学生时间观念不强
对学生管理不严
学生马上放学时无人值守
学生任何时候都能求助
与家长沟通不够
部分学生成绩下滑后情绪焦虑
女生宿舍门锁损坏
男生厕所是监控盲区
走读生上下学路段无人护送
七年级张老师每日巡查
班主任于每周一召开班会
学生和家长不了解举报电话
被欺凌学生心理辅导不到位
学生关系紧张
学生冷静期未设置
班级安全员未配备
学生左右两侧楼梯拥挤
同学余下时间无人看管
学生计划外出未登记
孩子成长档案不全
学生明显不足
实施者家长未到场
家长于当日到校
当事人左某某已批评教育
学生文明礼仪教育薄弱
学生花钱请客的现象
学生方某与同学李某发生争执
三年级高度重视
值班领导{0}每日登记
法治副校长{0}每学期讲课两次
心理教师{0}负责辅导
校医{0}负责登记
""")


@dataclass(frozen=True)
class Sentence:
    text: str
    names: tuple[str, ...]  # of pupils and parents


def corpus(kind: tuple[str, ...], count: int, seed: int) -> list[Sentence]:
    random_ = random.Random(f"{seed}/{kind[0]}")
    found = []
    for number in range(count):
        pattern = kind[number % len(kind)]
        names = [random_.choice(SURNAMES) + random_.choice(GIVEN) for _ in range(3)]
        used = tuple(name for place, name in enumerate(names) if f"{{{place}}}" in pattern)
        found.append(Sentence(pattern.format(*names, x=""), used if kind is not HARMLESS else ()))
    return found
