"""Why samples, trainings and models refuse; each says how to mend it. Codes are never reused."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class ModelRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有权限“{permission}”，请由有权限的同事办理。",
        "You lack the permission {permission}: ask a colleague who has it.",
    )
    NAMED_PERSON = T(
        "须由具名的人办理，系统或没有所有者的接口不能代替。",
        "A named person does this; neither the system nor a key without an owner can.",
    )
    BAD_NAME = T("请用 2 至 {most} 个字起一个名称。", "Give it a name of 2 to {most} characters.")
    TOO_LARGE = T("文件最大 {most} MB。", "A file of at most {most} MB is taken.")
    FILE = T("{zh}", "{en}")
    UNKNOWN_SAMPLE = T("没有这个样本。", "There is no such sample.")
    NOT_DRAWN = T(
        "样本尚未取好，请稍候再训练。", "The sample is not drawn yet: wait a moment, then train."
    )
    UNKNOWN_KIND = T("只能训练：{kinds}。", "What can be trained: {kinds}.")
    UNKNOWN_COLUMN = T("样本里没有列 {columns}。", "The sample has no column {columns}.")
    ASKED_ALREADY = T(
        "同样的训练已在等待或进行中。", "The same training is already waiting or under way."
    )
    UNKNOWN_MODEL = T("没有这个模型。", "There is no such model.")
    REASON = T("请用 5 至 {most} 个字说明理由。", "Give a reason of 5 to {most} characters.")
    NOT_A_DRAFT = T(
        "只有草稿或挑战者可以提议；这个模型是“{state}”。",
        "Only a draft or a challenger can be proposed; this model is {state}.",
    )
    ONLY_CARDS = T(
        "只有评分卡可以成为现行模型；梯度提升模型只作挑战者。",
        "Only a scorecard can become the champion; boosted trees serve as challengers.",
    )
    NOT_PROPOSED = T("这个模型没有待决的提议。", "Nothing is proposed for this model.")
    OWN_MODEL = T(
        "训练或提议模型的人不能自己决定，请由另一位同事决定。",
        "Who made or proposed the model can't decide on it: another person does.",
    )
    WRONG_WAY = T(
        "特征 {keys} 的分值方向与常识相反（越差得分越高），不能作为现行模型。",
        "By {keys} the card gives more points for being worse: it can't be the champion.",
    )
    NOTHING_SUPPLIED = T(
        "评估时没有人提供 {keys}：不能作为现行模型，可作挑战者。",
        "Nobody supplies {keys} when customers are assessed: it can serve as a challenger only.",
    )
    WEAK = T(
        "检验 AUC 的下限 {low} 低于 0.60：不能作为现行模型。",
        "The AUC in the trial may be as low as {low}, below 0.60: it can't be the champion.",
    )
    NOT_IN_USE = T(
        "只有挑战者可以停用；现行模型由下一个现行模型替换。",
        "Only a challenger is retired; a champion is replaced by the next one.",
    )
