"""One step of the registration as a form: every box from the shipped form, checked by its kind.

“Save for later” keeps what is well-formed and asks for nothing more; “continue” wants what the step
requires. Only the company's name and code are wanted from the start: without them there is nothing
to keep the rest in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.urls import reverse

from xinheng.dossiers.fields import BadValue
from xinheng.inquiries.registration import Asked, Step, checked
from xinheng.texts import T

FILL_IN: Final = T("请填写此项。", "Fill this in.")
ALWAYS: Final = ("name", "code")
LOOKED_UP: Final = ("uscc", "place", "industry", "money")  # said while typing
_KEYBOARD: Final = {"phone": "tel", "mail": "email", "number": "numeric"}


class StepForm(forms.Form):
    """The fields of a step; `later`: nothing is required that can wait."""

    def __init__(
        self,
        step: Step,
        token: str,
        typed: Mapping[str, Any] | None,
        kept: Mapping[str, str],
        *,
        later: bool = False,
    ) -> None:
        super().__init__(typed, initial=dict(kept))
        self.step, self.later = step, later
        for asked in step.fields:
            self.fields[asked.code] = _box(asked, token)

    def clean(self) -> dict[str, Any]:
        """Each answer as it is kept; what is wrong is said at its box."""
        said = {asked.code: self.cleaned_data.get(asked.code, "") for asked in self.step.fields}
        kept = {}
        for asked in self.step.fields:
            try:
                kept[asked.code] = checked(asked, said[asked.code], said)
            except BadValue as bad:
                self.add_error(asked.code, str(bad.text))
                continue
            wanted = asked.required and asked.form != "choice"
            if wanted and not kept[asked.code] and (not self.later or asked.code in ALWAYS):
                self.add_error(asked.code, str(FILL_IN))
        return kept


def _box(asked: Asked, token: str) -> forms.Field:
    told: dict[str, Any] = {
        "label": asked.name,
        "required": False,
        "help_text": asked.hint or "",
    }
    if asked.form == "choice":
        return forms.ChoiceField(choices=list(asked.choices), **told)
    attrs: dict[str, Any] = {"autocomplete": asked.fills, "maxlength": asked.most}
    if asked.form in _KEYBOARD:
        attrs["inputmode"] = _KEYBOARD[asked.form]
    if asked.required:
        attrs["aria-required"] = "true"
    if asked.form in LOOKED_UP:
        attrs |= _said_while_typing(asked, token)
    return forms.CharField(widget=_widget(asked, attrs), strip=True, **told)


def _widget(asked: Asked, attrs: dict[str, Any]) -> forms.Widget:
    if asked.form == "date":
        return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")
    if asked.form == "long":
        return forms.Textarea(attrs={"rows": 3, **attrs})
    return forms.TextInput(attrs=attrs)


def _said_while_typing(asked: Asked, token: str) -> dict[str, str]:
    """Checked on leaving the box; names of places and industries are offered while typing."""
    offered = asked.form in ("place", "industry")
    attrs = {
        "hx-get": reverse("outside-check", kwargs={"token": token, "field": asked.code}),
        "hx-trigger": "input changed delay:300ms, change" if offered else "change",
        "hx-target": f"#said-{asked.code}",
        "hx-include": "[name=abroad]",
        "hx-sync": "this:replace",
        "aria-describedby": f"said-{asked.code}",
    }
    return attrs | ({"list": f"offer-{asked.code}"} if offered else {})
