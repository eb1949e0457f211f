"""A visit is planned, begun on the spot, filled in section by section, and handed in.

Only who goes fills in: the visitor and the companions. A section is kept as soon as it is typed
(`save_section`), so that a dead spot in the net costs nothing; handing in wants every rating. Where
it took place is what the device said, else what the visitor writes. A photo lies in the file
without its metadata; when and where it was taken, and who says so, stands beside it. Example: a
visit planned for 20 November is begun at 09:30 at 30.2100, 120.1800 ± 12 m, gets nine of ten
sections and three photos; handing in is refused, naming the tenth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connections, transaction
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.filing import NewDocument, add_document
from xinheng.dossiers.uploads import Accepted
from xinheng.inquiries.models import Visit, VisitPhoto
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.visit_form import (
    VERSION,
    WrongAnswer,
    missing,
    points_of,
    read_answers,
    visit_form,
)
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor, of_user
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.queries import KeyGone, open_keys
from xinheng.vault.seal import OpenKey, open_sealed, seal

ASK: Final = "inquiries.ask"
COMPANIONS_MAX: Final = 5
PHOTOS_MAX: Final = 30
AHEAD: Final = timedelta(days=366)
REASON_MIN, REASON_MAX = 4, 1000
STATES: Final = {
    "planned": T("还没有提交", "has not been handed in"),
    "done": T("已经提交", "has been handed in"),
    "reviewed": T("已经复核", "has been reviewed"),
    "cancelled": T("已经取消", "has been cancelled"),
}


class NewVisit(Struct, frozen=True, kw_only=True):
    customer_code: str
    purpose: str
    planned_on: date
    visitor: int
    companions: tuple[int, ...] = ()


class Position(Struct, frozen=True):
    """Where a device says it is."""

    latitude: Decimal
    longitude: Decimal
    accuracy_m: int | None = None


class Taken(Struct, frozen=True):
    """When and where a photo was taken, and who says so: picture, device or person."""

    told_by: str
    at: datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


def plan_visit(new: NewVisit, *, actor: Actor, at: datetime) -> UUID:
    """Put a visit on the calendar of a colleague. Returns its id.

    Refuses NOT_ALLOWED, UNKNOWN_CUSTOMER, VISIT_PURPOSE, VISIT_DAY, VISITOR_UNFIT, ERASED.
    """
    _require(actor)
    if not 2 <= len(new.purpose.strip()) <= 200:
        raise Refused(InquiryRefusal.VISIT_PURPOSE)
    if not today(at) <= new.planned_on <= today(at) + AHEAD:
        raise Refused(InquiryRefusal.VISIT_DAY)
    with transaction.atomic():
        customer = Customer.objects.filter(code=new.customer_code).first()
        if customer is None or not actor.reaches(customer.business_unit_id):
            raise Refused(InquiryRefusal.UNKNOWN_CUSTOMER, customer=new.customer_code)
        companions = sorted(set(new.companions) - {new.visitor})
        _require_people([new.visitor, *companions], customer)
        visit_id = UUID(hex=new_ids(1)[0])
        Visit.objects.create(
            id=visit_id,
            customer=customer,
            purpose=new.purpose.strip(),
            planned_on=new.planned_on,
            planned_by=actor.ref,
            visitor_id=new.visitor,
            companions=companions,
            template_version=VERSION,
        )
        told = {"planned_on": new.planned_on.isoformat(), "purpose": new.purpose.strip()}
        told |= {"visitor": f"user:{new.visitor}", "companions": _refs(companions)}
        record("visit.planned", visit_id, customer, told, actor, at)
    return visit_id


def begin_visit(
    visit_id: UUID,
    position: Position | None,
    place: str,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Note that it takes place, and where: by the device's position, or by an address in words.
    Again: the newer position and address count, the first instant stays.

    Refuses UNKNOWN_VISIT, NOT_THERE, VISIT_STATE, BAD_POSITION.
    """
    _require(actor)
    with transaction.atomic():
        visit = _own(visit_id, actor)
        if position is not None:
            _require_position(position)
            visit.latitude, visit.longitude = position.latitude, position.longitude
            visit.accuracy_m = position.accuracy_m
        Visit.objects.filter(pk=visit.pk).update(
            begun_at=visit.begun_at or at,
            latitude=visit.latitude,
            longitude=visit.longitude,
            accuracy_m=visit.accuracy_m,
            place=" ".join(place.split())[:200] or visit.place,
        )
        told = {"place": place[:200]}
        if position is not None:
            told |= {"latitude": str(position.latitude), "longitude": str(position.longitude)}
        record("visit.begun", visit.pk, visit.customer, told, actor, at)


