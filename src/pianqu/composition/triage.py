"""What `pianqu triage` does: each act is one verb, and words about it."""

from typing import Any

from django.utils import timezone

from pianqu.composition import chores, learning
from pianqu.rooms.casework import queries, services

REASONS = {
    learning.TOO_FEW: "too few confirmed matters to learn from 已确认的办件太少",
    learning.MISSING: "scikit-learn is not installed here (extra “insight”) 未安装 scikit-learn",
    learning.BROKEN_OFF: "broken off 训练中断",
}


def train(*, waiting_only: bool = False) -> tuple[str, int]:
    """Learn what somebody asked for, or ask and learn."""
    actor = chores.system_actor()
    model_id = queries.model_to_learn()
    if model_id is None and waiting_only:
        return "Nobody asked for a model. 没有待训练的申请。\n", 0
    model_id = model_id or services.ask_for_training(actor=actor, now=timezone.now())
    done = learning.learn(model_id, actor=actor)
    if not done.version:
        return (
            f"No model: {REASONS.get(done.reason, done.reason)}; {done.matters} matters. What suggested before goes on.\n",
            1,
        )
    state = "it suggests from now on 已启用" if done.in_use else "kept, not better than what is in use 已保存，未启用"
    return f"Version {done.version} from {done.matters} matters: {state}.\n{figures(done.card or {})}", 0


def status() -> tuple[str, int]:
    """What works and what is kept."""
    found = queries.triage_for(chores.system_actor(), now=timezone.now())
    lines = [
        f"In use 在用: {found.working or 'the shipped list 自带词表'}; confirmed matters 已确认办件: {found.confirmed}\n"
    ]
    for one in found.models:
        name = f"version {one.version}" if one.version else REASONS.get(one.reason, one.state)
        broken = "" if one.is_readable or not one.version else " · FILE MISSING OR CHANGED 文件缺失或被改动"
        lines.append(f"{name} · {timezone.localtime(one.asked_at):%Y-%m-%d %H:%M} · {one.matters} matters{broken}\n")
        lines.append(figures(one.card))
    return "".join(lines), 0


def use(version: int) -> tuple[str, int]:
    """Let a version suggest."""
    services.choose_model(actor=chores.system_actor(), version=version, now=timezone.now())
    return f"In use 在用: {version or 'the shipped list 自带词表'}\n", 0


def figures(card: Any) -> str:
    """One line for each question of a model."""
    heads = card.get("heads", {})
    return "".join(
        f"  {what}: macro-F1 {one['macro_f1']:.3f}, top three {one['top3']:.3f}, calibration error {one['ece']:.3f}, "
        f"sure for {one['coverage']:.0%} (from {one['threshold']:.2f})\n"
        for what, one in heads.items()
    )
