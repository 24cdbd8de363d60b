"""The demo's reply templates: the district's for all, and the law enforcement bureau's own."""

from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.casework.services import ReplyWords

DISTRICT = (
    ReplyWords(
        name="已办结（通用）",
        use="answer",
        words="您好！您于{{反映日期}}反映的{{地点}}{{事项类别}}问题（编号{{受理编号}}）已由{{承办单位}}办结。\n"
        "办理情况：（请写明做了什么、何时完成）\n如仍有问题，可在十个工作日内凭回执要求重办。\n{{本单位}}，{{今天}}",
        words_en="Your report of {{reported}} about {{category}} in {{place}} (code {{number}}) has been dealt with by "
        "{{handler_organisation}}.\nWhat was done: (please say what, and when)\nIf it is not settled, you may ask with your "
        "receipt to have it reopened within ten working days.\n{{organisation}}, {{today}}",
    ),
    ReplyWords(
        name="已列入计划，分步解决",
        use="answer",
        words="您好！您反映的{{地点}}{{事项类别}}问题（编号{{受理编号}}），{{承办单位}}已到现场核实，需要分步解决。\n"
        "已完成：（请写明）\n下一步：（请写明内容、责任单位和完成日期）\n进展会在本页更新。{{本单位}}，{{今天}}",
    ),
    ReplyWords(
        name="不属本单位职责",
        use="return",
        words="经核对权责清单，{{地点}}的{{事项类别}}事项（编号{{受理编号}}）不属{{本单位}}职责，建议由（请写明单位）办理，"
        "依据见所引条目。现场情况：（请写明）",
    ),
    ReplyWords(
        name="请补充地点或照片",
        use="message",
        words="您好！您反映的{{事项类别}}问题（编号{{受理编号}}）我们已开始办理，但现有描述还找不到具体位置。"
        "请在查询页补充楼号、门牌附近的标志物或一张照片，补充后计时继续。{{本单位}}",
        words_en="We have begun to look at what you reported (code {{number}}), but cannot find the exact place yet. Please add "
        "a building, a landmark or a photo on the page of your receipt; the clock then runs again. {{organisation}}",
    ),
    ReplyWords(
        name="到窗口办理需带的材料",
        use="message",
        words="您咨询的事项可在{{地点}}便民服务窗口办理，请带身份证原件和（请写明材料）。"
        "行动不便的可以预约上门。{{本单位}}",
    ),
)
OWN = (
    ReplyWords(
        name="占道堆物已清理",
        use="answer",
        category="environment",
        words="您好！您反映的{{地点}}占道堆物问题（编号{{受理编号}}），{{本单位}}队员已于{{今天}}到场，责令当事人当场清理，"
        "人行道已恢复通行。一周内我们会再去看一次。",
    ),
    ReplyWords(
        name="夜间施工噪声已制止",
        use="answer",
        category="noise",
        words="您好！您反映的{{地点}}夜间施工噪声（编号{{受理编号}}），{{本单位}}已到现场制止，并告知施工方夜间作业须先取得证明。"
        "再次发生时请拨打值班电话，我们即时到场。",
    ),
    ReplyWords(
        name="物业内部事项，退回",
        use="return",
        words="现场核实为小区共用部位维修，属物业服务范围，不属{{本单位}}执法事项；建议由住建部门督促物业办理。",
    ),
)


def make_replies(*, handler: Actor, now: datetime) -> None:
    """Through the verbs; once: a second call finds them. The bureau has used its own a few times."""
    district = installation().district_code
    system = Actor(kind="system", organisation_code=district)
    bureau = Actor(kind="system", organisation_code=handler.organisation_code)
    if casework.reply_templates_for(handler, now=now):
        return
    for wanted in DISTRICT:
        services.make_reply_template(actor=system, wanted=wanted, for_all=True, now=now)
    for wanted in OWN:
        services.make_reply_template(actor=bureau, wanted=wanted, now=now)
    rows = casework.cases_for(handler, size=5).rows
    for n, card in enumerate(casework.reply_templates_for(handler, now=now)):
        for row in rows[: max(len(rows) - n, 0)]:
            services.use_reply_template(actor=handler, template_id=card.template_id, case_id=row.case_id, now=now)


def make_notes(*, handler: Actor, window: Actor, now: datetime) -> None:
    """A few notes between the bureau and the centre's window, each calling the other; once."""
    if casework.mentions_of(handler)[0]:
        return
    words = (
        "当事人说摊位有街道发的临时许可，请核对一下有没有这份备案。",
        "反映人今早又来电，问什么时候到场，回访前请先告诉我进展。",
        "现场照片已传，店外堆放已清走一半，明早再去看。",
    )
    rows = casework.cases_for(handler, size=len(words)).rows
    for turn, (row, text) in enumerate(zip(rows, words, strict=False)):
        writer, called = (window, handler) if turn < 2 else (handler, window)
        posts = [called.acting_post_id or ""]
        services.write_note(actor=writer, case_id=row.case_id, words=text, post_ids=posts, now=now)
