"""The form that wants another grade: which, until when, why, on what evidence.

A worse grade counts at once; a better one waits for another person. Example on 2026-11-20: A
instead of BBB, until 2027-05-20 at the latest.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.utils.functional import lazystr

from xinheng.credit import grade_override, scale
from xinheng.decisions.overriding import EVIDENCE_MAX, REASON_MAX, NewOverride
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.refusals import Refused
from xinheng.texts import T

FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2027-05-20 这样的日期。", "Give a date such as 2027-05-20."))
_FIELD_OF: Final = {
    DecisionRefusal.BAD_UNTIL: "until",
    DecisionRefusal.NEEDS_EVIDENCE: "evidence",
    DecisionRefusal.REASON_REQUIRED: "reason",
    DecisionRefusal.SAME_GRADE: "grade",
    DecisionRefusal.OVERRIDE_RULE: "grade",
}


class OverrideForm(forms.Form):
    """Another grade for one customer."""

    grade = forms.ChoiceField(label=T("改为", "Grade wanted"))
    until = forms.DateField(
        label=T("有效至", "Until"),
        help_text=T("上调最长六个月", "an upgrade lasts six months at most"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": FILL_IN, "invalid": DAY},
    )
    reason = forms.CharField(
        label=T("理由", "Why"),
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": FILL_IN},
    )
    evidence = forms.CharField(
        label=T("依据", "Evidence"),
        help_text=T("材料或会议纪要；上调必填", "papers or minutes; an upgrade needs it"),
        max_length=EVIDENCE_MAX,
        required=False,
    )
    reconciled_on = forms.DateField(
        label=T("客户最近确认余额的日期", "Balance last confirmed by the customer on"),
        help_text=T(
            "有未清账款时，超过 90 天未对账不能上调",
            "where something is open, no upgrade beyond 90 days",
        ),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": DAY},
    )
    committee = forms.BooleanField(
        label=T("经信用委员会决定（可上调两级）", "The committee decided (two notches up)"),
        required=False,
    )

    def __init__(self, *args: Any, model_grade: str, day: date, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["grade"].choices = [  # type: ignore[attr-defined]
            (one, _named(one)) for one in scale.GRADES if one != model_grade
        ]
        self.fields["until"].initial = grade_override.last_day(day)
        self.fields["grade"].initial = next(
            (one for one in scale.GRADES if scale.grade_rank(one) > scale.grade_rank(model_grade)),
            None,
        )

    def told(self, customer_id: int) -> NewOverride:
        said: dict[str, Any] = self.cleaned_data
        return NewOverride(
            customer_id,
            said["grade"],
            said["reason"],
            said["until"],
            said["evidence"],
            said["committee"],
            said["reconciled_on"],
        )

    def add_refusal(self, refused: Refused) -> None:
        self.add_error(_FIELD_OF.get(refused.code), str(refused.text))  # type: ignore[call-overload]


def _named(grade: str) -> T:
    said = scale.meaning(grade)
    return T(f"{grade} · {said['zh']}", f"{grade} · {said['en']}")
