"""What was sold and what was paid: orders, invoices, receipts and which receipt settles which
invoice.

Amounts are integer minor units. An invoice's open amount on a day is its amount less the
allocations applied by that day; a receipt's unapplied part stays visible. Example: invoice
80,000.00 with 20,000.00 applied is open at 60,000.00. Credit notes are invoices with a negative
amount.

Only indexes that serve a read are kept, because imports write all of them: the composite ones begin
with the customer (or the receipt), and numbers go without a CharField's second unique index.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT

from xinheng.customers.models import Customer
from xinheng.people.models import unit_scope


class OwnedQuery(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> OwnedQuery:
        return self.filter(unit_scope(user, "customer__business_unit"))


class QuarantinedQuery(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> QuarantinedQuery:
        """Messages about customers that the person sees; about unknown ones, who sees all units."""
        if user.is_authenticated and user.sees_all_units:
            return self
        seen = Customer.objects.visible_to(user).values("code")
        named = self.alias(customer_code=KT("row__customer_code"))
        found: QuarantinedQuery = named.filter(customer_code__in=seen)
        return found


class Order(models.Model):
    """An order as the ERP knows it; its open value counts in exposure until it is invoiced."""

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    open_minor = models.BigIntegerField(default=0)  # still to be invoiced; 0 when closed
    ordered_on = models.DateField()
    delivery_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, default="open")  # open | closed | cancelled
    scope = models.CharField(
        max_length=60, default="", db_default="", blank=True
    )  # as limits.CreditLine.scope
    # the sender's own counter of changes; a message older than what is stored changes nothing
    revision = models.BigIntegerField(default=0, db_default=0)
    simulated = models.BooleanField(default=False)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="order_number"),
            models.CheckConstraint(condition=Q(open_minor__gte=0), name="order_open_not_negative"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "closed", "cancelled"]), name="order_state_known"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-ordered_on"], name="order_customer")]


class Invoice(models.Model):
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    # amount less everything applied so far; 0 for a credit note: its rest is its own receipt's
    open_minor = models.BigIntegerField()
    issued_on = models.DateField()
    due_on = models.DateField()
    terms = models.CharField(max_length=20, blank=True)
    order_number = models.CharField(max_length=80, blank=True)
    credits = models.CharField(
        max_length=80, default="", db_default="", blank=True
    )  # a credit note: the invoice it corrects
    scope = models.CharField(max_length=60, default="", db_default="", blank=True)
    # since when the seller accepts the dispute; an accepted one leaves the overdue test for a while
    dispute_accepted_on = models.DateField(null=True, blank=True)
    # the sender's own counter of changes; a message older than what is stored changes nothing
    revision = models.BigIntegerField(default=0, db_default=0)
    # a file says "settled on": a receipt in full of its own, so that one mechanism applies cash
    settled_on = models.DateField(null=True, blank=True)
    disputed = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)  # due date and settlement may be; see `source`
    source = models.CharField(max_length=60, blank=True)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="invoice_number"),
            models.CheckConstraint(
                condition=Q(open_minor__gte=0)
                & (Q(open_minor__lte=F("amount_minor")) | Q(amount_minor__lt=0)),
                name="invoice_open_within_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "due_on"], name="invoice_customer_due"),
            models.Index(
                fields=["order_number"], condition=~Q(order_number=""), name="invoice_order"
            ),
            models.Index(
                fields=["customer", "currency", "due_on"],
                condition=~Q(open_minor=0),
                name="invoice_open",
            ),
        ]


class Receipt(models.Model):
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=90)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    unapplied_minor = models.BigIntegerField()
    received_on = models.DateField()
    reference = models.CharField(
        max_length=80, blank=True
    )  # the invoice number that the payer named
    method = models.CharField(max_length=20, blank=True)
    # paid before delivery: what is not applied yet counts as `prepaid` once the bank confirmed it
    prepayment = models.BooleanField(default=False, db_default=False)
    confirmed = models.BooleanField(default=True, db_default=True)
    # its day has come: a receipt of a later day pays nothing and lowers nothing before
    entered = models.BooleanField(default=True, db_default=True)
    # the sender's own counter of changes; a message older than what is stored changes nothing
    revision = models.BigIntegerField(default=0, db_default=0)
    simulated = models.BooleanField(default=False)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="receipt_number"),
            models.CheckConstraint(
                condition=Q(unapplied_minor__gte=0), name="receipt_unapplied_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "received_on"], name="receipt_customer"),
            models.Index(
                fields=["received_on"], condition=Q(entered=False), name="receipt_to_come"
            ),
        ]


class Delivery(models.Model):
    """Goods that left (or came back: a negative amount), at their sales value. What is delivered
    and not invoiced yet is the line's `unbilled`.
    """

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    delivered_on = models.DateField()
    order_number = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, default="posted")  # posted | cancelled
    scope = models.CharField(max_length=60, default="", db_default="", blank=True)
    # the sender's own counter of changes; a message older than what is stored changes nothing
    revision = models.BigIntegerField(default=0, db_default=0)
    simulated = models.BooleanField(default=False)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="delivery_number"),
            models.CheckConstraint(
                condition=Q(state__in=["posted", "cancelled"]), name="delivery_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-delivered_on"], name="delivery_customer"),
            models.Index(
                fields=["order_number"], condition=~Q(order_number=""), name="delivery_order"
            ),
        ]


class OrderChain(models.Model):
    """What documents say about one order number of one customer: ordered, delivered, invoiced. An
    order check reads it in one look; it is computed anew whenever one of the documents changes.

    covered = all of it when the order is closed or cancelled, else the largest of the three.
    """

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    scope = models.CharField(max_length=60, default="", db_default="", blank=True)
    delivery_on = models.DateField(null=True)
    ended = models.BooleanField(default=False)  # closed or cancelled by the ERP
    ordered_minor = models.BigIntegerField(default=0)
    delivered_minor = models.BigIntegerField(default=0)
    invoiced_minor = models.BigIntegerField(default=0)
    open_minor = models.BigIntegerField(default=0)  # counts in `orders`
    unbilled_minor = models.BigIntegerField(default=0)  # counts in `unbilled`

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "customer", "currency"], name="chain_once"),
            models.CheckConstraint(
                condition=Q(open_minor__gte=0) & Q(unbilled_minor__gte=0),
                name="chain_not_negative",
            ),
        ]
        indexes = [models.Index(fields=["customer"], name="chain_customer")]


class Bill(models.Model):
    """A bill of exchange (银行 / 商业承兑汇票) received: it settles invoices like cash and stays as
    exposure of its own kind until nobody can come back to us: cleared, or recourse over.
    """

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)  # listed (bank) | bank (other) | commercial
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    received_on = models.DateField()
    due_on = models.DateField()
    state = models.CharField(max_length=10, default="held")
    state_on = models.DateField(null=True, blank=True)
    recourse_until = models.DateField(null=True, blank=True)
    reference = models.CharField(max_length=80, blank=True)  # the invoice that it pays
    acceptor = models.CharField(max_length=200, blank=True)
    counts_minor = models.BigIntegerField(default=0, db_default=0)  # as exposure, today
    # the sender's own counter of changes; a message older than what is stored changes nothing
    revision = models.BigIntegerField(default=0, db_default=0)
    simulated = models.BooleanField(default=False)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="bill_number"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="bill_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=["listed", "bank", "commercial"]), name="bill_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["held", "discounted", "endorsed", "cleared", "bounced", "returned"]
                ),
                name="bill_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "due_on"], name="bill_customer"),
            models.Index(
                fields=["recourse_until"], condition=~Q(counts_minor=0), name="bill_recourse"
            ),
        ]


class Guarantee(models.Model):
    """A guarantee that we gave for the customer (保函, 担保): exposure while it is open."""

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    issued_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, default="open")  # open | ended
    beneficiary = models.CharField(max_length=200, blank=True)
    counts_minor = models.BigIntegerField(default=0, db_default=0)  # as exposure, today
    # the sender's own counter of changes; a message older than what is stored changes nothing
    revision = models.BigIntegerField(default=0, db_default=0)
    simulated = models.BooleanField(default=False)

    objects = OwnedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="guarantee_number"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="guarantee_positive"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "ended"]), name="guarantee_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["customer"], name="guarantee_customer"),
            models.Index(
                fields=["valid_until"], condition=~Q(counts_minor=0), name="guarantee_runs_out"
            ),
        ]


class Quarantined(models.Model):
    """A message that contradicts what is known: kept word for word, told, never applied."""

    kind = models.CharField(max_length=12)  # orders | deliveries | invoices | ...
    number = models.CharField(max_length=90)
    row = models.JSONField()
    code = models.CharField(max_length=40)  # name of a ReceivablesRefusal
    # the batch that brought it first: undoing it ends this too
    batch = models.ForeignKey(
        "intake.ImportBatch", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField()  # last
    times = models.IntegerField(default=1)
    resolved_at = models.DateTimeField(null=True)  # applied after all, or dismissed by a person
    resolved_by = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=1000, blank=True, db_default="")

    objects = QuarantinedQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "number", "code", "row"],
                condition=Q(resolved_at__isnull=True),
                name="quarantined_once",
            )
        ]


class Allocation(models.Model):
    """A part of a receipt (or credit note) that settles a part of an invoice, from `applied_on`."""

    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="allocations", db_index=False)
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="allocations")
    amount_minor = models.BigIntegerField()
    applied_on = models.DateField()
    rule = models.CharField(max_length=10)  # reference | oldest | settled

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="allocation_positive"),
            models.UniqueConstraint(
                fields=["receipt", "invoice", "applied_on"], name="allocation_once"
            ),
        ]
        # "as of" questions only look at what was applied after the day
        indexes = [models.Index(fields=["applied_on"], name="allocation_applied")]


class Difference(models.Model):
    """A figure of a credit line that its documents do not bear out: an alarm until both agree."""

    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    scope = models.CharField(max_length=60, blank=True)
    component = models.CharField(max_length=100)  # or "due", "order_due", "promised:ORDER"
    day = models.DateField(null=True)
    counter_minor = models.BigIntegerField()
    documents_minor = models.BigIntegerField()
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)

    objects = OwnedQuery.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["customer"],
                condition=Q(resolved_at__isnull=True),
                name="difference_standing",
            )
        ]
