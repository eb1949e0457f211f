"""The form of a talk: on a phone it takes twenty seconds, so only the subject must be typed.

How, about what and the day are there already; the follow-up is one of four days or none. Example:
on 2026-11-22 "in a week" is 2026-11-29.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.utils.functional import lazystr

from xinheng.people.actor import of_user
from xinheng.people.models import User
from xinheng.refusals import Refused
from xinheng.relations.actions import PERSON_MAX, SUBJECT_MAX, TEXT_MAX
from xinheng.relations.refusals import TalkRefusal
from xinheng.relations.rows import NewTalk
from xinheng.texts import T

KINDS: Final = {
    "call": T("电话", "Call"),
    "meeting": T("会面", "Meeting"),
    "message": T("即时消息", "Message"),
    "mail": T("邮件", "Mail"),
    "letter": T("函件", "Letter"),
}
CONCERNS: Final = {
    "payment": T("付款", "Payment"),
    "dispute": T("争议", "Dispute"),
    "order": T("订单", "Order"),
    "credit": T("额度与授信", "Credit"),
    "other": T("其他", "Other"),
}
FOLLOW: Final = {
    "": T("不需要", "None"),
    "1": T("明天", "Tomorrow"),
    "3": T("三天后", "In three days"),
    "7": T("一周后", "In a week"),
    "14": T("两周后", "In two weeks"),
}
FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2026-11-22 这样的日期。", "Give a date such as 2026-11-22."))
PEOPLE_MAX = 300
_FIELD_OF = {TalkRefusal.BAD_DAY: "day", TalkRefusal.PERSON_UNFIT: "person"}


def colleagues(unit_id: int | None) -> list[tuple[str, str]]:
    """Those who may see a customer of this unit, by name."""
    people = User.objects.filter(is_active=True).order_by("name", "pk")[:PEOPLE_MAX]
    return [(str(one.pk), one.name) for one in people if of_user(one).reaches(unit_id)]


class TalkForm(forms.Form):
    """A talk to be kept."""

    kind = forms.ChoiceField(label=T("方式", "How"), choices=list(KINDS.items()))
    concerns = forms.ChoiceField(label=T("事由", "About"), choices=list(CONCERNS.items()))
    subject = forms.CharField(
        label=T("主题", "Subject"),
        max_length=SUBJECT_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )
    text = forms.CharField(
        label=T("内容", "What was said"),
        max_length=TEXT_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=T("加密保存。", "Kept encrypted."),
    )
    with_whom = forms.CharField(label=T("对方", "With whom"), max_length=PERSON_MAX, required=False)
    follow = forms.ChoiceField(
        label=T("跟进", "Follow up"), choices=list(FOLLOW.items()), required=False
    )
    person = forms.ChoiceField(label=T("由谁跟进", "Who follows up"), required=False)
    day = forms.DateField(
        label=T("日期", "Day"),
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": DAY, "required": FILL_IN},
    )

    def __init__(self, *given: Any, unit_id: int | None, **kwargs: Any) -> None:
        super().__init__(*given, **kwargs)
        self.fields["person"].choices = colleagues(unit_id)  # type: ignore[attr-defined]

    def told(self, customer_code: str, today: date) -> NewTalk:
        said = dict(self.cleaned_data)
        follow, person = said.pop("follow"), said.pop("person")
        due = today + timedelta(days=int(follow)) if follow else None
        who = int(person) if person else None
        return NewTalk(customer_code=customer_code, follow_up_on=due, follow_up_by=who, **said)

    def add_refusal(self, refused: Refused) -> None:
        field = _FIELD_OF.get(refused.code)  # type: ignore[call-overload]
        self.add_error(field, forms.ValidationError(str(refused.text)))
