"""Columns of applications for credit: whose, how much, on which terms, for what.

One line is one wish. Example: "C-1001, 新授信, 800000, CNY, 60, 旺季备货" asks for 800,000.00 CNY
on 60 days; only a temporary limit names its days.
"""

from __future__ import annotations

from xinheng.applications.applying import PURPOSE_MAX, TERMS_MAX
from xinheng.applications.models import Application
from xinheng.connectors.files.field import CURRENCY, CUSTOMER, Field, choices
from xinheng.texts import T

APPLICATION_KIND = choices(
    new=("新授信", "新增", "新增授信", "首次", "新申请", "new limit", "first"),
    increase=("提高额度", "提额", "增额", "增加额度", "raise"),
    temporary=("临时额度", "临时", "临时授信", "temporary limit"),
    renewal=("续期", "续授信", "年审", "renew"),
    decrease=("降低额度", "降额", "减额", "lower"),
)
assert set(APPLICATION_KIND.values()) == set(Application.KINDS)

APPLICATIONS = (
    *CUSTOMER,
    Field(
        "kind",
        "choice",
        T("种类", "Kind"),
        choices=APPLICATION_KIND,
        sample="new",
        note=T(
            "新授信、提高额度、临时额度、续期、降低额度；空则为新授信",
            "new, increase, temporary, renewal, decrease; empty: new",
        ),
    ),
    Field("amount", "amount", T("申请额度", "Limit asked for"), True, sample="800000.00"),
    CURRENCY,
    Field(
        "terms_days",
        "count",
        T("账期（天）", "Terms in days"),
        True,
        sample="60",
        between=(0, TERMS_MAX),
        note=T(f"0 至 {TERMS_MAX} 的整数", f"a whole number from 0 to {TERMS_MAX}"),
    ),
    Field(
        "purpose",
        "text",
        T("用途", "What it is for"),
        True,
        sample="旺季备货，每月发货约 40 万元",
        most=PURPOSE_MAX,
        note=T(
            "至少 4 个字。内容全同的一行不会重复申请：再次申请请写明有何不同",
            "four characters at least. A row that says the very same is never applied twice: "
            "to ask again, say what is different",
        ),
    ),
    Field(
        "valid_from",
        "day",
        T("自", "From"),
        note=T("临时额度必填起止日", "must, with the last day, for a temporary limit"),
    ),
    Field("valid_until", "day", T("至", "Until")),
    Field(
        "purchases",
        "amount",
        T("预计一年采购额", "Purchases expected in a year"),
        note=T("与申请额度同一币种", "in the currency of the limit"),
    ),
    Field(
        "share_pct",
        "count",
        T("我方占比（%）", "Our share, %"),
        between=(0, 100),
        note=T("我方占其采购的比例，0 至 100", "our share of its purchases, 0 to 100"),
    ),
)
