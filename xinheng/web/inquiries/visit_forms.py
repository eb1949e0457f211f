"""What is typed on the pages of visits, turned into what the actions take.

A form of a visit is drawn from its data (visit_form_v1.json), so its sections are read here by
hand; planning is an ordinary form. A position comes as two numbers from the device and is taken as
a whole or not at all. Example: latitude "30.21", longitude "" is no position.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.functional import lazystr

from xinheng.dossiers.picture_facts import told_by_picture
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.visiting import COMPANIONS_MAX, NewVisit, Position, Taken
from xinheng.people.actor import of_user
from xinheng.people.models import User
from xinheng.refusals import Refused
from xinheng.texts import T

CHOOSE = lazystr(T("请从列表中选择。", "Choose one of the list."))
FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2026-11-22 这样的日期。", "Give a date such as 2026-11-22."))
PEOPLE_MAX = 300
_FIELD_OF = {
    InquiryRefusal.VISIT_PURPOSE: "purpose",
    InquiryRefusal.VISIT_DAY: "planned_on",
    InquiryRefusal.VISITOR_UNFIT: "visitor",
}
_PLACES = Decimal("0.000001")
SLACK = timedelta(minutes=10)  # by which clocks of phones go ahead


def colleagues(unit_id: int | None) -> list[tuple[str, str]]:
    """Those who may see a customer of this unit, by name."""
    people = User.objects.filter(is_active=True).order_by("name", "pk")[:PEOPLE_MAX]
    return [(str(one.pk), one.name) for one in people if of_user(one).reaches(unit_id)]


class PlanForm(forms.Form):
    """A visit for the calendar."""

    purpose = forms.CharField(
        label=T("目的", "What for"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )
    planned_on = forms.DateField(
        label=T("日期", "Day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": DAY, "required": FILL_IN},
    )
    visitor = forms.ChoiceField(
        label=T("走访人", "Visitor"), error_messages={"required": CHOOSE, "invalid_choice": CHOOSE}
    )
    companions = forms.MultipleChoiceField(
        label=T("同行人", "Companions"),
        required=False,
        help_text=T(
            "最多 {n} 人，可多选。复核须由未到场的同事办理。",
            "At most {n}. A colleague who was not there reviews it.",
        ).format(n=COMPANIONS_MAX),
        error_messages={"invalid_choice": CHOOSE},
        widget=forms.SelectMultiple(attrs={"size": 4}),
    )

    def __init__(self, *args: Any, unit_id: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = colleagues(unit_id)
        for name in ("visitor", "companions"):
            self.fields[name].choices = people  # type: ignore[attr-defined]

    def told(self, customer_code: str) -> NewVisit:
        told = self.cleaned_data
        planned: date = told["planned_on"]
        return NewVisit(
            customer_code=customer_code,
            purpose=told["purpose"],
            planned_on=planned,
            visitor=int(told["visitor"]),
            companions=tuple(int(one) for one in told["companions"]),
        )

    def add_refusal(self, refused: Refused) -> None:
        field = _FIELD_OF.get(refused.code)  # type: ignore[call-overload]
        self.add_error(field, forms.ValidationError(str(refused.text)))


def position_of(typed: Mapping[str, str]) -> Position | None:
    """Where the device says it is; None where it said nothing whole."""
    latitude, longitude = (_decimal(typed.get(name, "")) for name in ("latitude", "longitude"))
    if latitude is None or longitude is None:
        return None
    accuracy = _decimal(typed.get("accuracy_m", ""))
    near = int(min(accuracy, Decimal(10**6))) if accuracy is not None and accuracy >= 0 else None
    return Position(latitude, longitude, near)


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip()[:30])
        return value.quantize(_PLACES) if value.is_finite() and abs(value) < 10**7 else None
    except InvalidOperation:
        return None


def taken_of(typed: Mapping[str, str], content: bytes, *, zone: tzinfo, now: datetime) -> Taken:
    """When and where a photo was taken: by the picture where that was allowed and it tells, else by
    the device that sends it now, else by the person.
    """
    if typed.get("from_picture"):
        told = told_by_picture(content, zone)
        fits = told.taken_at is not None and told.taken_at <= now + SLACK
        when = told.taken_at if fits else None
        if when is not None or told.latitude is not None:
            return Taken("picture", when, told.latitude, told.longitude)
    position = position_of(typed)
    if position is not None and abs(position.latitude) <= 90 and abs(position.longitude) <= 180:
        return Taken("device", now, position.latitude, position.longitude)
    return Taken("person", _moment(typed.get("taken_at", ""), zone, now))


def _moment(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """A local time as the browser types it: 2026-11-20T09:30."""
    try:
        found = datetime.fromisoformat(text.strip()[:19]).replace(tzinfo=zone)
    except ValueError:
        return None
    return found if found <= now + SLACK else None
