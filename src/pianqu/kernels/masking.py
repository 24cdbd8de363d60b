"""What points at a person in a text is taken out before anything is learned from it or weighed in it.

Problem: people write names, telephone numbers, identity numbers and number plates into what they report; a model must neither
learn from them nor show them as its reason.
Method: spans are found by shape (mail addresses, links, plates, any run of letters with digits or of five digits and more, in
wide signs too, or of seven numerals said in words) and by what stands beside a name: a family name before 先生, 女士, 某 … or
behind 我叫, 姓名, 联系人 …; a common one that begins a clause or follows 投诉, 隔壁, 邻居 … where 的, 家, 在 … comes after the
name; 老 and 小 with a common one; Mr and Ms in English. A span becomes a gap: no feature reaches across it. What no rule finds
is caught behind: a model keeps only what several matters say (`kernels.triage`).
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
_COMMON = (
    "王李张刘陈杨赵吴周徐孙朱胡郭何罗郑梁谢宋唐许韩冯邓曹彭曾肖蒋蔡余杜魏吕丁任沈姚卢崔钟谭陆汪"
    "廖贾邹孟秦邱薛侯贺顾郝龚邵严覃戴俞裘励虞"
)
"""Family names that seldom begin another word."""
_WORDS = (
    "周边|周末|周围|周[一二三四五六日天年期]|许多|许久|何时|何人|何处|何必|何况|胡乱|胡同|张贴|张开|陈旧|陈列|杨树|杨梅|杨絮|孙子|孙女|谢谢|曾经|朱红|"
    "余额|余下|任何|任意|任务|任由|秦皇|侯车|贺卡|顾客|严重|严禁|严格|严管|严打|戴口|郭外|丁字|徐徐|罗列|宋体|唐突|钟表|梁柱|刘海"
)
"""Words that begin as a family name does."""
_LEAD = (
    "投诉",
    "举报",
    "反映",
    "隔壁",
    "邻居",
    "楼上",
    "楼下",
    "对门",
    "对面",
    "丈夫",
    "妻子",
    "老公",
    "老婆",
    "同事",
    "房主",
)
_LEADS = "|".join((r"\A", r"(?<=[^\u4e00-\u9fff\n])", *(f"(?<={word})" for word in _LEAD)))
_HIS = "的|家|在|和|与|跟|说|讲|打|骂|违|占|养|每|总|经常|天天|把|将|用|不|没|私|乱|偷|半夜|又|也"
_SAID = "〇零一二三四五六七八九幺两"
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
            rf"(?:{_LEADS})(?!{_WORDS})[{_COMMON}](?!家)[\u4e00-\u9fff]{{1,2}}?(?={_HIS})",
            rf"(?:(?<=投诉)|(?<=举报))(?!{_WORDS})[{_COMMON}][\u4e00-\u9fff]{{1,2}}(?![\u4e00-\u9fff])",
            rf"[老小][{_COMMON}](?=家|的|养|说|把|总|每|天天|经常|又|在)",
            rf"[{_SAID}]{{7,}}",
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
