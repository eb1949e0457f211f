"""What states, kinds and readings of models are called, with the tone in which they are shown."""

from __future__ import annotations

from typing import Final

from xinheng.texts import T

KINDS: Final = {
    "scorecard": T("评分卡", "Scorecard"),
    "boosting": T("梯度提升", "Boosted trees"),
}
STATES: Final = {
    "draft": (T("草稿", "Draft"), "quiet"),
    "proposed": (T("待决定", "Proposed"), "watch"),
    "challenger": (T("挑战者", "Challenger"), "within"),
    "champion": (T("现行", "Champion"), "within"),
    "retired": (T("已停用", "Retired"), "quiet"),
    "refused": (T("未采纳", "Refused"), "act"),
}
PLACES: Final = {
    "challenger": T("挑战者：并行评分，不作决定", "Challenger: scores beside, decides nothing"),
    "champion": T("现行模型：从下一次评估起使用", "Champion: used from the next assessment on"),
}
TRAININGS: Final = {
    "waiting": (T("等待中", "Waiting"), "watch"),
    "running": (T("训练中", "Under way"), "watch"),
    "done": (T("完成", "Done"), "within"),
    "failed": (T("未能训练", "Failed"), "act"),
}
SOURCES: Final = {"file": T("文件", "File"), "own_book": T("自有账本", "Own book")}
COLUMN_KINDS: Final = {
    "number": T("数值", "Number"),
    "words": T("类别", "Words"),
    "aside": T("不用", "Aside"),
}
# How a whole IV is read (reference 2.2).
READINGS: Final = {
    "none": (T("无区分", "none"), "quiet"),
    "weak": (T("弱", "weak"), "quiet"),
    "medium": (T("中", "medium"), "within"),
    "strong": (T("强", "strong"), "within"),
    "suspicious": (T("偏高，查泄漏", "suspicious: a leak?"), "watch"),
}
SHIFTS: Final = {
    "stable": (T("稳定", "stable"), "within"),
    "watch": (T("留意", "watch"), "watch"),
    "shift": (T("偏移", "shift"), "act"),
}
VIEWS: Final = {
    "report": T("检验报告", "Validation"),
    "card": T("评分卡", "Card"),
    "bins": T("分箱", "Bins"),
}


def protocol_words(protocol: str) -> T:
    """How the trial's rows were kept away from training, in both languages. What learning says is
    English and fixed.
    """
    if protocol.startswith("out of time"):
        count = protocol.split(" rows")[0].rpartition("newest ")[2].replace(" of ", " / ")
        parts = [T("按时间检验：最新 {count} 行", protocol).format(count=count)]
        if "no customer both" in protocol:
            parts.append(T("同一客户不同时用于训练和检验", protocol))
    elif protocol.startswith("5-fold"):
        parts = [T("五折交叉检验，各折分别学习", protocol)]
        if "grouped" in protocol:
            parts.append(T("同一客户只在一折", protocol))
    else:
        parts = [T("模型未见过的样本", protocol)]
    if "calibrated" in protocol:
        parts.append(T("概率在其他折上校准", protocol))
    return T("，".join(part.zh for part in parts), protocol)
