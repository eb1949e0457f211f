"""Actions: who acts and when are told to them, somebody has asked whether they may, and nobody else
writes.

An action authorises itself: the calls of its module lead to `may(`. Or it is a *step* of another
action, which has authorised and records in the ledger; then it says so here, with whose step it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.plan import (
    DOORS,
    HOUSE,
    ROOMS,
    Module,
    chance_reads,
    clock_reads,
    imported,
    modules,
    writes,
)

# Functions of actions.py that do not authorise: whose step they are.
STEPS = {
    "vault.start": "every start of the processes, before anybody is there",
    "vault.create_keys": "the action that makes a customer or a contact",
    "vault.system_key": "the action whose entry is about nobody",
    "vault.destroy_key": "an erasure, or the removal of the demonstration",
    "vault.rewrap": "an operator at the machine, who has the key files anyway",
    "vault.rewrap_rest": "an operator at the machine, who has the key files anyway",
    "ledger.append": "every action; it writes the entry of what the action has authorised",
    "ledger.append_one": "the action whose one entry it is",
    "ledger.new_ids": "draws ids, writes nothing",
    "people.set_up": "a door that holds the one-time token; refused once a company exists",
    "people.note_key_use": "the JSON door, about a key it has just checked",
    "policies.adopt_shipped": "every start; it fills kinds that have no policy at all",
    "policies.body_sha256": "computes, writes nothing",
    "intake.note_changes": "a room's record_*, inside an import",
    "intake.finish_batch": "an import that open_batch has authorised",
    "intake.mark_undone": "an undo that require_undoable has authorised",
    "intake.close_interrupted": "the jobs process, about batches that never committed",
    "intake.note_trial": "the jobs process; a person with imports.run asked for the trial",
    "intake.claim_waiting": "the jobs process; a person with imports.run made the batch",
    "customers.record_customers": "an import that open_batch has authorised",
    "customers.ensure_customers": "an import that open_batch has authorised",
    "customers.undo_batch": "an undo that require_undoable has authorised",
    "limits.ensure_lines": "the action that needs the line; an unset line gives no credit",
    "limits.post": "the action in receivables that recorded the document",
    "limits.reserve": "check_orders or release_hold",
    "limits.end_reservations": "cancel, check_orders or expire_due of decisions",
    "limits.expire_due": "expire_due of decisions",
    "receivables.bring_in_due": "the jobs process; the documents said when",
    "receivables.retry_quarantined": "the jobs process, for imports that open_batch authorised",
    "decisions.expire_due": "the jobs process; the policy said when, at the order check",
}
# Steps that need not be told the time, because they write none.
TIMELESS = {
    *("vault.start", "vault.rewrap", "vault.rewrap_rest", "ledger.new_ids"),
    *("intake.note_changes", "intake.claim_waiting", "intake.note_trial", "limits.lock_lines"),
    "policies.body_sha256",
}

# Modules besides actions.py that write, and why.
WRITERS = {
    "xinheng.limits.sql": "the statements of limits/actions.py",
    "xinheng.limits.plan_sql": "the statements behind dated limits, covers and the tree of lines",
    "xinheng.customers.alike_sql": "the statements of customers/duplicates.py",
    "xinheng.customers.duplicates": "pairs that a round finds and a person judges",
    "xinheng.customers.identities": "a company's numbers, a module of its own",
    "xinheng.customers.control": "who holds how much of whom, a module of its own",
    "xinheng.customers.naming": "names, readings, place and trade, a module of its own",
    "xinheng.customers.told_numbers": "how actions.py brings in and takes back numbers of files",
    "xinheng.dossiers.statement_versions": "how actions and statement_filing bring in versions",
    "xinheng.dossiers.statement_filing": "what persons do to statements, a module of its own",
    "xinheng.dossiers.filing": "documents in, out and withdrawn, a module of its own",
    "xinheng.customers.relations": "steps of decisions.regrouping, which authorises and records",
    "xinheng.decisions.sql": "the statements of decisions/actions.py",
    "xinheng.decisions.holding": "where a hold ends, for cancel and releasing",
    "xinheng.decisions.releasing": "what persons do to a held order, a module of its own",
    "xinheng.decisions.forcing": "a person's stop, a module of its own",
    "xinheng.decisions.reviewing": "“a human, please”, a module of its own",
    "xinheng.decisions.notices": "who is told what, found by state in a round",
    "xinheng.decisions.rechecking": "held orders decided again by state, in a round",
    "xinheng.decisions.moved": "which state a hold was judged on, for rechecking",
    "xinheng.decisions.assess": "one action over thousands of customers, a module of its own",
    "xinheng.decisions.effective": "what counts of a grade, for assess and for acts on overrides",
    "xinheng.decisions.overriding": "another grade than the model's, a module of its own",
    "xinheng.decisions.taking_expert": "a person's rating put in force, for modelling",
    "xinheng.people.deputies": "who decides in another's absence, a module of its own",
    "xinheng.people.saved_views": "a person's own filters of a page: nothing that anybody decided",
    "xinheng.receivables.watching": "alarms of a round; it changes no figure",
    "xinheng.receivables.staging": "how receivables/actions.py brings rows in",
    "xinheng.receivables.settling": "how receivables/actions.py applies cash",
    "xinheng.receivables.chains": "how receivables/actions.py links orders to their documents",
    "xinheng.receivables.counted": "how receivables/actions.py brings in what a new day changes",
    "xinheng.receivables.quarantine": "where receivables/actions.py puts what contradicts",
    "xinheng.limits.taking_over": "a step of receivables/actions.py, on reservations",
    "xinheng.inquiries.bureau_keeping": "how inquiries/bureaus.py keeps, enters and logs",
    "xinheng.inquiries.consents": "a consent taken back, a module of its own",
    "xinheng.inquiries.retention": "reports that end, found by state in a round",
    "xinheng.inquiries.bureaus": "a report bought, handed over or read again, a module of its own",
    "xinheng.inquiries.visiting": "what persons do to a visit, a module of its own",
    "xinheng.inquiries.visit_review": "how a visit ends, a module of its own",
    "xinheng.dossiers.ending": "a step of inquiries.consents, which authorises and records",
    "xinheng.dossiers.fact_import": "a step of an import of facts, and of its undoing",
    "xinheng.dossiers.verifying": "many facts verified at once, a module of its own",
    "xinheng.dossiers.standing": "how files stand, counted by a round: a reading kept, no decision",
    "xinheng.modelling.expert_runs": "persons run expert models, a module of its own",
    "xinheng.modelling.adopting": "a run becomes a rating, a module of its own",
    "xinheng.modelling.ahp_studies": "weights by comparing pairs, a module of its own",
    "xinheng.dossiers.kept": "a step of that count: the weights of each file",
    "xinheng.dossiers.facts": "what persons do to the credit file's facts, a module of its own",
    "xinheng.customers.prospects": "companies that introduced themselves, a module of its own",
    "xinheng.inquiries.links": "links for outsiders, a module of its own",
    "xinheng.inquiries.registering": "what an applicant does by a link, a module of its own",
    "xinheng.inquiries.handing_in": "a registration handed in, a module of its own",
    "xinheng.inquiries.deciding": "what we say to a registration, a module of its own",
    "xinheng.inquiries.referring": "references asked, answered, reviewed, a module of its own",
    "xinheng.modelling.samples": "samples kept and drawn, a module of its own",
    "xinheng.modelling.training": "models asked for and learnt, a module of its own",
    "xinheng.modelling.promoting": "models proposed and decided on, a module of its own",
    "xinheng.modelling.shadowing": "what challengers say, in a round: shown, used by nothing",
    "xinheng.modelling.drifting": "readings of a round: what moved, decided by nobody",
    "xinheng.applications.review_sql": "the statements of applications/reviews.py",
    "xinheng.applications.offer_sql": "the statements of applications/offers.py",
    "xinheng.applications.offers": "offers of more credit, a module of its own",
    "xinheng.applications.regrades": "proposals of another grade, a module of its own",
    "xinheng.applications.reviews": "looks that customers are due, a module of its own",
    "xinheng.applications.applying": "wishes drafted, submitted, taken back, of its own",
    "xinheng.applications.assessing": "what an analyst does, a module of its own",
    "xinheng.applications.automatic": "small wishes decided by a round; a person asked for",
    "xinheng.applications.checklist": "points of an investigation, a module of its own",
    "xinheng.applications.escalating": "seats that waited too long, found by a round",
    "xinheng.applications.granting": "how an application ends, a step of votes and rounds",
    "xinheng.applications.inviting": "an application by the customer's own link",
    "xinheng.applications.letters": "letters kept sealed, and that they were handed over",
    "xinheng.applications.minutes": "a committee's minutes, a module of its own",
    "xinheng.applications.proposing": "proposals put forward, a module of its own",
    "xinheng.applications.staging": "stages and seats, a step of proposing and voting",
    "xinheng.applications.trail": "the row and the entry of each act, a step of all of them",
    "xinheng.applications.voting": "votes and what one does with a seat, a module of its own",
    "xinheng.ledger.sequencer": "a process of its own that places entries",
    "xinheng.connectors.files.queue": "where a batch's file lies, and how far the batch is",
    "xinheng.connectors.demo.removal": "takes the demonstration out of every room in one step",
}

# A step with a module of its own, and the one that may take it.
STEPS_OF_OTHERS = {
    # an expert's rating that a second person took, and a proposed other grade that one accepted
    ("xinheng.decisions.taking_expert", "xinheng.modelling.adopting"),
    ("xinheng.decisions.effective", "xinheng.modelling.adopting"),
    ("xinheng.decisions.overriding", "xinheng.applications.regrades"),
    ("xinheng.decisions.assess", "xinheng.applications.regrades"),
    # what a bureau or a visit tells enters the file by the file's own actions
    ("xinheng.dossiers.facts", "xinheng.inquiries.bureau_keeping"),
    ("xinheng.dossiers.ending", "xinheng.inquiries.consents"),
    ("xinheng.dossiers.facts", "xinheng.inquiries.visit_review"),
    ("xinheng.dossiers.filing", "xinheng.inquiries.visiting"),
    # a read beside the count: how files stand keeps limits from being raised
    ("xinheng.dossiers.standing", "xinheng.decisions.file_gaps"),
    # and so does what an applicant or the giver of a reference says
    ("xinheng.customers.prospects", "xinheng.inquiries.registering"),
    ("xinheng.customers.prospects", "xinheng.inquiries.deciding"),
    ("xinheng.dossiers.filing", "xinheng.inquiries.registering"),
    ("xinheng.dossiers.facts", "xinheng.inquiries.handing_in"),
    ("xinheng.dossiers.facts", "xinheng.inquiries.deciding"),
    ("xinheng.dossiers.facts", "xinheng.inquiries.referring"),
    # and what contracts are in force
    ("xinheng.dossiers.facts", "xinheng.contracts.telling"),
    # reviews and offers tell whom they are given to
    ("xinheng.decisions.notices", "xinheng.applications.reviews"),
    ("xinheng.decisions.notices", "xinheng.applications.offers"),
    ("xinheng.limits.taking_over", "xinheng.receivables.posting"),
    ("xinheng.customers.relations", "xinheng.decisions.regrouping"),
    # a snapshot assesses the customer anew, and reads how the file stands
    ("xinheng.decisions.assess", "xinheng.applications.gathering"),
    ("xinheng.dossiers.standing", "xinheng.applications.gathering"),
    ("xinheng.decisions.notices", "xinheng.applications.telling"),
    ("xinheng.decisions.notices", "xinheng.modelling.telling"),
    ("xinheng.inquiries.links", "xinheng.applications.inviting"),
}

# Modules below the doors that ask for the time or draw lots, and why.
CLOCKS = {
    "xinheng.ledger.sequencer": "a process: its clock is a default that tests replace",
    "xinheng.decisions.actions": "only where no instant was given, to stamp a line made beforehand",
}
CHANCES = {"xinheng.vault.seal": "the one source of random bytes; others take it as an argument"}


# --- Every action says who, when and what


def actions_of(room: str) -> list[ast.FunctionDef]:
    path = HOUSE / room / "actions.py"
    return public_functions(path.read_text(encoding="utf-8")) if path.exists() else []


def public_functions(source: str) -> list[ast.FunctionDef]:
    body = ast.parse(source).body
    return [n for n in body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]


ACTIONS = [(room, action) for room in ROOMS for action in actions_of(room)]
NAMES = [f"{room}.{action.name}" for room, action in ACTIONS]


def signature_faults(name: str, action: ast.FunctionDef) -> Iterator[str]:
    """What law 1 misses in how an action is called and documented."""
    keywords = {arg.arg for arg in action.args.kwonlyargs}
    positional = {arg.arg for arg in action.args.args}
    if {"actor", "at"} & positional:
        yield "actor and at are keyword-only"
    if name not in TIMELESS and "at" not in keywords:
        yield "takes no `at`"
    if name not in STEPS and "actor" not in keywords:
        yield "takes no `actor`"
    if len((ast.get_docstring(action) or "").split()) < 5:
        yield "has no docstring that says what changes"


@pytest.mark.parametrize(("room", "action"), ACTIONS, ids=NAMES)
def test_an_action_is_told_who_and_when_and_tells_what(room: str, action: ast.FunctionDef) -> None:
    faults = list(signature_faults(f"{room}.{action.name}", action))
    assert not faults, f"{room}/actions.py {action.name}: {'; '.join(faults)}"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def grant(line, actor, at):\n '''Makes the line live from today on.'''", "keyword-only"),
        ("def grant(line, *, actor):\n '''Makes the line live from today on.'''", "no `at`"),
        ("def grant(line, *, at):\n '''Makes the line live from today on.'''", "no `actor`"),
        ("def grant(line, *, actor, at):\n pass", "docstring"),
    ],
)
def test_an_action_that_keeps_something_back_is_found(source: str, fault: str) -> None:
    action = public_functions(source)[0]
    assert any(fault in said for said in signature_faults("limits.grant", action))


# --- Somebody has asked whether they may


def leading_to(target: str, source: str) -> set[str]:
    """Functions of a module whose calls lead to `target`, following the module's own names."""
    bodies = {n.name: n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)}
    calls = {name: _called(node) for name, node in bodies.items()}
    found = {name for name, called in calls.items() if target in called}
    while more := {name for name, called in calls.items() if called & found} - found:
        found |= more
    return found


