"""The house's rounds: what the jobs process looks after, how often, on one page.

Each round asks its room what is due and does a bounded part of it; a round that fails is logged and
comes again. A lost tick costs a second, never the work, because the work is found by state:
reservations past their time, imports that wait, customers whose ledger moved since they were
assessed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import OperationalError, close_old_connections, connections

from xinheng.applications.applying import lapse_due
from xinheng.applications.automatic import decide_alone_due
from xinheng.applications.escalating import escalate_due
from xinheng.applications.offers import find_offers
from xinheng.applications.regrades import find_regrades
from xinheng.applications.reviews import find_reviews
from xinheng.connectors.files.queue import run_waiting
from xinheng.customers.duplicates import look_for_pairs, state_of_the_book
from xinheng.customers.models import Customer
from xinheng.decisions.actions import expire_due
from xinheng.decisions.assess import assess, due
from xinheng.decisions.licences import follow_licences
from xinheng.decisions.models import Rating
from xinheng.decisions.notices import look_after
from xinheng.decisions.overriding import end_expired
from xinheng.decisions.rechecking import recheck_due, recheck_horizon
from xinheng.decisions.reminding import remind
from xinheng.dossiers.standing import count_moved
from xinheng.inquiries.retention import end_reports
from xinheng.intake.actions import close_interrupted
from xinheng.limits.granting import bring_due_in_force
from xinheng.modelling.samples import draw_waiting
from xinheng.modelling.training import left_running_waits_again, train_next, work_waits
from xinheng.people.actor import system
from xinheng.people.queries import company, today
from xinheng.receivables.actions import bring_in_due, retry_quarantined
from xinheng.receivables.watching import watch

ASSESS_MAX = 2_000
WATCH_MAX = 500
GRADES_MAX = 500
TICK_SECONDS = 1.0
log = logging.getLogger(__name__)


class Round(NamedTuple):
    """A task and how many seconds pass between two looks."""

    name: str
    every_seconds: float
    look: Callable[[datetime], int]


def expire_reservations(at: datetime) -> int:
    """Reservations whose time is over give their credit back."""
    return expire_due(at=at)


def run_imports(at: datetime) -> int:
    """Files that were handed over on a page are tried, and imported once confirmed, here."""
    return run_waiting(at=at)


def recheck_holds(at: datetime) -> int:
    """Held orders are decided again when money, documents or a day came."""
    return recheck_due(at=at)


def recheck_near_orders(at: datetime) -> int:
    """Orders whose delivery comes within the horizon are decided again."""
    return recheck_horizon(at=at)


def tell_people(at: datetime) -> int:
    """Overdue holds are escalated; who should know of a hold is told."""
    return look_after(at=at)


def turn_limits(at: datetime) -> int:
    """Limits that began, ran out or return today come into force, and what covers add."""
    return bring_due_in_force(today=today(at), at=at)


def bring_in_documents(at: datetime) -> int:
    """Receipts whose day has come pay; guarantees and recourse that ran out count no more."""
    return bring_in_due(today=today(at), at=at)


def look_into_quarantine(at: datetime) -> int:
    """Messages that fit by now go in after all."""
    return retry_quarantined(at=at)


class Watch:
    """Walks over all customers again and again, some at a time, comparing lines with documents."""

    def __init__(self) -> None:
        self.after = 0

    def __call__(self, at: datetime) -> int:
        rows = Customer.objects.filter(pk__gt=self.after).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:WATCH_MAX])
        self.after = ids[-1] if len(ids) == WATCH_MAX else 0
        for off in watch(ids, at=at) if ids else ():
            log.error("exposure differs from its documents: %s", off)
        return len(ids)


class LookForPairs:
    """Looks for customers that may be one whenever some were entered or changed."""

    def __init__(self) -> None:
        self.seen: object = None

    def __call__(self, at: datetime) -> int:
        now = state_of_the_book()
        if now == self.seen:
            return 0
        found = look_for_pairs(at=at)
        self.seen = now
        return found


def count_files(at: datetime) -> int:
    """Credit files that changed, or that a new day changes, are counted for the order check."""
    return count_moved(today=today(at), at=at)


def suspend_for_licences(at: datetime) -> int:
    """Licences that ended take the limits with them, new ones bring them back."""
    return follow_licences(today=today(at), at=at)


def remind_people(at: datetime) -> int:
    """Papers that are about to end and facts that wait too long are told to who should know."""
    return remind(at=at)


def decide_applications(at: datetime) -> int:
    """Small applications that the authority matrix lets pass, or no rule could, need no person."""
    return decide_alone_due(at=at)


def escalate_applications(at: datetime) -> int:
    """Seats that nobody took for two working days are open to the next higher roles."""
    return escalate_due(at=at)


def lapse_applications(at: datetime) -> int:
    """Drafts and returned applications that nobody touched for long end."""
    return lapse_due(actor=system("jobs"), at=at)


def look_at_calendar(at: datetime) -> int:
    """Customers due for a look get a review; what settled itself is closed."""
    return 0 if company() is None else find_reviews(today=today(at), at=at)


def offer_more(at: datetime) -> int:
    """Customers that pay on time and use their limit are put forward; what no longer holds ends."""
    return 0 if company() is None else find_offers(today=today(at), at=at)


def end_old_reports(at: datetime) -> int:
    """Bureaus' reports whose days of keeping are over are emptied."""
    return end_reports(today=today(at), at=at)


