"""The form for a document: the file, what it is, who may see it, and until when it is valid.

A refusal is said beside the field that it is about; a file can't be kept across a mistake, browsers
don't allow it, so the form says to choose it again.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import lazystr

from xinheng.dossiers.filing import TITLE_MAX, NewDocument
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.uploads import BYTES_MAX, ENDINGS
from xinheng.refusals import Refused
from xinheng.texts import T

KINDS = {
    "licence": T("资质证照", "Licence"),
    "statement": T("财务报表", "Financial statement"),
    "contract": T("合同", "Contract"),
    "visit_photo": T("走访照片", "Photo of a visit"),
    "reference": T("资信证明", "Reference"),
    "other": T("其他", "Other"),
}
CLASSES = {
    1: T("1 内部", "1 internal"),
    2: T("2 受限", "2 restricted"),
    3: T("3 机密", "3 secret"),
}
FILL_IN = lazystr(T("请填写此项。", "Fill this in."))
DAY = lazystr(T("请写成 2026-11-22 这样的日期。", "Give a date such as 2026-11-22."))
CHOOSE = lazystr(T("请从列表中选择。", "Choose one of the list."))
CHOOSE_AGAIN = T("请重新选择文件。", "Choose the file again.")
_FIELD_OF = {
    DossierRefusal.DOCUMENT_KIND: "kind",
    DossierRefusal.DOCUMENT_CLASS: "secrecy",
    DossierRefusal.DOCUMENT_TITLE: "title",
    DossierRefusal.DOCUMENT_PERIOD: "valid_until",
    DossierRefusal.DOCUMENT_KNOWN: "file",
    DossierRefusal.DOCUMENTS_FULL: "file",
}


def _day(label: T, help_text: T | str = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": DAY},
    )


class DocumentForm(forms.Form):
    """One file and what is told about it."""

    file = forms.FileField(
        label=T("文件", "File"),
        help_text=T(
            "PDF、JPEG、PNG、CSV 或 XLSX，最大 {m} MB。照片里的位置和相机信息会被去掉。",
            "PDF, JPEG, PNG, CSV or XLSX, at most {m} MB. Photos lose place and camera.",
        ).format(m=BYTES_MAX // 1024 // 1024),
        max_length=255,
        widget=forms.FileInput(
            attrs={"accept": ",".join(ending for one in ENDINGS.values() for ending in one)}
        ),
        error_messages=dict.fromkeys(
            ("required", "invalid", "missing", "empty", "max_length"),
            lazystr(DossierRefusal.UPLOAD_EMPTY.value),
        ),
    )
    kind = forms.ChoiceField(
        label=T("类别", "Kind"),
        choices=list(KINDS.items()),
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    title = forms.CharField(
        label=T("标题", "Title"),
        max_length=TITLE_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": FILL_IN,
            "max_length": lazystr(DossierRefusal.DOCUMENT_TITLE.value.format(most=TITLE_MAX)),
        },
    )
    secrecy = forms.TypedChoiceField(
        label=T("密级", "Secrecy"),
        coerce=int,
        initial=2,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
    valid_from = _day(T("有效期自", "Valid from"))
    valid_until = _day(
        T("有效期至", "Valid until"), T("没有期限则留空。", "Empty where it has no end.")
    )

    def __init__(self, *args: Any, may_keep_secret: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["secrecy"].choices = [  # type: ignore[attr-defined]
            (number, label) for number, label in CLASSES.items() if number < 3 or may_keep_secret
        ]

    def told(self, customer_code: str) -> NewDocument:
        values = {name: value for name, value in self.cleaned_data.items() if name != "file"}
        return NewDocument(customer_code=customer_code, **values)

    def add_refusal(self, refused: Refused) -> None:
        """The refusal beside its field; what is not about a field stands above the form."""
        upload = refused.code.name.startswith("UPLOAD_")
        field = "file" if upload else _FIELD_OF.get(refused.code)  # type: ignore[call-overload]
        self.add_error(field, forms.ValidationError(str(refused.text)))

    def ask_for_the_file_again(self) -> None:
        if "file" not in self.errors:
            self.add_error("file", forms.ValidationError(str(CHOOSE_AGAIN)))