def authorising(source: str) -> set[str]:
    return leading_to(".may", source)


def _called(node: ast.AST) -> set[str]:
    """What is called, by name: `append(…)` is "append", `actor.may(…)` is ".may"."""
    functions = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    names = {f.id for f in functions if isinstance(f, ast.Name)}
    return names | {f".{f.attr}" for f in functions if isinstance(f, ast.Attribute)}


@pytest.mark.parametrize("room", [room for room in ROOMS if actions_of(room)])
def test_every_action_authorises_or_is_a_step_of_one_that_did(room: str) -> None:
    asks = authorising((HOUSE / room / "actions.py").read_text(encoding="utf-8"))
    names = {action.name for action in actions_of(room)}
    steps = {name.split(".")[1] for name in STEPS if name.startswith(f"{room}.")}
    assert not names - asks - steps, f"{room}: nobody asks for {sorted(names - asks - steps)}"
    assert not steps - names, f"no such action any more: {sorted(steps - names)}"
    assert not steps & asks, f"these authorise themselves, take them off: {sorted(steps & asks)}"


def test_an_action_that_asks_nobody_is_found() -> None:
    source = """
def grant(*, actor, at): _require(actor)
def _require(actor):
    if not actor.may("lines.grant"): raise Refused
def give_away(*, actor, at): grant_quietly()
def grant_quietly(): pass
"""
    assert authorising(source) == {"grant", "_require"}


