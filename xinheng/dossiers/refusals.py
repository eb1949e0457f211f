"""What the dossiers room refuses, in order of precedence."""

from enum import Enum

from xinheng.texts import T


class DossierRefusal(Enum):
    NOT_ALLOWED = T("您没有导入财务报表的权限。", "You are not allowed to record statements.")
    TOO_MANY = T(
        "一次最多 {limit} 份报表，请拆分文件。", "At most {limit} statements: split the file."
    )
    REPEATED = T(
        "客户 {customer} 截至 {period_end} 的 {currency} 报表重复出现，请只保留一份。",
        "The {currency} statement of {customer} to {period_end} appears twice: keep one.",
    )
    INCOMPLETE = T(
        "客户 {customer} 截至 {period_end} 的报表缺少资产总计或负债合计，请补齐。",
        "The statement of {customer} to {period_end} lacks total assets or total liabilities: add "
        "them.",
    )
    UNBALANCED = T(
        "客户 {customer} 截至 {period_end} 的报表不平：资产总计减负债合计减所有者权益等于 "
        "{difference} {currency}，请核对三项数字。",
        "The statement of {customer} to {period_end} does not balance: assets less liabilities "
        "less equity is {difference} {currency}; check the three figures.",
    )
    UNKNOWN_LINE = T(
        "客户 {customer} 截至 {period_end} 的报表有不认识的行：{lines}。请用模板里的行名。",
        "The statement of {customer} to {period_end} has unknown lines: {lines}. Use the "
        "template's names.",
    )
    MISSING_LINES = T(
        "客户 {customer} 截至 {period_end} 的报表缺少：{zh}，请补齐。",
        "The statement of {customer} to {period_end} lacks {en}: add them.",
    )
    DOES_NOT_FOOT = T(
        "客户 {customer} 截至 {period_end} 的报表不平：{zh}。请核对这些行。",
        "The statement of {customer} to {period_end} does not add up: {en}. Check these lines.",
    )
    BAD_STATEMENT = T(
        "请核对：报表日期不能在今天之后，月数 1 至 24，审计意见从列表中选，"
        "会计师事务所最多 120 字，来源必填（120 字以内）。",
        "Check these: the period can't end after today, 1 to 24 months, an audit opinion of the "
        "list, at most 120 characters of auditor, and the source (at most 120 characters).",
    )
    STATEMENT_DOCUMENT = T(
        "作为依据的文件不在这个客户的档案里，或已撤下，请重新选择。",
        "The document is not in this customer's file, or was withdrawn: choose another one.",
    )
    STATEMENT_KNOWN = T(
        "现有的报表已是这些数字，没有可保存的变化。",
        "The statement in the file says exactly this already: there is nothing to save.",
    )
    UNKNOWN_STATEMENT = T(
        "没有编号为 {statement} 的待核验报表，或已核验、已被更新。",
        "No statement {statement} waits to be verified: it was verified or succeeded.",
    )
    BAD_STATEMENT_CHECK = T("请选择核验方式。", "Choose how it was verified.")
    # facts
    FACTS_NOT_ALLOWED = T(
        "您没有权限“{permission}”，请由有权限的同事办理。",
        "You lack the permission {permission}: ask a colleague who has it.",
    )
    NEEDS_PERSON = T(
        "核验须由具名的人办理，系统或接口不能代替。",
        "A named person verifies; neither the system nor a key without an owner can.",
    )
    UNKNOWN_CUSTOMER = T("没有这个客户：{customer}。", "There is no customer {customer}.")
    UNKNOWN_FIELD = T(
        "没有名为“{field}”的档案字段，请从字段表中选择。",
        "The file has no field {field}: choose one of the catalogue.",
    )
    BAD_VALUE = T("字段“{field}”：{zh}。", "{field}: {en}.")
    BAD_SOURCE = T(
        "请填写来源（60 字以内）和来源可靠性 A、B、C 或 D；依据编号最多 200 字。",
        "Name the source (at most 60 characters) and its reliability A, B, C or D; evidence takes "
        "at most 200 characters.",
    )
    BAD_DATES = T(
        "日期不对：取得日不能在今天之后，有效期的末日不能早于首日。",
        "The dates are wrong: it can't be observed after today, nor end before it begins.",
    )
    NEEDS_BASIS = T(
        "个人信息须注明处理依据，请从 {bases} 中选一项。",
        "A person's details need a legal basis: choose one of {bases}.",
    )
    UNKNOWN_FACT = T(
        "没有编号为 {fact} 的待办信息，或已经处理。",
        "No fact {fact} waits here, or it has been dealt with.",
    )
    OWN_ENTRY = T(
        "录入人、核验人和复核人须是不同的人，请由另一人办理。",
        "Who enters, who verifies and who reviews are different persons: ask another one.",
    )
    BAD_CHECK = T(
        "请说明核验方式（{hows}）和把握程度（0 至 100）。",
        "Say how it was verified ({hows}) and how sure you are (0 to 100).",
    )
    NEEDS_REASON = T("请写明理由，4 至 1000 个字。", "Give a reason of 4 to 1000 characters.")
    UNKNOWN_CONFLICT = T(
        "没有编号为 {conflict} 的待处理来源冲突。", "No conflict {conflict} is open."
    )
    NOT_AMONG_THEM = T(
        "信息 {fact} 不在冲突之中，请从现有的几项中选择。",
        "Fact {fact} is not among those that disagree: choose one of them.",
    )
    QUEUE_FULL = T(
        "该客户已有 {limit} 项信息等待核验，请先处理。",
        "{limit} facts of this customer wait already: deal with them first.",
    )
    TOO_MANY_FACTS = T(
        "一次最多 {limit} 项信息，请拆分。", "At most {limit} facts at once: split them."
    )

    # documents: who, then the file, then what is told about it
    DOCUMENT_NOT_ALLOWED = T(
        "您没有权限（{permission}）。请有此权限的同事办理。",
        "This takes the permission {permission}; ask a colleague who has it.",
    )
    DOCUMENT_CUSTOMER = T(
        "没有这个客户，或不在您的范围内。", "There is no such customer within your sight."
    )
    DOCUMENT_UNKNOWN = T(
        "没有这份文件，或不在您的范围内。", "There is no such document within your sight."
    )
    UPLOAD_EMPTY = T(
        "没有选择文件，或文件是空的。请选择一个文件。", "No file, or an empty one: choose a file."
    )
    UPLOAD_TOO_LARGE = T(
        "文件超过 {most} MB。请压缩扫描分辨率或拆成几份。",
        "The file is larger than {most} MB: scan at a lower resolution or split it.",
    )
    UPLOAD_TYPE = T(
        "这是{zh}，不能存档。请存为 PDF、JPEG、PNG、CSV 或 XLSX 再上传。",
        "This is {en}, which is not kept: save it as PDF, JPEG, PNG, CSV or XLSX.",
    )
    UPLOAD_MARKUP = T(
        "这是 SVG、网页或其他标记文件，可能带脚本，不能存档。请打印为 PDF 或存为 PNG。",
        "This is SVG, a web page or other markup, which can carry scripts: print it to PDF or save "
        "it as PNG.",
    )
    UPLOAD_ENDING = T(
        "文件内容是 {form}，但文件名不是。若内容无误，请改名为 {ending} 结尾。",
        "The content is {form} but the name says otherwise: if the content is right, let the name "
        "end in {ending}.",
    )
    UPLOAD_CUT = T(
        "这份 {form} 不完整或已损坏。请重新导出或扫描，能打开后再上传。",
        "This {form} is cut off or damaged: export or scan it again, and open it once to check.",
    )
    UPLOAD_MIXED = T(
        "这份 {form} 的前后还藏着别的内容。请重新另存为一份干净的 {form}。",
        "Something else stands before or after this {form}: save it anew as a {form} of its own.",
    )
    UPLOAD_LOCKED = T(
        "文件已加密，无法检查。请去掉密码再上传。",
        "The file is encrypted and can't be examined: take the password off.",
    )
    UPLOAD_ACTIVE = T(
        "文件里有{zh}。请打印为 PDF，或另存为不含这些内容的文件。",
        "The file holds {en}: print it to PDF, or save it without.",
    )
    UPLOAD_OPAQUE = T(
        "这份 PDF 的内部结构无法检查。请用打印为 PDF 的方式重新生成。",
        "The inside of this PDF can't be examined: make it anew by printing to PDF.",
    )
    UPLOAD_BOMB = T(
        "文件展开后超过 {most} MB，远大于其本身。请重新导出。",
        "The file unpacks to more than {most} MB, far beyond its size: export it again.",
    )
    UPLOAD_PAGES = T("超过 {most} 页。请拆成几份。", "More than {most} pages: split it.")
    UPLOAD_PIXELS = T(
        "图片为 {size}，最多 {most} 像素、每边 {side}。请缩小后再上传。",
        "The picture is {size}; at most {most} pixels and {side} a side: make it smaller.",
    )
    UPLOAD_TOO_LONG = T("超过 {most} 行。请拆成几份。", "More than {most} lines: split it.")
    UPLOAD_FORMULA = T(
        "第 {line} 行有公式。请只保留数值再保存。",
        "Line {line} holds a formula: save values only.",
    )
    DOCUMENT_KIND = T("请选择文件类别。", "Choose what kind of document it is.")
    DOCUMENT_CLASS = T("请选择密级 1、2 或 3。", "Choose the secrecy class: 1, 2 or 3.")
    DOCUMENT_TITLE = T("请写标题，最多 {most} 个字。", "Give a title of at most {most} characters.")
    DOCUMENT_PERIOD = T(
        "有效期的结束早于开始，请核对两个日期。",
        "The validity ends before it begins: check the two dates.",
    )
    DOCUMENT_KNOWN = T(
        "档案里已有同一份文件（{on} 存入）。如要更改说明，请先撤下那一份。",
        "The same file is there already, since {on}: withdraw that one to describe it anew.",
    )
    DOCUMENTS_FULL = T(
        "这个客户已有 {most} 份文件。请先撤下不再需要的。",
        "This customer has {most} documents: withdraw what is no longer needed first.",
    )
    DOCUMENT_REASON = T(
        "请写明撤下的理由，5 到 {most} 个字。",
        "Say why it is withdrawn, in 5 to {most} characters.",
    )
    DOCUMENT_WITHDRAWN = T(
        "这份文件已撤下，不再提供。", "This document has been withdrawn and is given out no more."
    )
    DOCUMENT_ERASED = T(
        "这份文件的密钥已销毁，内容无法再读出。",
        "The key of this document has been destroyed: its content can't be read any more.",
    )
    DOCUMENT_DAMAGED = T(
        "存档内容与存入时的指纹不符，未予提供。请告知管理员并从备份恢复。",
        "The stored content is not what was filed, so it was not given out: tell the administrator "
        "and restore it from a backup.",
    )
