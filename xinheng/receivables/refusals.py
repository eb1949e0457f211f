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
        "单据 {number} 的金额不可用：发票和发货不能为 0，收款、票据和保函须大于 0，订单不能为负。",
        "The amount of {number} can't be used: an invoice or a delivery is not 0, a receipt, a "
        "bill or a guarantee is above 0, an order is not negative.",
    )
    BAD_STATE = T(
        "单据 {number} 的状态或种类“{state}”未知：请用 {known}。",
        "Document {number} has the unknown state or kind {state}: use {known}.",
    )
    RESERVED_NUMBER = T(
        "收款号 {number} 以系统保留的前缀开头（settled:、credit:、bill:），请改用其他编号。",
        "Receipt number {number} begins with a prefix of ours (settled:, credit:, bill:): number "
        "it otherwise.",
    )
    NUMBER_TAKEN = T(
        "单据号 {number} 已属于另一客户或另一币种；请更正编号，或先撤销原先的导入。",
        "Document number {number} belongs to another customer or currency already: correct the "
        "number, or undo the import that brought it.",
    )
    ORDER_OF_ANOTHER = T(
        "单据 {number} 与同一订单号下另一客户或另一币种的单据矛盾；请更正订单号、客户或币种。",
        "Document {number} contradicts one of the same order that belongs to another customer or "
        "currency: correct the order number, the customer or the currency.",
    )
    REVISION_REUSED = T(
        "单据 {number} 的版本号已收到过，但内容不同；请以更高的版本号重新发送。",
        "Document {number} came with this revision before and with other contents: send it again "
        "with a higher revision.",
    )
    NOT_IN_QUARANTINE = T(
        "隔离区中没有编号为 {item} 的待处理消息；请刷新列表。",
        "No message {item} waits in quarantine; reload the list.",
    )
    NEEDS_REASON = T("请写明理由（4 至 1000 字）。", "State a reason of 4 to 1,000 characters.")
