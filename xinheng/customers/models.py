"""The buyers: who they are, by which names and codes they are known, and who speaks for them.

The seller's own customer code is the key that files, the API and people use. Company names are
business facts and searchable (name, pinyin, initials, USCC); people's names and numbers are
ciphertext from birth under a data key in `vault`. Example: 重庆长安 is found by 长安, `chongqing`,
`cqca` or its 18-digit code.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from xinheng.people.models import unit_scope


class CustomerQuery(models.QuerySet["Customer"]):
    def visible_to(self, user: Any) -> CustomerQuery:
        """The customers that this user may see: the user's own business unit, or all."""
        return self.filter(unit_scope(user))


class Customer(models.Model):
    STATUSES = ["prospect", "active", "watch", "blocked", "closed"]

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    pinyin = models.CharField(max_length=400, blank=True)
    initials = models.CharField(max_length=100, blank=True)
    uscc = models.CharField(max_length=18, blank=True)
    country = models.CharField(max_length=60, blank=True)
    city = models.CharField(max_length=120, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    # chosen by a person from GB/T 2260 and GB/T 4754; files keep telling `city` and `industry`
    division_code = models.CharField(max_length=6, blank=True, db_default="")
    industry_code = models.CharField(max_length=5, blank=True, db_default="")
    status = models.CharField(max_length=10, default="active")
    business_unit = models.ForeignKey(
        "people.BusinessUnit", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # the group tree: who controls this company; group limits hang on a head
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    # who pays this company's orders, where that is not itself (the head office for its branches)
    payer = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    # found to be the same company as another one: an alias of it; its rows stay where they are
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    # lower-case code, names, pinyin, initials and USCC in one column with a trigram index
    search_text = models.TextField(blank=True)
    data_key_id = models.UUIDField()  # vault.DataKey of this company
    simulated = models.BooleanField(default=False)
    source = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = CustomerQuery.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["prospect", "active", "watch", "blocked", "closed"]),
                name="customer_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id"))
                & ~models.Q(payer=models.F("id"))
                & ~models.Q(merged_into=models.F("id")),
                name="customer_not_its_own_relative",
            ),
        ]
        indexes = [
            models.Index(fields=["business_unit", "code"], name="customer_unit"),
            models.Index(fields=["uscc"], name="customer_uscc"),
        ]

    def __str__(self) -> str:
        return self.name


class OtherName(models.Model):
    """Another spelling or a former name under which files knew the customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="other_names")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, default="spelling")  # spelling | former
    first_seen_at = models.DateTimeField()
    # told by a person: from and until which day the company was called so
    used_from = models.DateField(null=True)
    used_until = models.DateField(null=True)
    entered_by = models.CharField(max_length=60, blank=True, db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "name"], name="other_name_once")]


class Contact(models.Model):
    """A person at the customer: each personal column is sealed under the person's own data key."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    role = models.CharField(max_length=60, blank=True)
    data_key_id = models.UUIDField()
    name_sealed = models.BinaryField()
    phone_sealed = models.BinaryField(null=True)
    email_sealed = models.BinaryField(null=True)
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField()