# --- What was done stands in the ledger

# Actions that authorise themselves and leave the one entry to the import that called them.
ENTRY_OF_THE_CALLER = {
    *("receivables.record_invoices", "receivables.record_receipts", "receivables.record_orders"),
    *("receivables.record_deliveries", "receivables.record_bills"),
    *("receivables.record_guarantees", "receivables.record_documents"),
    *("receivables.undo_batch", "dossiers.record_statements", "dossiers.undo_batch"),
    *("intake.open_batch", "intake.require_undoable"),
    "almanac.undo_batch",
    # a trial writes nothing; the import that follows a yes writes its entry
    *("intake.try_again", "intake.confirm_trial", "intake.withdraw_trials"),
}


def recording(source: str) -> set[str]:
    return leading_to("append", source) | leading_to("append_one", source)


@pytest.mark.parametrize("room", [room for room in ROOMS if actions_of(room)])
def test_every_action_appends_to_the_ledger(room: str) -> None:
    source = (HOUSE / room / "actions.py").read_text(encoding="utf-8")
    names = {action.name for action in actions_of(room)}
    steps = {name.split(".")[1] for name in STEPS if name.startswith(f"{room}.")}
    callers = {n.split(".")[1] for n in ENTRY_OF_THE_CALLER if n.startswith(f"{room}.")}
    silent = names - steps - recording(source)
    assert silent == callers, f"{room}: these leave no entry"


