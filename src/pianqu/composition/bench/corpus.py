"""Synthetic words of residents: few things are said often, most seldom, and some names occur once.

Frequencies follow Zipf's law, as in real text (Manning, Raghavan, Schütze, Introduction to Information Retrieval, 5.1.2).
"""

import random
from collections.abc import Sequence
from itertools import accumulate


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


THINGS = _words(
    "路灯 井盖 垃圾桶 电梯 水管 下水道 围墙 护栏 树枝 消防栓 充电桩 停车位 楼道 广告牌 油烟 噪音 公厕 "
    "健身器材 红绿灯 站牌 宠物 摊位 外墙瓷砖 雨棚 信箱 门禁 监控 地下车库 天然气 自来水 暖气 空调外机 "
    "脚手架 建筑垃圾 绿化带 河道 桥栏杆 台阶 盲道 非机动车道 斑马线 公交车 校车 快递柜 菜市场 幼儿园 养老院 "
    "卫生站 图书室 活动室 棋牌室 网吧 烧烤店 洗车店 废品站 工地 渣土车 洒水车 共享单车 电瓶车 流浪狗 老鼠 "
    "蚊子 白蚁 马蜂窝 化粪池 变压器 电线 光缆 路牌 门牌 石墩 减速带 隔离墩"
)
TROUBLES = _words(
    "坏了 松动 没人管 堵住了 漏水 太吵 不亮 倒了 占道 发臭 掉下来了 停了 裂开 生锈 被撞歪 积水 冒烟 "
    "看不清 拆了没装回 一直响 晃得厉害 不让过 乱堆放 没有清运 收费不明 关门太早 开得太晚 吓到孩子 老人摔倒 "
    "挡住视线 影响出行 半夜施工 没有证照 信号不好 短路 塌陷 结冰 渗水"
)
TIMES = _words("三天 昨晚 上周 一个月 今天早上 半夜 雨后 放学时 周末 从去年起 装修以后 台风以后 春节前 好几次")
ENDS = _words(
    "请尽快处理 麻烦看一下 已经反映过 邻居都这么说 孩子睡不着 老人下不了楼 晚上很黑 车压过去很响 希望有答复 谢谢"
)
SIGNS = "金银福德兴旺鑫隆泰和顺祥瑞昌盛宏达永安康宁嘉美佳惠丰裕华荣庆吉元亨利贞春夏秋冬梅兰竹菊松柏云海江河湖山石林东西南北中"
LANES = _words(
    "永丰 槐树 白沙 大闸 慈湖 正大 大庆 人民 中马 新马 日湖 育才 清河 丽江 宝庆 康桥 环城 北岸 青林 "
    "湾头 翠柏 范江岸 通途 风华"
)


class Corpus:
    """Texts by a seed. The n-th text of a seed is always the same."""

    def __init__(self, *, seed: int = 7) -> None:
        self.seed = seed

    def words(self, number: int) -> str:
        """What a resident writes: thirty to sixty signs."""
        dice = random.Random(f"{self.seed}/{number}")
        said = (
            f"{_lane(dice)}{dice.randint(1, 399)}号{_often(dice, THINGS)}{_often(dice, TIMES)}{_often(dice, TROUBLES)}"
        )
        if dice.random() < 0.5:
            said += f"，{_often(dice, THINGS)}也{_often(dice, TROUBLES)}"
        if dice.random() < 0.3:
            said += f"，在{''.join(dice.choices(SIGNS, k=dice.choice((2, 3, 3, 4))))}店门口"
        return f"{said}，{_often(dice, ENDS)}"

    def landmark(self, number: int) -> str:
        """Where it is, for one in three."""
        dice = random.Random(f"{self.seed}/{number}/landmark")
        return f"{_lane(dice)}{dice.randint(1, 60)}幢" if dice.random() < 1 / 3 else ""


def _lane(dice: random.Random) -> str:
    return f"{_often(dice, LANES)}{dice.choice(('路', '街', '巷', '弄'))}"


_WEIGHTS = list(accumulate(1 / rank for rank in range(1, 200)))


def _often(dice: random.Random, words: Sequence[str]) -> str:
    """The first words often, the last seldom."""
    return dice.choices(words, cum_weights=_WEIGHTS[: len(words)])[0]
