"""Why intake says no, in order of precedence; codes are never reused."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class IntakeRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有“{permission}”权限，请让管理员为您的角色添加。",
        "You lack the permission {permission}; ask an administrator to add it to your role.",
    )
    BATCH_UNKNOWN = T(
        "没有编号为 {batch} 的导入批次；请在“导入”页查看批次编号。",
        "There is no import batch {batch}; see the Imports page for the batch numbers.",
    )
    BATCH_NOT_DONE = T(
        "批次 {batch} 的状态是“{state}”，只有已完成的批次可以撤销。",
        "Batch {batch} is {state}; only a finished batch can be undone.",
    )
    CHANGED_LATER = T(
        "批次 {batch} 不能撤销：其中 {count} 条记录后来又被批次 {later} 修改；"
        "请先撤销批次 {later}。",
        "Batch {batch} can't be undone: {count} of its records were changed by batch {later}; "
        "undo batch {later} first.",
    )
    CHANGED_BY_HAND = T(
        "批次 {batch} 不能撤销：其中 {count} 条记录后来被修改过，例如客户 {example}。",
        "Batch {batch} can't be undone: {count} of its records were edited since, "
        "for example customer {example}.",
    )
    TRIAL_GONE = T(
        "试算 {batch} 已不在（已导入、已取消或仍在进行）；请刷新页面，必要时重新上传文件。",
        "Trial {batch} is no longer there (imported, withdrawn or still under way); "
        "reload the page, and upload the file again if need be.",
    )