def save_section(
    visit_id: UUID, code: str, typed: Mapping[str, str], *, actor: Actor, at: datetime
) -> None:
    """Keep one section of the draft, sealed; the others stay. A draft is no record: handing in is.

    Refuses UNKNOWN_VISIT, NOT_THERE, VISIT_STATE, UNKNOWN_SECTION, VISIT_ANSWER, ERASED.
    """
    _require(actor)
    with transaction.atomic():
        visit = _own(visit_id, actor)
        section = visit_form(visit.template_version).sections.get(code)
        if section is None:
            raise Refused(InquiryRefusal.UNKNOWN_SECTION, section=code)
        try:
            answers = read_answers(section, typed)
        except WrongAnswer as wrong:
            name = wrong.question.name
            said = {"zh": f"“{name.zh}”：{wrong.text.zh}", "en": f"{name.en}: {wrong.text.en}"}
            raise Refused(InquiryRefusal.VISIT_ANSWER, **said) from wrong
        told = {**form_of(visit), code: answers}
        sealed = seal(key_of(visit.customer), form_place(visit.pk), _plain(told))
        Visit.objects.filter(pk=visit.pk).update(form_sealed=sealed, begun_at=visit.begun_at or at)


def add_photo(
    visit_id: UUID,
    upload: Accepted,
    section: str,
    taken: Taken,
    *,
    actor: Actor,
    at: datetime,
) -> int:
    """File a photo of the visit, with when and where it was taken. Returns its number.

    Refuses UNKNOWN_VISIT, NOT_THERE, VISIT_STATE, NOT_A_PHOTO, VISIT_PHOTOS_FULL, UNKNOWN_SECTION,
    and what add_document refuses.
    """
    _require(actor)
    if upload.form not in ("jpeg", "png"):
        raise Refused(InquiryRefusal.NOT_A_PHOTO)
    with transaction.atomic():
        visit = _own(visit_id, actor)
        sections = visit_form(visit.template_version).sections
        if section and section not in sections:
            raise Refused(InquiryRefusal.UNKNOWN_SECTION, section=section)
        if visit.photos.count() >= PHOTOS_MAX:
            raise Refused(InquiryRefusal.VISIT_PHOTOS_FULL, most=PHOTOS_MAX)
        about = sections[section].name.zh if section else "现场"
        new = NewDocument(
            customer_code=visit.customer.code,
            kind="visit_photo",
            title=f"走访 {today(at)} · {about}",
            secrecy=2,
        )
        document = add_document(new, upload, actor=actor, at=at)
        photo = VisitPhoto.objects.create(
            visit=visit,
            document_id=document,
            taken_at=taken.at,
            latitude=taken.latitude,
            longitude=taken.longitude,
            told_by=taken.told_by,
            section=section,
        )
        told = {
            "document": str(document),
            "told_by": taken.told_by,
            "taken_at": taken.at.isoformat() if taken.at else "",
            "position": f"{taken.latitude} {taken.longitude}" if taken.latitude else "",
        }
        record("visit.photo", visit.pk, visit.customer, told, actor, at)
    return int(photo.pk)


def submit_visit(visit_id: UUID, *, actor: Actor, at: datetime) -> int:
    """Hand the visit in: nothing in it changes any more. Returns its points.

    Refuses UNKNOWN_VISIT, NOT_THERE, VISIT_STATE, VISIT_INCOMPLETE.
    """
    _require(actor)
    with transaction.atomic():
        visit = _own(visit_id, actor)
        form, told = visit_form(visit.template_version), form_of(visit)
        lacking = _lacking(visit, told)
        points = points_of(form, told)
        if lacking or points is None:
            zh = "、".join(one.zh for one in lacking)
            en = ", ".join(one.en for one in lacking)
            raise Refused(InquiryRefusal.VISIT_INCOMPLETE, zh=zh, en=en)
        Visit.objects.filter(pk=visit.pk).update(state="done", done_at=at, points=points)
        fields = {
            "points": str(points),
            "form_sha256": hashlib.sha256(_plain(told)).hexdigest(),
            "form_version": str(visit.template_version),
            "photos": str(visit.photos.count()),
        }
        record("visit.done", visit.pk, visit.customer, fields, actor, at)
    return points


