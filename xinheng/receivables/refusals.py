"""What the receivables room refuses, in order of precedence."""

from enum import Enum

from xinheng.texts import T


class ReceivablesRefusal(Enum):
    NOT_ALLOWED = T("您没有导入单据的权限。", "You are not allowed to record documents.")
    TOO_MANY = T(
        "一次最多 {limit} 行，请拆分文件。", "At most {limit} rows at once: split the file."
    )
    REPEATED_NUMBER = T(
        "单据号 {number} 重复出现，请只保留一行。",
        "Document number {number} appears twice: keep one row.",
    )
    BAD_AMOUNT = T(
        "单据 {number} 的金额不可用：发票不能为 0，收款必须大于 0，订单不能为负。",
        "The amount of {number} can't be used: an invoice is not 0, a receipt is above 0, an order "
        "is not negative.",
    )
    BAD_STATE = T(
        "订单 {number} 的状态“{state}”未知：请用 open、closed 或 cancelled。",
        "Order {number} has the unknown state {state}: use open, closed or cancelled.",
    )
    RESERVED_NUMBER = T(
        "收款号 {number} 以系统保留的前缀开头（settled:、credit:），请改用其他编号。",
        "Receipt number {number} begins with a prefix of ours (settled:, credit:): number it "
        "otherwise.",
    )
    NUMBER_TAKEN = T(
        "单据号 {number} 已属于另一客户或另一币种；请更正编号，或先撤销原先的导入。",
        "Document number {number} belongs to another customer or currency already: correct the "
        "number, or undo the import that brought it.",
    )
