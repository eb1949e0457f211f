"""One guarded way to a row: what a door reads for a person goes through `visible_to`.

Guarded models are those whose manager knows `visible_to`. A read of one in a page or JSON view
either says it, or is narrowed to a customer that was found that way before (`customer=…`).
"""

from __future__ import annotations

import ast

import pytest
from django.apps import apps

from tests.house.plan import REPOSITORY, modules

GUARDED = {
    model.__name__
    for model in apps.get_models()
    if model.__module__.startswith("xinheng.") and hasattr(model._default_manager, "visible_to")
}


def unguarded_reads(source: str) -> list[str]:
    """Reads of guarded models that neither say `visible_to` nor keep to one customer's rows."""
    tree = ast.parse(source)
    above = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and node.attr == "objects"):
            continue
        if not (isinstance(node.value, ast.Name) and node.value.id in GUARDED):
            continue
        said = _chain(node, above)
        if "visible_to" not in said and not any(word.startswith("customer") for word in said):
            found.append(f"line {node.lineno}: {node.value.id}.objects.{'.'.join(said)}")
    return found


def _chain(node: ast.AST, above: dict[int, ast.AST]) -> list[str]:
    """Methods called on it, one after the other, and the names of their keyword arguments."""
    said: list[str] = []
    while isinstance(parent := above.get(id(node)), ast.Attribute | ast.Call):
        if isinstance(parent, ast.Attribute):
            said.append(parent.attr)
        elif parent.func is node:
            said += [keyword.arg or "" for keyword in parent.keywords]
        else:
            break
        node = parent
    return said


def test_the_guarded_models_are_those_with_a_customer() -> None:
    assert {"Customer", "Invoice", "Receipt", "Order", "Decision", "Hold", "Statement"} <= GUARDED


def test_pages_and_json_views_read_only_what_their_person_may_see() -> None:
    faults = [
        f"{m.path.relative_to(REPOSITORY)} {fault}"
        for m in modules()
        if m.part in ("web", "api")
        for fault in unguarded_reads(m.source)
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "source",
    [
        "row = Customer.objects.get(code=code)",
        "rows = Decision.objects.filter(order_ref=ref).order_by('pk')",
        "rows = list(Invoice.objects.all())",
        "use(Hold.objects)",
    ],
)
def test_a_read_past_the_guard_is_found(source: str) -> None:
    assert unguarded_reads(source)


@pytest.mark.parametrize(
    "source",
    [
        "row = Customer.objects.visible_to(user).filter(code=code).first()",
        "rows = Decision.objects.select_related('policy').visible_to(user)",
        "rows = Rating.objects.filter(customer=customer).first()",
        "rows = Invoice.objects.filter(customer_id__in=ids)",
        "units = BusinessUnit.objects.all()",
    ],
)
def test_a_guarded_read_is_fine(source: str) -> None:
    assert not unguarded_reads(source)