def test_an_action_that_leaves_no_entry_is_found() -> None:
    source = "def grant(): _record()\ndef _record(): append([1])\ndef forget(): a.append(1)"
    assert recording(source) == {"grant", "_record"}
    source = "def grant(): append_one('k')\ndef forget(): a.append_one(1)"
    assert recording(source) == {"grant"}


# Modules beside an actions.py whose public functions with an `actor` are actions too.
FURTHER_ACTIONS = ("releasing", "forcing", "reviewing", "rechecking")


@pytest.mark.parametrize("name", FURTHER_ACTIONS)
def test_actions_in_modules_of_their_own_ask_and_record_as_well(name: str) -> None:
    source = (HOUSE / "decisions" / f"{name}.py").read_text(encoding="utf-8")
    actions = [
        one for one in public_functions(source) if "actor" in {a.arg for a in one.args.kwonlyargs}
    ]
    names = {one.name for one in actions}
    assert names, f"{name}: no action any more"
    assert not names - authorising(source)
    assert not names - leading_to("record", source)
    for one in actions:
        assert not list(signature_faults(f"decisions.{one.name}", one)), one.name


# --- Nobody else writes


def test_rows_are_written_in_actions_and_in_few_other_places() -> None:
    found: dict[str, list[str]] = {}
    for module in modules():
        if module.stem != "actions" and (places := writes(module.source)):
            found[module.name] = places
    unknown = {name: places for name, places in found.items() if name not in WRITERS}
    assert not unknown, f"write in actions.py, or say why not in WRITERS: {unknown}"
    assert set(found) == set(WRITERS), "a module in WRITERS does not write any more"


