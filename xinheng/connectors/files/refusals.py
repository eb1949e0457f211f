"""Why a file can't be taken at all, in order of precedence; codes are never reused.

A bad *row* is not a refusal: it is an error with a reason beside it (errors.py).
"""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class FileRefusal(Enum):
    KIND_UNKNOWN = T(
        "没有“{kind}”这种导入；可用：{kinds}。", "There is no import of {kind}; known: {kinds}."
    )
    NOT_FOUND = T("找不到文件 {name}。", "The file {name} was not found.")
    TOO_LARGE = T(
        "文件超过 {most} MB，请拆分后再导入。",
        "The file is larger than {most} MB; split it and import the parts.",
    )
    TOO_MANY_ROWS = T(
        "文件超过 {most} 行，请拆分后再导入。",
        "The file has more than {most} rows; split it and import the parts.",
    )
    TOO_MANY_COLUMNS = T(
        "文件超过 {most} 列，请删除多余的列。",
        "The file has more than {most} columns; remove those that are not needed.",
    )
    FORMAT_UNKNOWN = T(
        "无法识别文件 {name}；请使用 .csv、.xlsx、.xls，或只含一个 CSV 的 .zip。",
        "The format of {name} is not known; use .csv, .xlsx, .xls or a .zip holding one CSV.",
    )
    DAMAGED = T(
        "文件 {name} 已损坏或有密码，无法读取：请用 Excel 打开后另存再导入。",
        "The file {name} is damaged or has a password; open it in Excel and save it again.",
    )
    ENCODING_UNKNOWN = T(
        "文件既不是 UTF-8 也不是 GB18030（第 {byte} 字节起）；请用 Excel 另存为“CSV UTF-8”。",
        "The file is neither UTF-8 nor GB18030 (from byte {byte}); save it as CSV UTF-8.",
    )
    ZIP_NOT_ONE = T(
        "压缩包里应当只有一个 CSV 或 Excel 文件，现有 {count} 个。",
        "The archive must hold exactly one CSV or Excel file; it holds {count}.",
    )
    EMPTY = T("文件里没有数据行。", "The file has no rows below its header.")
    COLUMNS_MISSING = T(
        "缺少必需的列：{missing}。文件里的表头是：{found}。可改表头，或用列映射指定。",
        "Required columns are missing: {missing}. The headers found: {found}. "
        "Rename a header, or name the columns in a mapping.",
    )
    COLUMN_TWICE = T(
        "有多列都像是“{field}”：{columns}。请用列映射指定其中一列，例如 {field}={first}。",
        "Several columns look like {field}: {columns}. Choose one in a mapping, "
        "for example {field}={first}.",
    )
    MAPPING_WRONG = T(
        "列映射 {part} 有误：应写成 字段=表头；字段可为 {fields}；表头有 {found}。",
        "The mapping {part} is wrong: write field=header; fields: {fields}; headers: {found}.",
    )
    DATE_ORDER_NEEDED = T(
        "“{column}”列的日期（如 {example}）既可读作日/月/年也可读作月/日/年，"
        "请指定日期顺序：dmy 或 mdy。",
        "The dates in {column} (such as {example}) can be read as day/month or month/day; "
        "give the date order: dmy or mdy.",
    )
    CURRENCY_NEEDED = T(
        "文件没有币种列，公司也未设置本位币；请指定默认币种，例如 CNY。",
        "The file has no currency column and the company no base currency; "
        "give a default currency such as CNY.",
    )
    NOT_CHOSEN = T("请选择一个文件。", "Choose a file.")