def cancel_visit(visit_id: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """A planned visit does not take place; what was typed already stays sealed with it.

    Refuses NOT_ALLOWED, UNKNOWN_VISIT, VISIT_STATE, VISIT_REASON.
    """
    _require(actor)
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise Refused(InquiryRefusal.VISIT_REASON)
    with transaction.atomic():
        visit = locked_visit(visit_id, actor, "planned")
        Visit.objects.filter(pk=visit.pk).update(state="cancelled", review_note=reason.strip())
        record("visit.cancelled", visit.pk, visit.customer, {"reason": reason.strip()}, actor, at)


# --- Who, which


def _require(actor: Actor, word: str = ASK) -> None:
    if not actor.may(word):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=word)


def locked_visit(visit_id: UUID, actor: Actor, *states: str) -> Visit:
    """The visit, locked and in one of these states, if its customer is within the actor's sight."""
    rows = Visit.objects.select_for_update(of=("self",)).select_related("customer")
    visit: Visit | None = rows.filter(pk=visit_id).first()
    if visit is None or not actor.reaches(visit.customer.business_unit_id):
        raise Refused(InquiryRefusal.UNKNOWN_VISIT)
    if visit.state not in states:
        said = STATES[visit.state]
        raise Refused(InquiryRefusal.VISIT_STATE, zh=said.zh, en=said.en)
    return visit


def _own(visit_id: UUID, actor: Actor) -> Visit:
    """A planned visit, for one of those who go."""
    if actor.person_id is None:
        raise Refused(InquiryRefusal.NEEDS_PERSON)
    visit = locked_visit(visit_id, actor, "planned")
    if actor.person_id not in there(visit):
        raise Refused(InquiryRefusal.NOT_THERE)
    return visit


def there(visit: Visit) -> set[int]:
    """The persons who go: the visitor and the companions."""
    return {visit.visitor_id, *visit.companions}


def _require_people(ids: list[int], customer: Customer) -> None:
    people = User.objects.filter(pk__in=ids, is_active=True)
    fit = [one for one in people if of_user(one).reaches(customer.business_unit_id)]
    if len(fit) != len(ids) or len(ids) > COMPANIONS_MAX + 1:
        raise Refused(InquiryRefusal.VISITOR_UNFIT, most=COMPANIONS_MAX)


def _require_position(position: Position) -> None:
    if not (-90 <= position.latitude <= 90 and -180 <= position.longitude <= 180):
        raise Refused(InquiryRefusal.BAD_POSITION)


def _lacking(visit: Visit, told: Mapping[str, Mapping[str, str]]) -> list[T]:
    """What handing in still wants, in words."""
    form = visit_form(visit.template_version)
    lacking = [
        T(f"{section.name.zh}·{question.name.zh}", f"{section.name.en}: {question.name.en}")
        for section, question in missing(form, told)
    ]
    if visit.latitude is None and not visit.place:
        lacking.insert(0, T("走访地点", "where it took place"))
    return lacking


def _refs(people: Iterable[int]) -> str:
    return ",".join(f"user:{one}" for one in people)


# --- What is sealed


def key_of(customer: Customer) -> OpenKey:
    try:
        return open_keys([customer.data_key_id])[customer.data_key_id]
    except KeyGone as gone:
        raise Refused(InquiryRefusal.ERASED) from gone


def form_place(visit_id: UUID) -> str:
    """Where the answers of a visit are sealed for."""
    return f"inquiries_visit.form_sealed.{visit_id}"


def form_of(visit: Visit) -> dict[str, dict[str, str]]:
    """The answers so far, by section."""
    if visit.form_sealed is None:
        return {}
    opened = open_sealed(key_of(visit.customer), form_place(visit.pk), bytes(visit.form_sealed))
    told: dict[str, dict[str, str]] = json.loads(opened)
    return told


def _plain(told: Mapping[str, Mapping[str, str]]) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()


def record(
    kind: str,
    visit_id: UUID,
    customer: Customer,
    fields: Mapping[str, str],
    actor: Actor,
    at: datetime,
) -> None:
    """One entry, sealed under the customer's key."""
    told = {"visit": str(visit_id), "customer": customer.code, **fields, "by": actor.ref}
    with connections["default"].cursor() as cursor:
        append([NewEntry(kind, {}, told, customer.data_key_id)], at=at, cursor=cursor)
