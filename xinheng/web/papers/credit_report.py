"""The credit report of a customer: everything its file tells a reader, on paper or as a workbook.

The parts follow the pages: figures, who, what lacks, facts, statements, payment, ageing, limit,
assessment, what others say, contracts, decisions. Example: a file of 40 facts, two statements and
60 open items is six pages, made in about half a second.
"""

from __future__ import annotations

from xinheng.papers.layout import Block
from xinheng.papers.making import Cover
from xinheng.texts import T
from xinheng.web.papers import owed, trusted, who
from xinheng.web.papers.asked import Asked
from xinheng.web.papers.figures import day

KIND = "credit_report"


def cover(asked: Asked) -> Cover:
    """Its head; the class is that of what is on it for this reader."""
    found = asked.file.trust.assessment
    line = T("客户编码 {c} · 截至 {d} · 币种 {u}", "Customer {c} · as of {d} · in {u}")
    return Cover(
        kind=KIND,
        subtitle=asked.told_name,
        line=str(line.format(c=asked.customer.code, d=day(asked.day), u=asked.currency)),
        number=asked.customer.code,
        secrecy=asked.secrecy,
        shows=[found.entry_id] if found is not None else [],
        key_id=asked.customer.data_key_id,
    )


def blocks(asked: Asked) -> list[Block]:
    """The report, part by part."""
    return [
        *who.top(asked),
        *who.who(asked),
        *trusted.assessment(asked),
        *owed.limits(asked),
        *owed.ageing(asked),
        *owed.paying(asked),
        *owed.statements(asked),
        *who.lacks(asked),
        *who.facts(asked),
        *trusted.others(asked),
        *trusted.contracts(asked),
        *trusted.decisions(asked),
    ]
