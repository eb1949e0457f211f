"""What every page of the demonstration says of it, and the longer text behind the sentence."""

from __future__ import annotations

from xinheng.texts import T

MARK = T("演示数据", "Demonstration")
ABOUT = T(
    "演示账套：订单与财务报表为真实公开数据（UCI Online Retail、Northwind、美国上市公司年报），"
    "客户名称、账期、到期日和收款按固定随机种子模拟，日期整周平移至昨天为止。",
    "Demonstration book: orders and financial statements are real public data (UCI Online Retail, "
    "Northwind, US firm-years); customer names, terms, due dates and receipts are simulated from "
    "a fixed seed, and days are moved by whole weeks to end yesterday.",
)
SIMULATED = T("模拟", "Simulated")
ATTRIBUTION = T(
    "数据来源：Online Retail（Daqing Chen，UCI，CC BY 4.0）；Northwind（Microsoft，MIT）；"
    "American companies bankruptcy dataset（Lombardo 等，CC BY 4.0）。均有改动。",
    "Data: Online Retail (Daqing Chen, UCI, CC BY 4.0); Northwind (Microsoft, MIT); American "
    "companies bankruptcy dataset (Lombardo et al., CC BY 4.0). All were changed.",
)