@pytest.mark.parametrize("writer", sorted(name for name in WRITERS if name.split(".")[1] in ROOMS))
def test_what_writes_for_a_room_is_used_by_that_room_or_by_a_door(writer: str) -> None:
    # Catches a room that takes another's statements instead of its actions.
    room = writer.split(".")[1]
    others = [
        module.name
        for module in modules()
        if module.part != room
        and module.part not in DOORS
        and (writer, module.name) not in STEPS_OF_OTHERS
        and _uses(module, writer)
    ]
    assert not others, f"{writer} is {room}'s own; use its actions"


def _uses(module: Module, writer: str) -> bool:
    package, name = writer.rsplit(".", 1)
    return any(
        found == writer or (found == package and f"import {name}" in module.source)
        for _, found in imported(module.source)
    )


@pytest.mark.parametrize(
    "source",
    [
        "Hold.objects.create(decision=d)",
        "Hold.objects.filter(pk=1).update(state='released')",
        "hold.delete()",
        "hold.save(update_fields=['state'])",
        "Hold.objects.using('x').bulk_create(rows)",
        "cursor.execute('insert into decisions_hold (id) values (%s)')",
        "SQL = '''\nupdate limits_creditline l set amount_minor = 1'''",
        "cursor.execute(f'delete from {table} where id = 1')",
        "cursor.copy('copy intake_change (a) from stdin')",
    ],
)
def test_a_write_in_a_view_would_be_found(source: str) -> None:
    assert writes(source)


