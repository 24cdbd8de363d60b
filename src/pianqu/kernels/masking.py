"""What points at a person in a text is taken out before anything is learned from it or weighed in it.

Problem: people write names, telephone numbers, identity numbers and number plates into what they report; a model must neither
learn from them nor show them as its reason.
Method: spans are found by shape (mail addresses, links, plates, any run of letters with digits or of five digits and more, in
wide signs too) and by what stands beside a name: a family name before 先生, 女士, 某 … or behind 我叫, 姓名, 联系人 …, Mr and
Ms in English. A span becomes a gap: no feature reaches across it. What no rule finds is caught behind: a model keeps only
what several matters say (`kernels.triage`).
Source: plates GA 36-2018; identity numbers GB 11643; the hundred most frequent family names of 公安部's report for 2020 with
the double ones.
Cost: O(length). Guarantee: masked(text) has the length of text, so a place in one is the same place in the other;
masked(masked(x)) = masked(x).
"""

import re

GAP = "\n"
"""Stands for each masked sign: no gram or word holds it."""

_NAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田"
    "董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤应裘励虞俞施项章单柴竺"
)
_FAMILY = f"(?:欧阳|上官|司马|诸葛|司徒|东方|独孤|南宫|夏侯|尉迟|皇甫|公孙|慕容|令狐|[{_NAMES}])"
_TITLES = (
    "先生|女士|小姐|太太|阿姨|大爷|大妈|大姐|大哥|师傅|老师|医生|护士|校长|院长|书记|主任|经理|老板|局长|"
    "科长|队长|警官|律师|同学|某某|某"
)
_NEXT = ("我叫", "名叫", "叫做", "姓名", "户主", "业主", "房东", "租客", "法人")
_NEXT_LONG = ("联系人", "当事人", "投诉人", "举报人", "申请人", "反映人", "本人系", "本人叫", "收件人")
_AFTER = "|".join(f"(?<={word})" for word in (*_NEXT, *_NEXT_LONG))
_PLATE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-Z][ ·•-]?[A-Z0-9]{4,6}[挂学警港澳]?"
_SHAPES = re.compile(
    "|".join(
        (
            r"[\w.+-]+[@＠][\w-]+(?:\.[\w-]+)+",
            r"(?:https?://|www\.)\S+",
            _PLATE,
            r"[+＋]?\d[\d ()-]{5,}[\dXx]",
            r"(?=[A-Za-z]*\d)[A-Za-z0-9]{5,}",
            r"\d{5,}",
            rf"{_FAMILY}(?:[\u4e00-\u9fff]{{0,2}}?)(?={_TITLES})",
            rf"(?:{_AFTER})[：:是为叫 ]{{0,2}}{_FAMILY}[\u4e00-\u9fff]{{1,2}}",
            r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\b\.? +[A-Z][\w'-]+(?: +[A-Z][\w'-]+)?",
            r"(?:(?<=[Mm]y name is )|(?<=\bI am )|(?<=\bnamed )|(?<=\bcalled ))[A-Z][\w'-]+(?: +[A-Z][\w'-]+)?",
        )
    ),
)
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def masked(text: str) -> str:
    """The text with every span that may point at a person as gaps, at the same places. Wide signs are read as narrow ones."""
    return _SHAPES.sub(lambda found: GAP * len(found.group()), narrow(text))


def narrow(text: str) -> str:
    """The text as `masked` reads it: it is equal to that where nothing points at a person."""
    return text.translate(_WIDE)
