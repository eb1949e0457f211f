"""What the inquiries room refuses, by what was asked; each says how to mend it."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class InquiryRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有权限“{permission}”，请由有权限的同事办理。",
        "You lack the permission {permission}: ask a colleague who has it.",
    )
    UNKNOWN_CUSTOMER = T("没有这个客户：{customer}。", "There is no customer {customer}.")
    ERASED = T(
        "这个客户的密钥已销毁，不能再存入内容。",
        "The key of this customer has been destroyed: nothing more can be kept.",
    )
    # bureaus
    UNKNOWN_PRODUCT = T(
        "没有这家机构或这种报告：{bureau} / {product}。请从列表中选择。",
        "There is no report {product} of {bureau}: choose one of the list.",
    )
    NEEDS_PURPOSE = T(
        "请选择查询目的：{purposes}。没有约定的目的不能查询。",
        "Choose what it is for: {purposes}. Without a purpose nothing is asked.",
    )
    NEEDS_LEGAL_BASIS = T("请选择处理依据：{bases}。", "Choose the legal basis: {bases}.")
    PERSON_CONSENT = T(
        "个体工商户背后是自然人：处理依据须为“本人同意”，并附档案中本人的书面同意书。",
        "Behind an individual business stands a person: the basis must be consent, with the "
        "written consent from the file.",
    )
    CONSENT_UNFIT = T(
        "所选同意书不在该客户的档案中，或已撤下、已过期，请另选。",
        "The consent chosen is not in this customer's file, or was withdrawn or has ended: choose "
        "another.",
    )
    NO_CONNECTION = T(
        "尚未配置{zh}的接口（地址与密钥）。请管理员按说明设置，或上传报告文件。",
        "No connection to {en} is set up (address, key): ask the administrator, or upload "
        "the report.",
    )
    BEING_BOUGHT = T(
        "同事正在查询这份报告，请稍候刷新，不要重复购买。",
        "A colleague is asking for this report right now: reload in a moment, so that it is not "
        "paid twice.",
    )
    BUREAU_TROUBLE = T("没有拿到报告。{zh}。", "There is no report. {en}.")
    REPORT_TOO_LARGE = T(
        "报告超过 {most} KB，未存入。请只导出所需的部分。",
        "The report is larger than {most} KB and was not kept: export only the part needed.",
    )
    REPORT_UNREADABLE = T(
        "看不懂这份报告：{zh}。请确认是所选机构的 JSON 原文。",
        "The report can't be read: {en}. Check that it is the unchanged JSON of the bureau chosen.",
    )
    WRONG_COMPANY = T(
        "报告里的统一社会信用代码是 {told}，客户的是 {ours}，未存入。请核对。",
        "The report is about {told}, the customer is {ours}; it was not kept. Check the number.",
    )
    BAD_REPORT_DATE = T("报告日期不能在今天之后。", "The report can't be dated after today.")
    UNKNOWN_REPORT = T(
        "没有这份报告，或不在您的范围内。", "There is no such report within your sight."
    )

    REPORT_CLOSED = T(
        "这份报告的内容已删除，不能再读取。",
        "What this report said has been deleted: it can't be read.",
    )
    UNKNOWN_CONSENT = T(
        "没有凭此同意书查询过，或不在您的范围内。",
        "Nothing was asked under this consent within your sight.",
    )
    CONSENT_PERSON = T(
        "撤回同意须由具名的人登记，系统或接口不能代替。",
        "A named person records this; neither the system nor a key without an owner can.",
    )
    CONSENT_DAY = T(
        "撤回日期不能在今天之后，也不能早于 2000 年。",
        "The day of the withdrawal is not after today, and not before 2000.",
    )
    CONSENT_WORDS = T(
        "请写明怎样撤回、为何撤回，4 至 1000 个字。",
        "Say in 4 to 1000 characters how it was withdrawn, and why.",
    )
    CONSENT_GONE = T("这份同意已经撤回。", "This consent has been withdrawn already.")

    # visits
    UNKNOWN_VISIT = T(
        "没有这次走访，或不在您的范围内。", "There is no such visit within your sight."
    )
    NEEDS_PERSON = T(
        "走访须由具名的人办理，系统或接口不能代替。",
        "A named person does this; neither the system nor a key without an owner can.",
    )
    VISIT_PURPOSE = T(
        "请写明走访目的，2 至 200 个字。", "Say what the visit is for, in 2 to 200 characters."
    )
    VISIT_DAY = T("计划日期须在今天起一年之内。", "Plan it for a day within a year from today.")
    VISITOR_UNFIT = T(
        "走访人和同行人须是在职、能看到该客户的同事，最多 {most} 人同行。",
        "Visitor and companions are active colleagues who may see this customer; at most {most} "
        "companions.",
    )
    NOT_THERE = T(
        "只有走访人和同行人可以填写。", "Only the visitor and the companions fill this in."
    )
    VISIT_STATE = T("这次走访{zh}，不能这样办理。", "This visit {en}: that can't be done any more.")
    UNKNOWN_SECTION = T("走访表里没有这一节：{section}。", "The form has no section {section}.")
    VISIT_ANSWER = T("{zh}。", "{en}.")
    BAD_POSITION = T(
        "位置须是纬度 −90 至 90、经度 −180 至 180。",
        "A position is a latitude from −90 to 90 and a longitude from −180 to 180.",
    )
    VISIT_INCOMPLETE = T("还不能提交，请补上：{zh}。", "Not yet; please add: {en}.")
    VISIT_PHOTOS_FULL = T("一次走访最多 {most} 张照片。", "A visit takes at most {most} photos.")
    NOT_A_PHOTO = T("请选择 JPEG 或 PNG 照片。", "Choose a JPEG or PNG photo.")
    OWN_VISIT = T(
        "走访人和同行人不能复核自己的走访，请由未到场的同事复核。",
        "Those who were there don't review the visit: ask a colleague who was not.",
    )
    NEEDS_STATEMENT = T(
        "请写明复核意见，4 至 1000 个字。",
        "State the outcome of the review in 4 to 1000 characters.",
    )
    VISIT_REASON = T("请写明理由，4 至 1000 个字。", "Give a reason of 4 to 1000 characters.")

    # links
    NO_ENTRY = T(
        "这个网址无效、已过期或已用完。请向给您网址的人要一个新的。",
        "This address is not valid, has expired or was used. Ask whoever gave it to you.",
    )
    BAD_LINK = T(
        "链接的有效期为 1 至 {days} 天，可用 1 至 {uses} 次，备注最多 {note} 个字。",
        "A link lasts 1 to {days} days, for 1 to {uses} uses, with a note of at most {note} signs.",
    )
    LINK_UNIT = T("请选择您所属的业务单元。", "Choose a business unit of your own.")
    UNKNOWN_LINK = T("没有这个链接。", "There is no such link; load the list again.")
    LINK_REVOKED = T("这个链接已经作废。", "This link has been revoked already.")

    # registrations, as the applicant reads them
    CLOSED = T(
        "登记已提交，现在不能更改；如需更正，请联系给您网址的人。",
        "It has been handed in and can't be changed; to correct it, turn to whoever invited you.",
    )
    INCOMPLETE = T(
        "还缺：{zh}。请补齐后再提交。", "Still missing: {en}. Add it and hand it in again."
    )
    NAME_FIRST = T("请先填写企业名称和代码。", "Give the company's name and code first.")
    BOXES_UNTICKED = T(
        "请逐项勾选必需的同意事项后再提交。", "Tick the required consents before you hand it in."
    )
    NOTICE_CHANGED = T(
        "告知内容已更新，请重新阅读并勾选。", "The notice has changed: read it again and tick anew."
    )
    PAPERS_FULL = T(
        "最多上传 {most} 份文件、共 {mega} MB；请联系给您网址的人。",
        "At most {most} papers and {mega} MB in all: turn to whoever invited you.",
    )
    PAPER_KIND = T("请选择文件的种类。", "Choose what kind of paper it is.")
    UNKNOWN_PAPER = T("没有这份文件，可能已删除。", "There is no such paper; it may be gone.")
    BAD_DAY = T("执照有效期请填日期，例如 2030-12-31。", "Write the licence's end as 2030-12-31.")

    # registrations, as we read them
    NAMED_PERSON = T(
        "此事须由具名的人办理，系统或接口不能代替。",
        "A named person decides; neither the system nor a key without an owner can.",
    )
    UNKNOWN_REGISTRATION = T("没有这份登记。", "There is no such registration.")
    NOT_SUBMITTED = T(
        "这份登记现在没有待办事项，可能同事已处理。",
        "This registration waits for nothing; a colleague may have decided it.",
    )
    OWN_LINK = T(
        "链接是您自己发出的，请由另一位同事决定。",
        "You made the link yourself: another colleague decides.",
    )
    UNVERIFIED = T(
        "以下内容还没有核验：{zh}。请先在核验队列中办理。",
        "These are not verified yet: {en}. Do so in the verification queue first.",
    )
    REASON_FOR_APPLICANT = T(
        "请用 4 至 1000 个字说明理由，申请人会读到。",
        "Give a reason of 4 to 1000 characters; the applicant reads it.",
    )

    # references
    BAD_REQUEST = T(
        "请填写对方单位、用途（最多 200 字），截止日在今天之后、{days} 天之内。",
        "Name the company asked, the purpose (200 signs) and a last day within {days} days.",
    )
    NOT_AGREED_TO = T(
        "该客户登记时没有同意向第三方询问。请先征得书面同意，并注明同意书在哪里。",
        "When it registered, the customer did not agree that third parties are asked: obtain its "
        "consent in writing first, and say where it is written.",
    )
    UNKNOWN_REFERENCE = T("没有这份资信询问。", "There is no such reference.")
    REFERENCE_DONE = T(
        "这份询问已经答复、谢绝或撤回。", "It has been answered, declined or withdrawn already."
    )
    UNANSWERED = T("请回答：{zh}。", "Please answer: {en}.")
    NOT_OFFERED = T("请从选项中选择。", "Choose one of the answers offered.")
    NOT_ANSWERED = T("还没有答复，不能审阅。", "There is no answer to review yet.")
    REVIEWED = T("这份答复已经审阅。", "This answer has been reviewed already.")
    OWN_REQUEST = T(
        "询问是您自己发出的，请由另一位同事审阅。",
        "You asked for it yourself: another colleague reviews it.",
    )
    TOO_MANY_ASKED = T(
        "该客户已有 {most} 份未答复的询问，请先撤回一些。",
        "{most} references of this customer wait for an answer: withdraw some first.",
    )