@pytest.mark.parametrize(
    "source",
    [
        "keys.update(fresh)",
        "bar.update(task, completed=3)",
        "cluster.create()",
        "'''Insert into the house, delete from memory, update rows set here.'''",
        "SQL = 'select * from limits_creditline for no key update'",
        "open_batch(kind)",
    ],
)
def test_what_only_looks_like_a_write_is_left_alone(source: str) -> None:
    assert not writes(source)


# --- Nobody below a door asks what time it is


def _below_the_doors() -> list[Module]:
    return [m for m in modules() if m.part not in {*DOORS, "settings", "operate", ""}]


def test_time_is_told_from_above() -> None:
    found = {m.name: places for m in _below_the_doors() if (places := clock_reads(m.source))}
    assert set(found) == set(CLOCKS), found


def test_connectors_are_doors_that_are_told_the_time_too() -> None:
    # A file is imported "at" an instant that its caller knows; so a test can import in the past.
    found = [m.name for m in modules() if m.part == "connectors" and clock_reads(m.source)]
    assert not found


def test_lots_are_drawn_in_one_place() -> None:
    found = {m.name: places for m in _below_the_doors() if (places := chance_reads(m.source))}
    assert set(found) == set(CHANCES), found


@pytest.mark.parametrize(
    ("source", "reader"),
    [
        ("at = datetime.now(UTC)", clock_reads),
        ("at = datetime.datetime.now(UTC)", clock_reads),
        ("at = timezone.now()", clock_reads),
        ("day = date.today()", clock_reads),
        ("x = uuid.uuid4()", chance_reads),
        ("from random import Random", chance_reads),
        ("import secrets", chance_reads),
        ("x = os.urandom(8)", chance_reads),
    ],
)
def test_a_clock_or_a_lot_below_the_doors_would_be_found(source, reader) -> None:  # type: ignore[no-untyped-def]
    assert reader(source)


def test_a_duration_is_not_a_time() -> None:
    assert not clock_reads("begun = time.monotonic()\nself._now()")


# --- Modules beside actions.py that hold whole actions: the same three things