class LookAtGrades:
    """Walks over rated customers, some at a time, holding grades against how they pay."""

    def __init__(self) -> None:
        self.after = 0

    def __call__(self, at: datetime) -> int:
        rows = Rating.objects.filter(pk__gt=self.after).order_by("pk")
        ids = list(rows.values_list("pk", flat=True)[:GRADES_MAX])
        self.after = ids[-1] if len(ids) == GRADES_MAX else 0
        return find_regrades(ids, today=today(at), at=at) if ids else 0


def end_overrides(at: datetime) -> int:
    """Grades that persons set for a while go back to what the model says."""
    return end_expired(today=today(at), at=at)


def assess_customers(at: datetime) -> int:
    """Customers whose ledger moved, or whose rating ran out, are scored again."""
    if company() is None:
        return 0
    waiting = due(ASSESS_MAX, today=today(at))
    if not waiting:
        return 0
    return assess(waiting, as_of=today(at), actor=system("jobs"), at=at)


class LearnModels:
    """Draws samples and learns models beside the other rounds: a training may take its half minute,
    and a held order must not wait for it. One thread; what it was at when stopped waits again.
    """

    def __init__(self) -> None:
        self.thread: threading.Thread | None = None

    def __call__(self, at: datetime) -> int:
        if self.thread is not None and self.thread.is_alive():
            return 0
        if self.thread is None:
            left_running_waits_again(at=at)
        if not work_waits(at=at):
            return 0
        self.thread = threading.Thread(target=self.learn, name="models", daemon=True)
        self.thread.start()
        return 1

    def learn(self) -> None:
        try:
            while draw_waiting(actor=system("jobs"), at=datetime.now(UTC)) or train_next(_now):
                pass
        except Exception:
            log.exception("a sample or a training failed")
        finally:
            connections.close_all()


def _now() -> datetime:
    return datetime.now(UTC)


def score_challengers(at: datetime) -> int:
    """Challengers score the customers that the live card has assessed; numpy is asked only here."""
    from xinheng.modelling.shadowing import score_challengers as score

    done = score(at=at)
    for one in done.failures:
        log.error("challenger %s can't be evaluated: %s", one.name, one.en)
    return done.rows


def watch_drift(at: datetime) -> int:
    """The months that are over, and each day the running one, are held against what is expected."""
    from xinheng.modelling.drifting import watch as watch_months

    return watch_months(at=at)


ROUNDS = (
    Round("imports", 1, run_imports),
    Round("reservations", 5, expire_reservations),
    Round("held orders", 3, recheck_holds),
    Round("orders that come near", 60, recheck_near_orders),
    Round("notices", 5, tell_people),
    Round("limits in force", 30, turn_limits),
    Round("documents of the day", 60, bring_in_documents),
    Round("credit files counted", 2, count_files),
    Round("business licences", 5, suspend_for_licences),
    Round("reminders", 300, remind_people),
    Round("quarantine", 30, look_into_quarantine),
    Round("counters against documents", 15, Watch()),
    Round("reports that end", 3_600, end_old_reports),
    Round("assessments", 20, assess_customers),
    Round("grades set for a while", 60, end_overrides),
    Round("models to learn", 2, LearnModels()),
    Round("applications without a person", 5, decide_applications),
    Round("applications that wait", 60, escalate_applications),
    Round("applications that lapse", 3_600, lapse_applications),
    Round("reviews due", 300, look_at_calendar),
    Round("offers of more credit", 300, offer_more),
    Round("grades against behaviour", 30, LookAtGrades()),
    Round("customers that may be one", 300, LookForPairs()),
    Round("challengers", 30, score_challengers),
    Round("drift of the live card", 3600, watch_drift),
)


def run_forever(stop: threading.Event) -> None:
    """Make the rounds until told to stop. What a stopped process left half done is closed first."""
    _look(Round("interrupted imports", 0, _close_interrupted))
    next_look = dict.fromkeys((round_.name for round_ in ROUNDS), 0.0)
    while not stop.is_set():
        for round_ in ROUNDS:
            if time.monotonic() >= next_look[round_.name] and not stop.is_set():
                _look(round_)
                next_look[round_.name] = time.monotonic() + round_.every_seconds
        stop.wait(TICK_SECONDS)


def _close_interrupted(at: datetime) -> int:
    return close_interrupted(started_before=at, actor=system("jobs"), at=at)


def _look(round_: Round) -> None:
    try:
        close_old_connections()
        round_.look(datetime.now(UTC))
    except OperationalError as error:
        log.warning("round %s: the database does not answer: %s", round_.name, error)
        connections["default"].close()
    except Exception:
        log.exception("round %s failed; it comes again", round_.name)
