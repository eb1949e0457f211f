"""Answers of bureaus, written by us in the shapes that their adapters name; and a small server on
this machine that gives them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USCC = "91330100MA2ABCDEXG"
SOLE = "92330100MA2ABCDEXD"

ANSWERS: dict[str, Any] = {
    "tianyancha": {
        "error_code": 0,
        "reason": "ok",
        "result": {
            "id": 7,
            "name": "江南钢构工程有限公司",
            "legalPersonName": "王芳",
            "regCapital": "1850万人民币",
            "regCapitalCurrency": "人民币",
            "estiblishTime": 1267545600000,
            "creditCode": USCC,
            "regLocation": "杭州市滨江区长河路 1 号",
            "companyOrgType": "有限责任公司(自然人投资或控股)",
            "socialStaffNum": 86,
            "percentileScore": 7120,
            "regStatus": "存续",
        },
    },
    "qichacha": {
        "Status": "200",
        "Message": "查询成功",
        "OrderNumber": "ECI2026112200001",
        "Result": {
            "KeyNo": "abc",
            "Name": "江南钢构工程有限公司",
            "CreditCode": USCC,
            "OperName": "王芳",
            "StartDate": "2010-03-03 00:00:00",
            "Status": "存续",
            "RegistCapi": "1,850万元人民币",
            "EconKind": "有限责任公司",
            "Address": "杭州市滨江区长河路 1 号",
        },
    },
    "qixinbao": {
        "status": "200",
        "message": "操作成功",
        "sign": "x",
        "data": {
            "name": "江南钢构工程有限公司",
            "creditNo": USCC,
            "operName": "王芳",
            "startDate": "2010-03-03",
            "registCapi": "1850.000000万人民币",
            "econKind": "有限责任公司",
            "address": "杭州市滨江区长河路 1 号",
        },
    },
    "dnb": {
        "transactionDetail": {"transactionTimestamp": "2026-11-19T08:00:00.000Z"},
        "organization": {
            "duns": "544000017",
            "primaryName": "Jiangnan Steel Structure Engineering Co., Ltd.",
            "registrationNumbers": [{"registrationNumber": USCC, "typeDescription": "USCC"}],
            "startDate": "2010",
            "numberOfEmployees": [{"value": 90, "informationScopeDescription": "Individual"}],
            "primaryAddress": {
                "streetAddress": {"line1": "1 Changhe Road"},
                "addressLocality": {"name": "Hangzhou"},
                "addressCountry": {"name": "China", "isoAlpha2Code": "CN"},
            },
            "dnbAssessment": {
                "standardRating": {"rating": "4A2"},
                "failureScore": {"classScore": 2, "nationalPercentile": 71},
            },
        },
    },
    "creditsafe": {
        "correlationId": "c-1",
        "report": {
            "companyId": "CN-X-1",
            "companySummary": {
                "businessName": "Jiangnan Steel Structure",
                "country": "CN",
                "companyRegistrationNumber": USCC,
            },
            "companyIdentification": {
                "basicInformation": {
                    "registeredCompanyName": "江南钢构工程有限公司",
                    "companyRegistrationDate": "2010-03-03T00:00:00Z",
                }
            },
            "creditScore": {
                "currentCreditRating": {
                    "commonValue": "C",
                    "commonDescription": "Moderate Risk",
                    "providerValue": {"value": "48", "maxValue": "100", "minValue": "0"},
                }
            },
            "shareCapitalStructure": {
                "nominalShareCapital": {"value": 18500000, "currency": "CNY"}
            },
            "contactInformation": {"mainAddress": {"simpleValue": "1 Changhe Road, Hangzhou"}},
        },
    },
}
PRODUCTS = {
    "tianyancha": "baseinfo",
    "qichacha": "basic",
    "qixinbao": "basic",
    "dnb": "credit",
    "creditsafe": "report",
}


def raw(bureau: str) -> bytes:
    return json.dumps(ANSWERS[bureau], ensure_ascii=False).encode()


class Served:
    """What the server answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""
        self.delay = 0.0

    def say(self, path: str, told: Any, status: int = 200) -> None:
        content = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.answers[path] = (status, content)


@contextmanager
def bureau_server() -> Iterator[Served]:
    """A server on a free port of this machine."""
    served = Served()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            served.asked.append((self.command, self.path, dict(self.headers), body))
            time.sleep(served.delay)
            status, content = served.answers.get(self.path.split("?")[0], (404, b"{}"))
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
