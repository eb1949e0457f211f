"""Credit files with life in them: facts of sixty customers from several sources, and their papers.

Everything is simulated from the seed and comes in by everybody's doors: Chen brings three files of
facts, Alice verifies them, Fang is the third pair of eyes for critical ones. The licence register
and the bureau were read weeks ago, the customers' own words last week; so the file of a past day
looks different. Three customers have a bureau that says another capital than the licence, some
facts have grown stale, some wait, and six licences have a scan, of which one has run out. Example:
60 customers, about 900 facts, 12 of them waiting.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from xinheng.connectors.demo.model import SEED
from xinheng.connectors.files.imports import run_import
from xinheng.customers.models import Customer
from xinheng.dossiers.filing import NewDocument, add_document
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.dossiers.uploads import check_upload
from xinheng.dossiers.verifying import verify_batch
from xinheng.people.actor import Actor

FILED: Final = 60
CONFLICTS: Final = 3
SCANS: Final = (-20, 6, 12, 25, 200, 400)  # days until a scanned licence runs out
WAITING: Final = 12
HEAD: Final = (
    *("客户编码", "档案字段", "内容", "来源", "可靠性", "取得日期", "生效日期", "失效日期"),
    *("依据", "处理依据"),
)
NAMES: Final = ("王芳", "李伟", "张敏", "刘洋", "陈静", "杨磊", "赵琳", "黄涛", "周杰", "吴倩")
STREETS: Final = ("中山路", "人民路", "解放大道", "建设路", "滨江大道", "科技园路")


class Line(NamedTuple):
    """One fact of a file."""

    customer: str
    field: str
    value: str
    source: str
    reliability: str
    observed_on: date
    valid_from: date | None = None
    valid_until: date | None = None
    evidence: str = ""
    basis: str = "contract"


class Day(NamedTuple):
    """A day of filing: how long ago, how it was checked and how sure the people were."""

    days_ago: int
    how: str
    confidence: int
    lines: list[Line]


def file_some(cast: dict[str, Actor], day: date, *, at: datetime) -> dict[str, int]:
    """Bring facts and papers, verify most of them. Returns what there is now."""
    customers = list(
        Customer.objects.filter(simulated=True, status__in=("active", "watch")).order_by("code")
    )
    chosen = customers[:: max(1, len(customers) // FILED)][:FILED]
    random = Random(f"{SEED}:file")
    with tempfile.TemporaryDirectory(prefix="xinheng-demo-") as folder:
        for filed in _days(chosen, day, random):
            past = at - timedelta(days=filed.days_ago)
            batch = _bring(filed.lines, Path(folder), cast["chen"], past)
            for name in ("alice", "fang"):
                verify_batch(batch, filed.how, filed.confidence, actor=cast[name], at=past)
        waiting = list(_waiting(chosen, day, random))
        _bring(waiting, Path(folder), cast["chen"], at)
    scans = _scan(chosen, day, cast["chen"], at=at)
    mine = Fact.objects.filter(customer__simulated=True)
    return {
        "facts": mine.count(),
        "facts_waiting": mine.waiting().count(),
        "conflicts": ConflictCase.objects.filter(resolved_at=None).count(),
        "scans": scans,
    }


def _bring(lines: list[Line], folder: Path, actor: Actor, at: datetime) -> int:
    path = folder / f"demo-facts-{at:%Y%m%d}.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as target:
        writer = csv.writer(target)
        writer.writerow(HEAD)
        writer.writerows(lines)
    result = run_import("facts", path, actor=actor, at=at, simulated=True, assess=False)
    if result.refused or result.batch_id is None:
        raise RuntimeError(f"{path.name}: {result.errors[:3]}")
    return result.batch_id


def _days(chosen: list[Customer], day: date, random: Random) -> list[Day]:
    """What was filed when: registers and the bureau first, the audit, then what customers said."""
    ago = {days: day - timedelta(days=days) for days in (150, 45, 9)}
    disputed = {one.pk for one in chosen[5 : 5 + CONFLICTS]}
    register, bureau, told = [], [], []
    for customer in chosen:
        register += _registered(customer, ago[150], random)
        bureau += _from_bureau(customer, ago[45], random, customer.pk in disputed)
        told += _told(customer, ago[9], random)
    return [
        Day(150, "public_record", 95, _most(register, random, 94)),
        Day(45, "third_party", 80, _most(bureau, random, 85)),
        Day(9, "customer", 60, _most(told, random, 75)),
    ]


def _most(lines: list[Line], random: Random, percent: int) -> list[Line]:
    """Files have gaps: so many of a hundred lines are there; a capital always."""
    return [
        line
        for line in lines
        if line.field == "registered_capital" or random.randrange(100) < percent
    ]


def _capital(customer: Customer) -> int:
    return Random(f"{SEED}:capital:{customer.code}").randrange(1, 60) * 500_000


def _address(customer: Customer, random: Random) -> str:
    town, number = customer.city or customer.country, random.randrange(1, 900)
    street = random.choice(STREETS)
    return f"{town}{street}{number}号" if customer.uscc else f"{number} Dock Road, {town}"


def _registered(customer: Customer, day: date, random: Random) -> Iterable[Line]:
    founded = date(random.randrange(1996, 2021), random.randrange(1, 13), random.randrange(1, 28))
    ends = day + timedelta(days=random.randrange(200, 4_000))
    form = "joint_stock" if "股份" in customer.name else "limited"
    facts: list[tuple[str, str, Any, Any]] = [
        ("registered_name", customer.name, None, None),
        (
            "registered_address",
            _address(customer, random),
            *(None,) * 2,
        ),
        ("registered_capital", f"{_capital(customer)}.00 CNY", None, None),
        ("established_on", founded.isoformat(), None, None),
        ("company_form", form, None, None),
        ("business_licence", f"营业执照 {customer.uscc or customer.code}", founded, ends),
    ]
    if customer.uscc:
        facts.append(("registration_code", customer.uscc, None, None))
        facts.append(("tax_grade", random.choice("AABBBM"), None, None))
    for field, value, since, until in facts:
        yield Line(
            *(customer.code, field, value, "registry:samr", "A", day, since, until),
            *(f"DEMO-REG-{customer.code}", "public"),
        )
    person = random.choice(NAMES)
    yield Line(
        *(customer.code, "legal_representative", person, "registry:samr", "A", day, None, None),
        *(f"DEMO-REG-{customer.code}", "public"),
    )


def _from_bureau(customer: Customer, day: date, random: Random, disputed: bool) -> Iterable[Line]:
    """The bureau's facts; for a few it still has the capital of before the last increase."""
    assets = random.randrange(20, 900) * 1_000_000
    capital = _capital(customer) * (2 if disputed else 1)
    cases = random.choice(["无", "无", "无", "买卖合同纠纷 1 件（被告）"])
    for field, value in (
        ("registered_capital", f"{capital}.00 CNY"),
        ("bureau_grade", random.choice(["A", "A-", "BBB", "BBB", "BB", "B"])),
        ("court_cases", cases),
        ("enforced_debtor", "no"),
        ("sales_of_year", f"{assets * random.randrange(60, 190) // 100}.00 CNY"),
        ("total_assets", f"{assets}.00 CNY"),
        ("total_liabilities", f"{assets * random.randrange(30, 85) // 100}.00 CNY"),
        ("audit_opinion", random.choice(["unqualified", "unqualified", "emphasis", "unaudited"])),
    ):
        if field == "registered_capital" and not disputed and random.randrange(3):
            continue
        yield Line(
            *(customer.code, field, value, "bureau:demo", "B", day, None, None),
            *(f"DEMO-RPT-{customer.code}", "public"),
        )


