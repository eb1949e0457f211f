"""D&B: company and assessment blocks of Direct+.

Shape: POST /v3/token (basic authentication, grant_type=client_credentials) gives access_token;
GET /v1/match/cleanseMatch finds a D-U-N-S number where we have none; GET /v1/data/duns/{duns}
?blockIDs=… gives {"transactionDetail": {"transactionTimestamp"}, "organization": {duns,
primaryName, registrationNumbers, startDate, numberOfEmployees, registeredAddress,
dnbAssessment: {standardRating: {rating}, failureScore: {classScore, nationalPercentile}}}}.
Names are those of the public vocabulary and attribute mappings of Direct+. The last sign of the
rating ("5A1": 1 of 4) is what is mapped; failureScore is kept beside it as the score.
"""

from __future__ import annotations

import base64
from typing import Final
from urllib.parse import quote

from xinheng.connectors.bureau import reading as read
from xinheng.connectors.bureau.wire import Connection, ask
from xinheng.inquiries.bureau_rows import BureauTrouble, Candidate, Parsed, Subject, Unreadable
from xinheng.texts import T

VERSION: Final = 1
BLOCKS: Final = "companyinfo_L2_v1,financialstrengthinsight_L2_v1"


def search(connection: Connection, words: str) -> list[Candidate]:
    """Companies that match a name (/v1/match/cleanseMatch)."""
    return _matched(connection, _token(connection), {"name": words, "countryISOAlpha2Code": "CN"})


def fetch(connection: Connection, subject: Subject, product: str) -> bytes:
    token = _token(connection)
    duns = subject.duns or _duns(connection, token, subject)
    path = f"/v1/data/duns/{quote(duns, safe='')}"
    return ask(connection, path, query={"blockIDs": BLOCKS}, headers=_bearer(token))


def parse(product: str, raw: bytes) -> Parsed:
    answer = read.loaded(raw)
    company = read.node(answer, "organization")
    if not company:
        raise Unreadable(T("没有 organization", "it has no organization"))
    name = read.text(company, "registeredName") or read.text(company, "primaryName")
    uscc = _registered(company)
    started = read.text(company, "startDate")
    assessment = read.node(company, "dnbAssessment")
    return Parsed(
        name=name,
        uscc=uscc if len(uscc) == 18 else "",
        reported_on=read.day(answer, "transactionDetail", "transactionTimestamp"),
        grade=read.text(assessment, "standardRating", "rating"),
        score=read.number(assessment, "failureScore", "nationalPercentile"),
        told=read.told(
            registered_name=name,
            registration_code=uscc,
            registered_address=_address(company),
            # often only the year is known; a year is no day
            established_on=read.iso_day(started, ("startDate",)) if len(started) >= 10 else None,
            employees=_employees(company),
        ),
    )


def _registered(company: read.Node) -> str:
    rows = read.items(company, "registrationNumbers")
    numbers = [read.text(row, "registrationNumber") for row in rows]
    chinese = [one for one in numbers if len(one) == 18]
    return next(iter(chinese or numbers), "")


def _address(company: read.Node) -> str:
    """Street, place and country of the registered address, else of the primary one."""
    place = read.node(company, "registeredAddress") or read.node(company, "primaryAddress")
    parts = [
        read.text(place, "streetAddress", "line1"),
        read.text(place, "addressLocality", "name"),
        read.text(place, "postalCode"),
        read.text(place, "addressCountry", "name"),
    ]
    return ", ".join(part for part in parts if part)


def _employees(company: read.Node) -> str:
    rows = read.items(company, "numberOfEmployees")
    return next((value for row in rows if (value := read.number(row, "value"))), "")


def _duns(connection: Connection, token: str, subject: Subject) -> str:
    query = {"countryISOAlpha2Code": subject.country[:2].upper() or "CN", "name": subject.name}
    if subject.uscc:
        query["registrationNumber"] = subject.uscc
    found = _matched(connection, token, query)
    same = [one for one in found if subject.uscc and one.number == subject.uscc]
    if not same and len(found) != 1:
        raise BureauTrouble("not_found", f"{len(found)} candidates")
    return (same or found)[0].id


def _matched(connection: Connection, token: str, query: dict[str, str]) -> list[Candidate]:
    raw = ask(connection, "/v1/match/cleanseMatch", query=query, headers=_bearer(token))
    try:
        rows = read.items(read.loaded(raw), "matchCandidates")
        found = [read.node(row, "organization") for row in rows]
        return [
            Candidate(read.text(one, "duns"), read.text(one, "primaryName"), _registered(one))
            for one in found
        ]
    except Unreadable as wrong:
        raise BureauTrouble("failed", wrong.text.en) from wrong


def _token(connection: Connection) -> str:
    basic = base64.b64encode(f"{connection.key}:{connection.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    raw = ask(connection, "/v3/token", headers=headers, form={"grant_type": "client_credentials"})
    try:
        token = read.text(read.loaded(raw), "access_token")
    except Unreadable as wrong:
        raise BureauTrouble("failed", wrong.text.en) from wrong
    if not token:
        raise BureauTrouble("bad_key")
    return token


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
