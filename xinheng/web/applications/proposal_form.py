"""The analyst's proposal as a form, and who will have to agree to it.

It begins with what the methods together suggest, never above what was asked for. Clauses that the
grade asks for are ticked; unticking one waives it. Example: suggested 620,000.00, asked 800,000.00:
the form begins with 620,000.00 for a year.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from xinheng.applications import clauses
from xinheng.applications.applying import TERMS_MAX
from xinheng.applications.proposing import suggestion
from xinheng.applications.queries import Whole
from xinheng.applications.rows import Condition, NewProposal
from xinheng.credit.money import MoneyError, to_minor, to_text
from xinheng.limits.conditions import usual_end
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.forms import AMOUNT, FILL_IN
from xinheng.web.limits.reading import METHODS

VERDICTS = {"grant": T("授信", "Grant it"), "refuse": T("拒绝", "Refuse it")}


def _day(label: T) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages={"required": FILL_IN})


class ProposeForm(forms.Form):
    """What is put forward on the current snapshot."""

    verdict = forms.ChoiceField(label=T("建议", "Proposal"), choices=list(VERDICTS.items()))
    amount = forms.CharField(
        label=T("额度", "Limit"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )
    method = forms.ChoiceField(
        label=T("依据", "By"),
        help_text=T(
            "高于建议额度时选“自定”，并写明理由。",
            "Above the suggestion choose “one's own” and say why.",
        ),
    )
    terms_days = forms.IntegerField(
        label=T("账期（天）", "Terms in days"),
        min_value=0,
        max_value=TERMS_MAX,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": FILL_IN},
    )
    valid_from = _day(T("自", "From"))
    valid_until = _day(T("至", "Until"))
    clauses = forms.MultipleChoiceField(
        label=T("条件", "Conditions"), required=False, widget=forms.CheckboxSelectMultiple
    )
    own_condition = forms.CharField(
        label=T("另加一条", "One of your own"), required=False, max_length=500
    )
    why = forms.CharField(
        label=T("理由", "Why"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": FILL_IN},
    )

    def __init__(self, *given: Any, whole: Whole, day: date, **kwargs: Any) -> None:
        self.whole, self.row = whole, whole.row
        payload = whole.payload or {}
        self.grade = payload["rating"]["grade"]
        asked = [row["code"] for row in clauses.asked_for(self.grade)]
        kwargs.setdefault("initial", self._begun(payload, day) | {"clauses": asked})
        super().__init__(*given, **kwargs)
        methods = payload["limits"]["methods"]
        named = [
            (one["method"], T(METHODS[one["method"]]["zh"], METHODS[one["method"]]["en"]))
            for one in methods
            if one["value_minor"] is not None and one["method"] in METHODS
        ]
        combined = T("各方法综合", "all methods together")
        choices = [("combined", combined), *named, ("own", T("自定", "one's own"))]
        self.fields["method"].choices = choices  # type: ignore[attr-defined]
        must = clauses.must(self.grade)
        self.fields["clauses"].choices = [  # type: ignore[attr-defined]
            (row["code"], _clause(row, row["code"] in must)) for row in clauses.shipped().values()
        ]

    def _begun(self, payload: dict[str, Any], day: date) -> dict[str, Any]:
        row = self.row
        suggested = suggestion(row, payload)
        amount = row.asked_minor if suggested is None else min(row.asked_minor, suggested)
        return {
            "verdict": "grant",
            "amount": to_text(amount, row.currency),
            "method": "combined" if suggested is not None else "own",
            "terms_days": row.asked_terms_days,
            "valid_from": row.valid_from or day,
            "valid_until": row.valid_until or usual_end(day),
        }

    def clean_amount(self) -> int:
        text = re.sub(r"[,，\s]", "", self.cleaned_data["amount"])
        try:
            return to_minor(Decimal(text), self.row.currency)
        except (InvalidOperation, MoneyError):
            raise forms.ValidationError(str(AMOUNT)) from None

    def told(self) -> NewProposal:
        """What was typed."""
        said = self.cleaned_data
        chosen = set(said["clauses"])
        asked = {row["code"] for row in clauses.asked_for(self.grade)}
        own = said["own_condition"].strip()
        further = [Condition("own", own)] if own else []
        return NewProposal(
            verdict=said["verdict"],
            amount_minor=said["amount"],
            terms_days=said["terms_days"],
            valid_from=said["valid_from"],
            valid_until=said["valid_until"],
            why=said["why"],
            method=said["method"],
            temporary=self.row.kind == "temporary",
            conditions=(*(Condition(code) for code in sorted(chosen)), *further),
            waived=tuple(sorted(asked - chosen)),
        )

    def say_refusal(self, refused: Refused) -> None:
        self.add_error(None, forms.ValidationError(str(refused.text)))


def _clause(row: dict[str, Any], must: bool) -> str:
    said = str(T(row["zh"], row["en"]))
    return said + str(T("（此等级不可免）", " (this grade can't do without)")) if must else said