def _told(customer: Customer, day: date, random: Random) -> Iterable[Line]:
    """What the customer and our own people say; some visits were long ago."""
    visit = day - timedelta(days=random.choice([3, 20, 60, 150, 400]))
    yearly = random.randrange(1, 60) * 100_000
    for field, value, source, grade in (
        ("employees", str(random.randrange(5, 900)), "customer", "D"),
        ("goods_bought", random.choice(["礼品", "家居用品", "文具", "工艺品", "玩具"]), "erp", "C"),
        ("yearly_purchases", f"{yearly}.00 CNY", "erp", "C"),
        ("bank_account", f"62{random.randrange(10**14):014d}", "customer", "D"),
        ("way_of_paying", random.choice(["transfer", "transfer", "bank_bill"]), "erp", "C"),
        ("frame_contract", f"HT-{random.randrange(2024, 2027)}-{customer.code}", "erp", "C"),
        ("security_given", random.choice(["无", "无", "股东个人担保"]), "customer", "D"),
        ("last_visit", visit.isoformat(), "visit", "C"),
        ("person_in_charge", random.choice(NAMES), "customer", "D"),
    ):
        observed = visit if field == "last_visit" else day
        yield Line(customer.code, field, value, source, grade, observed)


def _waiting(chosen: list[Customer], day: date, random: Random) -> Iterable[Line]:
    """What came in this morning and nobody has looked at yet."""
    for customer in chosen[:WAITING]:
        field, value = random.choice(
            [
                ("yearly_purchases", f"{random.randrange(5, 90) * 100_000}.00 CNY"),
                ("bank_account", f"62{random.randrange(10**14):014d}"),
                ("person_in_charge", random.choice(NAMES)),
                ("total_liabilities", "9000000000.00 CNY"),
                ("registered_address", "四川省成都市锦江区东大街 1 号"),
            ]
        )
        yield Line(customer.code, field, value, "customer", "D", day)


# --- Papers


def _scan(chosen: list[Customer], day: date, actor: Actor, *, at: datetime) -> int:
    """Scans of licences: one has run out, three do so within the month."""
    for customer, days in zip(chosen, SCANS, strict=False):
        until = day + timedelta(days=days)
        since = until - timedelta(days=3_650)
        content = pdf_of(f"SIMULATED BUSINESS LICENCE {customer.code}", f"{since} - {until}")
        upload = check_upload(f"licence-{customer.code}.pdf", content)
        new = NewDocument(
            customer_code=customer.code,
            kind="licence",
            title="营业执照（模拟）",
            secrecy=1,
            valid_from=since,
            valid_until=until,
        )
        add_document(new, upload, actor=actor, at=at)
    return min(len(chosen), len(SCANS))


def pdf_of(*lines: str) -> bytes:
    """One page of plain text."""
    text = b"BT /F1 18 Tf 60 760 Td 28 TL "
    text += b" ".join(b"(%s) Tj T*" % line.encode("ascii", "replace") for line in lines) + b" ET"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
    page += b" /Resources << /Font << /F1 5 0 R >> >> >>"
    parts = (
        *(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"),
        *(page, b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + head + table + end % (len(parts) + 1, len(body))