# module → its public functions that are steps or reads
BESIDE = {
    "limits.proposing": {
        *("propose", "put_forward", "require_grant", "check_reason", "check_amount"),
        "seen_customer",
    },
    "modelling.samples": {"draw_waiting", "wish_of", "opened", "place_of", "checked_name"},
    "modelling.training": {"train_next", "claim", "learn", "recipe_of", "put_away", "give_up"}
    | {"left_running_waits_again", "next_version", "work_waits"},
    "modelling.promoting": {"why_not_champion", "wrong_way"},
    "modelling.expert_runs": {"reckon", "model_of", "weights_for", "weightings", "read_statement"}
    | {"record"},
    "modelling.adopting": {"why_not", "grade_after_red_lines", "red_lines_of", "card_inputs"},
    "modelling.ahp_studies": {"studies_of", "standing", "judged", "together", "accepted"}
    | {"accepted_weights", "codes_of"},
    "applications.offers": {"find_offers", "candidates", "deciding"},
    "applications.regrades": {"find_regrades"},
    "applications.reviews": {"find_reviews", "reviewers", "fitting", "require_named"}
    | {"checked_reason", "customer_in_sight"},
    "limits.granting": {"require_authority", "bring_due_in_force"},
    "limits.covering": set(),
    "dossiers.facts": {"field_and_value", "check_new", "next_instant"},
    "dossiers.verifying": set(),
    "limits.adjusting": {"preview_adjustment"},
    "limits.suspending": {"suspensions"},
    "applications.applying": {"put_draft", "require_applicant", "require_only"}
    | {"supersede", "close_stages", "require_sound"},
    "applications.assessing": {"freeze", "current", "payload_of", "require_analyst"},
    "applications.automatic": {"rules", "decide_alone", "decide_alone_due"},
    "applications.checklist": {"shipped", "currency", "title_of", "points_for", "lay_out"}
    | {"still_open"},
    "applications.granting": {"finish", "agreed", "reject"},
    "applications.importing": {"owners", "known_wishes", "open_wishes", "said_by"}
    | {"record_applications"},  # each of its rows leaves two, by apply_at_once
    "applications.inviting": {"application_of", "hand_in"},  # an outsider, whose link is the word
    "applications.letters": {"grant_text", "refusal_text", "put_letter", "text_of"},
    "applications.minutes": set(),
    "applications.proposing": {"put_forward", "measure_for", "grade_in_force", "lowers"}
    | {"case_of", "suggestion", "foresee"},
    "applications.voting": {"advance"},
    "people.deputies": set(),
    "customers.identities": set(),
    "customers.control": {"effective", "standing"},
    "customers.naming": set(),
    "customers.duplicates": {"look_for_pairs", "state_of_the_book"},
    "customers.prospects": {"twins"},
    "inquiries.links": {"put_link", "open_link", "fresh_token", "digest_of"},
    # registering is not here: a draft leaves no entry; its prospect, papers and handing in do
    "inquiries.handing_in": set(),
    "inquiries.deciding": {"unverified"},
    "inquiries.bureaus": {"subject_of"},
    "inquiries.consents": {"consents_of"},
    "inquiries.visit_review": set(),
    # save_section keeps a draft; handing in leaves the entry, with the hash of the whole form
    "inquiries.visiting": {"save_section", "locked_visit", "there", "key_of", "form_of"}
    | {"form_place", "record"},
    "inquiries.referring": {
        *("giver_of", "giver_words", "answers_of", "overdue_by", "last_answer", "reference_of"),
    },
}
# A step of the same room that authorises, or appends, for whoever calls it.
ASKING = ("require_grant", "require_applicant", "require_named", "require")
RECORDING = ("put_forward", "record", "keep", "note")


@pytest.mark.parametrize("module", sorted(BESIDE))
def test_an_action_beside_is_told_authorises_and_records(module: str) -> None:
    source = (HOUSE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    actions = [one for one in public_functions(source) if one.name not in BESIDE[module]]
    faults = [fault for one in actions for fault in signature_faults(f"{module}.{one.name}", one)]
    assert actions and not faults, faults
    names = {one.name for one in actions}
    asks = authorising(source).union(*(leading_to(name, source) for name in ASKING))
    assert names <= asks, f"nobody asks for {sorted(names - asks)}"
    told = recording(source).union(*(leading_to(name, source) for name in RECORDING))
    assert names <= told, f"these leave no entry: {sorted(names - told)}"
