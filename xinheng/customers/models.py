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
    STATUSES = ["active", "watch", "blocked", "closed"]

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    pinyin = models.CharField(max_length=400, blank=True)
    initials = models.CharField(max_length=100, blank=True)
    uscc = models.CharField(max_length=18, blank=True)
    country = models.CharField(max_length=60, blank=True)
    city = models.CharField(max_length=120, blank=True)
    industry = models.CharField(max_length=120, blank=True)
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
                condition=models.Q(status__in=["active", "watch", "blocked", "closed"]),
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