class Identity(models.Model):
    """A number by which the world knows the company, with what its check said at the time.

    A second USCC, LEI or DUNS ends the first; VAT and other numbers stand side by side. What a
    person took on against the check says who and why.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=40)
    verdict = models.CharField(max_length=10)
    override_reason = models.CharField(max_length=1000, blank=True)
    entered_by = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["uscc", "lei", "duns", "vat", "other"]),
                name="identity_kind_known",
            ),
            # an invalid number is never kept, and an overridden one never without a reason
            models.CheckConstraint(
                condition=models.Q(verdict__in=["valid", "warn", "unchecked"], override_reason="")
                | (models.Q(verdict="override") & ~models.Q(override_reason="")),
                name="identity_override_has_a_reason",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind", "value"],
                condition=models.Q(ended_at=None),
                name="identity_once",
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(ended_at=None, kind__in=["uscc", "lei", "duns"]),
                name="identity_one_of_its_kind",
            ),
        ]
        indexes = [models.Index(fields=["kind", "value"], name="identity_value")]


class ControlQuery(models.QuerySet["Control"]):
    def visible_to(self, user: Any) -> ControlQuery:
        """Shares of which the user may see both companies."""
        return self.filter(
            unit_scope(user, "owner__business_unit"), unit_scope(user, "owned__business_unit")
        )


class Control(models.Model):
    """How much of a company another one holds, as one person entered and another verified.

    6,000 is 60 %. A verified one ends the verified one before it of the same two and the same kind.
    It is told, not deduced: limits follow `Customer.parent`, which a person sets.
    """

    KINDS = ["equity", "voting", "actual"]

    owner = models.ForeignKey(Customer, models.PROTECT, related_name="owns")
    owned = models.ForeignKey(Customer, models.PROTECT, related_name="owned_by")
    kind = models.CharField(max_length=10)
    share_bps = models.PositiveSmallIntegerField()
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    source = models.CharField(max_length=60)
    entered_by = models.CharField(max_length=60)
    entered_person = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()
    verified_by = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=1000, blank=True)

    objects = ControlQuery.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["equity", "voting", "actual"]),
                name="control_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(share_bps__range=(1, 10_000)), name="control_share_in_range"
            ),
            models.CheckConstraint(
                condition=~models.Q(owner=models.F("owned")), name="control_of_another"
            ),
            models.CheckConstraint(
                condition=models.Q(since=None)
                | models.Q(until=None)
                | models.Q(until__gte=models.F("since")),
                name="control_days_in_order",
            ),
            models.UniqueConstraint(
                fields=["owner", "owned", "kind"],
                condition=models.Q(ended_at=None, verified_at__isnull=False),
                name="control_stands_once",
            ),
            models.UniqueConstraint(
                fields=["owner", "owned", "kind"],
                condition=models.Q(ended_at=None, verified_at=None),
                name="control_waits_once",
            ),
        ]


class Merge(models.Model):
    """One merge of two records, and how it ended: who, when and why. Rows of the merged record stay
    where they are, so what each brought is read from the records themselves.
    """

    alias = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    survivor = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=1000)
    merged_by = models.CharField(max_length=60)
    merged_at = models.DateTimeField()
    parted_reason = models.CharField(max_length=1000, blank=True)
    parted_by = models.CharField(max_length=60, blank=True)
    parted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alias"], condition=models.Q(parted_at=None), name="merge_stands_once"
            ),
        ]


class AlikePairQuery(models.QuerySet["AlikePair"]):
    def visible_to(self, user: Any) -> AlikePairQuery:
        """Pairs of which the user may see both."""
        return self.filter(
            unit_scope(user, "one__business_unit"), unit_scope(user, "other__business_unit")
        )


class AlikePair(models.Model):
    """Two customers that may be one company: why, how alike, and what a person said to it.

    `one` is the older of the two. A merge is read from the customers, not kept here, so that a
    company taken apart again is found again.
    """

    one = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    other = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()  # per mille
    reasons = models.JSONField(default=list)  # [["uscc", "91…"], ["name", "0.83"]]
    found_at = models.DateTimeField()
    different_reason = models.CharField(max_length=1000, blank=True)
    different_by = models.CharField(max_length=60, blank=True)
    different_at = models.DateTimeField(null=True, blank=True)

    objects = AlikePairQuery.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="alike_pair_once"),
            models.CheckConstraint(
                condition=models.Q(one__lt=models.F("other")), name="alike_pair_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(different_at=None, different_reason="")
                | (models.Q(different_at__isnull=False) & ~models.Q(different_reason="")),
                name="alike_pair_different_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["-score", "id"], name="alike_pair_score")]
