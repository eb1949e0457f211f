"""Who may do what: the company, its business units, users with roles, money authority and API keys.

A role is a set of permission words ("holds.release"); an authority says up to which amount a role
may decide. Example: the role `credit_manager` may release holds up to 5,000,000.00 CNY of exposure
after the release.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Company(models.Model):
    """The seller: one installation is one seller, so there is exactly one row."""

    one = models.BooleanField(primary_key=True, default=True)
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    base_currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=64, default="Asia/Shanghai")
    set_up_at = models.DateTimeField()
    demonstration = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(one=True), name="company_is_one")]


class BusinessUnit(models.Model):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")


class Role(models.Model):
    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    permissions = ArrayField(models.CharField(max_length=60))


class UserQuery(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person who signs in. `business_unit` null with `sees_all_units` means the whole book."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    business_unit = models.ForeignKey(
        BusinessUnit, models.PROTECT, null=True, blank=True, related_name="+"
    )
    sees_all_units = models.BooleanField(default=False)
    roles = models.ManyToManyField(Role, related_name="+")
    is_active = models.BooleanField(default=True)
    demonstration = models.BooleanField(default=False)
    language = models.CharField(max_length=10, default="zh-hans")
    created_at = models.DateTimeField()

    objects = UserQuery()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []

    def permissions(self) -> frozenset[str]:
        """Every permission word of every role, read once per instance (one request)."""
        if "_permissions" not in self.__dict__:
            words = {word for role in self.roles.all() for word in role.permissions}
            self.__dict__["_permissions"] = frozenset(words)
        found: frozenset[str] = self.__dict__["_permissions"]
        return found

    def may(self, permission: str) -> bool:
        return self.is_active and permission in self.permissions()

    def __str__(self) -> str:
        return self.name


class Authority(models.Model):
    """Up to which amount a role decides an action; `unlimited` is a word, not a number."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="+")
    # release_hold: exposure after | special_approval: what exceeds the limit | grant_line: amount
    action = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    up_to_minor = models.BigIntegerField(null=True, blank=True)
    unlimited = models.BooleanField(default=False)
    days_max = models.IntegerField(null=True, blank=True)  # special_approval: for how long

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "action", "currency"], name="authority_once"),
            models.CheckConstraint(
                condition=models.Q(unlimited=True, up_to_minor__isnull=True)
                | models.Q(unlimited=False, up_to_minor__gte=0),
                name="authority_amount_or_unlimited",
            ),
        ]


class Deputy(models.Model):
    """Who decides in a person's absence, from day to day, and up to which amount."""

    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    deputy = models.ForeignKey(User, models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField()
    currency = models.CharField(max_length=3, blank=True)  # of up_to_minor
    up_to_minor = models.BigIntegerField(null=True)  # null: as far as the person's own authority
    entered_by = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(person=models.F("deputy")), name="deputy_is_another"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("valid_from")), name="deputy_period"
            ),
        ]


class SavedView(models.Model):
    """A person's named filter of a page: the query as it stands in the address."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    page = models.CharField(max_length=20)  # holds | customers | limits
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)
    shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_once")
        ]


class ApiKey(models.Model):
    """A machine's key: only the SHA-256 of its 256-bit secret is kept. `owner` is the person behind
    it.
    """

    prefix = models.CharField(max_length=16, unique=True)
    secret_sha256 = models.BinaryField()
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    scopes = ArrayField(models.CharField(max_length=60))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)


def unit_scope(user: Any, path: str = "business_unit") -> models.Q:
    """The rows of a user's business unit (and of no unit at all), as a filter on `path`."""
    if not getattr(user, "is_authenticated", False):
        return models.Q(pk__in=[])
    if user.sees_all_units:
        return models.Q()
    return models.Q(**{f"{path}_id": user.business_unit_id, f"{path}__isnull": False})
