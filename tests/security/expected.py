"""Who may do what on which page: the one reviewed table of the permission matrix.

Written by hand and on purpose a second time: `xinheng/web/frame/permissions.py` says what the house
does, this file says what was agreed. A page that is not here fails the matrix, and so does a word
that moved. A cell is what a person with the word gets for a row within sight; everything else
follows by rule: not signed in → to the sign-in page, word not held or row out of sight → 404,
another method → 405.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ANYONE: Final = "anyone"
SIGNED_IN: Final = "signed in"

# Which of the cast holds which word. bob sells in EAST, eve in WEST, chen collects in EAST, dora
# audits, alice manages credit, adam administers and nothing else.
HOLDERS: Final[dict[str, frozenset[str]]] = {
    ANYONE: frozenset({"", "bob", "eve", "chen", "dora", "alice", "adam"}),
    SIGNED_IN: frozenset({"bob", "eve", "chen", "dora", "alice", "adam"}),
    "portfolio.view": frozenset({"bob", "eve", "chen", "dora", "alice", "adam"}),
    "customers.view": frozenset({"bob", "eve", "chen", "dora", "alice", "adam"}),
    "customers.edit": frozenset({"alice"}),
    "decisions.view": frozenset({"bob", "eve", "chen", "dora", "alice", "adam"}),
    "orders.check": frozenset({"bob", "eve", "alice"}),
    "holds.release": frozenset({"alice"}),
    "lines.grant": frozenset({"alice"}),
    "imports.run": frozenset({"chen", "alice"}),
    "imports.undo": frozenset({"alice"}),
    "almanac.edit": frozenset({"alice"}),
    "ledger.verify": frozenset({"dora", "alice", "adam"}),
    "facts.verify": frozenset({"alice"}),
    "facts.enter": frozenset({"bob", "eve", "chen", "alice"}),
    "documents.add": frozenset({"bob", "eve", "chen", "alice"}),
    "inquiries.ask": frozenset({"bob", "eve", "alice"}),
    "inquiries.review": frozenset({"alice"}),
    "contracts.edit": frozenset({"bob", "eve", "alice"}),
    "talks.write": frozenset({"bob", "eve", "chen", "alice"}),
    "reports.buy": frozenset({"alice"}),
    "documents.view.secret": frozenset({"dora", "alice"}),
    "models.view": frozenset({"dora", "alice"}),
    "models.rate": frozenset({"alice"}),
    "models.edit": frozenset({"alice"}),
    "models.promote": frozenset({"alice"}),
    "grades.override": frozenset({"alice"}),
    "grades.confirm": frozenset({"alice"}),
    "applications.view": frozenset({"bob", "eve", "dora", "alice"}),
    "applications.write": frozenset({"bob", "eve", "alice"}),
    "applications.investigate": frozenset({"alice"}),
    "applications.decide": frozenset({"alice"}),
}
CAST: Final = tuple(sorted(HOLDERS[ANYONE]))
WHOLE_BOOK: Final = frozenset({"dora", "alice", "adam"})
UNIT_OF: Final = {"bob": "EAST", "chen": "EAST", "eve": "WEST"}


class Page(NamedTuple):
    """word; which row its address names; the answers to GET (and HEAD) and to POST, None: 405."""

    word: str
    row: str = ""  # customer, line, decision, hold, trial, batch, entry, grant: what must be there
    get: int | None = 200
    post: int | None = None


PAGES: Final[dict[str, Page]] = {
    # people
    "sign-in": Page(ANYONE, post=422),  # who is signed in already is sent home
    "sign-out": Page(SIGNED_IN, get=None, post=302),
    "set-up": Page(ANYONE, get=404, post=404),  # absent once the company is there
    "language": Page(ANYONE, get=302, post=302),
    "deputies": Page("holds.release", post=422),  # nobody was chosen
    "deputy-end": Page("holds.release", "deputy", get=None, post=302),
    "saved-view-save": Page(SIGNED_IN, get=None, post=302),
    "saved-view-delete": Page(SIGNED_IN, "view", get=None, post=302),  # one's own
    # frame, portfolio
    "home": Page(SIGNED_IN, get=302),
    "components": Page(SIGNED_IN),
    "portfolio": Page("portfolio.view"),
    "open-items": Page("portfolio.view"),
    "collections": Page("portfolio.view"),
    "ratings": Page("portfolio.view"),
    "ratings-moves": Page("portfolio.view"),
    "models": Page("models.view"),
    "models-compare": Page("models.view", get=404),  # two are compared, none was named
    "samples": Page("models.view", post=422),  # no file came
    "sample-own-book": Page("models.edit", get=None, post=302),
    "sample": Page("models.view", "sample"),
    "sample-train": Page("models.edit", "sample", get=None, post=409),  # no kind was chosen
    "model": Page("models.view", "taught"),
    "model-file": Page("models.view", "taught"),
    "model-propose": Page("models.edit", "taught", get=302, post=302),  # as challenger
    "model-decide": Page("models.promote", "taught", get=None, post=409),
    "model-retire": Page("models.promote", "taught", get=None, post=409),
    "model-drift": Page("models.view"),
    "model-challengers": Page("models.view"),
    "model-challenger": Page("models.view", "challenger"),
    # bureaus and visits
    "bureau-log": Page("customers.view"),
    "reports": Page("customers.view", "customer"),
    "report-buy": Page("reports.buy", "customer", get=None, post=422),  # nothing chosen
    "report-add": Page("reports.buy", "customer", get=None, post=422),
    "consent-withdraw": Page("inquiries.review", "document", get=None, post=422),  # no day
    "visits": Page("customers.view"),
    "visit": Page("customers.view", "visit"),
    "visit-photo-open": Page("customers.view", "photo"),
    "visit-plan": Page("inquiries.ask", "customer", post=422),  # nothing chosen
    "visit-cancel": Page("inquiries.ask", "visit", get=None, post=302),
    "visit-submit": Page("inquiries.ask", "visit", get=None, post=422),  # nothing filled in
    "visit-photo": Page("inquiries.ask", "visit", get=None, post=422),  # no file
    "visit-review": Page("inquiries.review", "visit", get=None, post=422),  # nothing stated
    "visit-begin": Page("inquiries.ask", "visit", get=None, post=302),
    "visit-section": Page("inquiries.ask", "section", get=None, post=302),
    # customers and their files
    "customers": Page("customers.view"),
    "customer-suggestions": Page("customers.view"),
    "identity": Page("customers.edit", "customer", post=404),  # no act was named
    "identity-picks": Page("customers.edit"),
    "group": Page("customers.view", "customer", post=404),  # no act was named
    "merges": Page("customers.edit"),
    "merges-part": Page("customers.edit", get=None, post=404),  # no record was named
    "survivor": Page("customers.view", "customer", get=404),  # it was not merged
    "duplicates": Page("customers.edit"),
    "duplicates-judge": Page("customers.edit", get=None, post=404),  # no pair was named
    "customer": Page("customers.view", "customer"),
    "file-items": Page("customers.view", "customer"),
    "file-timeline": Page("customers.view", "customer"),
    "file-movements": Page("customers.view", "customer"),
    "file-compare": Page("customers.view", "customer"),
    "file-enter": Page("facts.enter", "customer", post=422),  # no field was chosen
    "file-correct": Page("facts.enter", "fact", post=422),  # without a value
    "file-field": Page("customers.view", "field"),
    "file-block": Page("customers.view", "block"),
    "file-exposure": Page("customers.view", "customer"),
    "file-journal": Page("customers.view", "customer"),
    "file-journal-csv": Page("customers.view", "customer"),
    "statements": Page("customers.view", "customer"),
    "statement": Page("customers.view", "statement"),
    "statement-new": Page("facts.enter", "customer", post=422),  # no source, no lines
    "statement-sums": Page("facts.enter", "customer", get=None, post=200),
    "statement-verify": Page("facts.verify", "statement", get=None, post=422),  # how is not said
    "file-documents": Page("customers.view", "customer"),
    "file-document-add": Page("documents.add", "customer", get=None, post=422),  # no file
    "file-document-open": Page("customers.view", "document", get=None, post=200),
    "file-document-withdraw": Page("customers.edit", "document", get=None, post=302),
    # verification
    "verification": Page("facts.verify"),
    "verification-fact": Page("facts.verify", "waiting"),
    "verification-verify": Page("facts.verify", "waiting", post=422),  # how is not said
    "verification-reject": Page("facts.verify", "waiting", post=302),
    "verification-summary": Page("facts.verify", get=None, post=404),  # no verb of its own
    "verification-judge": Page("facts.verify", get=None, post=404),
    "verification-done": Page("facts.verify", "result", get=404),  # of another session
    "verification-batch": Page("facts.verify", "result", get=404, post=404),  # brought no facts
    "conflicts": Page("facts.verify"),
    "conflict": Page("facts.verify", "case", post=422),  # none was chosen
    "verification-mine": Page("facts.enter"),
    "freshness": Page("customers.view"),
    "freshness-csv": Page("customers.view"),
    "file-measures": Page("portfolio.view"),
    "file-measures-card": Page("portfolio.view"),
    # talks
    "talks": Page("customers.view"),
    "talk": Page("customers.view", "talk"),
    "talk-new": Page("talks.write", "customer", post=422),  # no subject
    "talk-follow-up": Page("talks.write", "talk", get=None, post=422),  # no day
    "talk-done": Page("talks.write", "talk", get=None, post=302),
    "talk-withdraw": Page("talks.write", "talk", get=None, post=302),
    # reviews, offers of more credit, proposals of another grade
    "reviews": Page("applications.view"),
    "reviews-ics": Page("applications.view"),
    "review": Page("applications.view", "review"),
    "review-start": Page("applications.write", "review", get=None, post=422),  # for what?
    "review-end": Page("applications.investigate", "review", get=None, post=422),  # no reason
    "review-assign": Page("applications.investigate", "review", get=None, post=422),  # to whom?
    "review-ask": Page("applications.write", "customer", post=422),  # no day
    "offers": Page("applications.view"),
    "offer": Page("applications.view", "offer"),
    "offer-make": Page("applications.investigate", "offer", get=None, post=422),  # it was made
    "offer-take": Page("applications.write", "offer", get=None, post=422),  # no words
    "offer-decline": Page("applications.write", "offer", get=None, post=422),  # no words
    "regrades": Page("applications.view"),
    "regrade": Page("applications.view", "regrade"),
    "regrade-accept": Page("grades.confirm", "regrade", get=None, post=422),  # one is asked for
    "regrade-refuse": Page("grades.confirm", "regrade", get=None, post=302),
    # models that persons fill in
    # grades and what persons put in their place
    "grade": Page("customers.view", "customer"),
    "assessment": Page("customers.view", "assessment"),
    "overrides": Page("models.view"),
    "override-ask": Page("grades.override", "customer", get=None, post=422),  # nothing was said
    "override-confirm": Page("grades.confirm", "other_grade", get=None, post=302),
    "override-refuse": Page("grades.confirm", "other_grade", get=None, post=302),
    "override-end": Page("customers.view", "other_grade", get=None, post=302),  # told on the page
    "expert-models": Page("models.view", "customer"),
    "expert-behaviour": Page("models.view", "customer"),
    "expert-run": Page("models.view", "run"),
    "expert-new": Page("models.rate", "model", post=422),  # nothing was answered
    "expert-try": Page("models.rate", "model", get=None, post=200),
    "expert-adopt": Page("grades.confirm", "run", get=None, post=422),  # of her own
    "ahp-studies": Page("models.view"),
    "ahp-study": Page("models.view", "study"),
    "ahp-make": Page("models.edit", get=None, post=422),  # for no model
    "ahp-judge": Page("models.rate", "study", get=None, post=422),  # nothing was compared
    "ahp-try": Page("models.rate", "study", get=None, post=200),
    "ahp-accept": Page("models.promote", "study", get=None, post=422),  # her own
    "ahp-retire": Page("models.promote", "study", get=None, post=422),  # not in use
    # contracts
    "contracts": Page("customers.view"),
    "contract": Page("customers.view", "contract"),
    "contract-new": Page("contracts.edit", "customer", post=422),  # nothing was filled in
    "contract-correct": Page("contracts.edit", "contract", post=422),
    "contract-paper": Page("contracts.edit", "contract", get=None, post=422),  # no file
    "contract-force": Page("contracts.edit", "contract", get=None, post=422),  # has no paper
    "contract-drop": Page("contracts.edit", "contract", get=None, post=302),
    "contract-end": Page("contracts.edit", "contract", get=None, post=422),  # no day
    # orders, decisions, holds
    "order-check": Page("orders.check", post=200),  # an empty form comes back with its mistakes
    "order-customers": Page("orders.check"),
    "orders-many": Page("orders.check", post=422),  # nothing was pasted
    "orders": Page("decisions.view"),
    "order": Page("decisions.view", "order"),
    "decision": Page("decisions.view", "decision"),
    "decision-ways-out": Page("decisions.view", "decision"),
    "decision-try-out": Page("decisions.view", "decision"),
    "decision-explanation": Page("decisions.view", "decision"),
    "decision-review": Page("orders.check", "decision", get=None, post=422),  # no words
    "decision-status": Page("decisions.view", "decision"),
    "decision-proof": Page("decisions.view", "decision"),
    "decision-disclosure": Page("decisions.view", "decision"),
    "decision-cancel": Page("orders.check", "decision", get=None, post=302),
    "holds": Page("decisions.view"),
    "hold": Page("decisions.view", "hold"),
    "hold-weigh": Page("holds.release", "hold", get=None, post=200),
    "hold-release": Page("holds.release", "hold", post=302),
    "hold-reject": Page("holds.release", "hold", post=302),
    "hold-keep": Page("holds.release", "hold", post=302),
    "hold-lift": Page("holds.release", "hold", post=422),  # nobody keeps it
    "holds-bulk": Page("holds.release", get=None, post=302),  # nothing was ticked
    "holds-judge": Page("holds.release", get=None, post=302),
    "holds-done": Page("holds.release", "result", get=404),  # of another session
    "notices": Page(SIGNED_IN),
    "notices-read": Page(SIGNED_IN, get=None, post=302),
    "notice-open": Page(SIGNED_IN, "notice", get=None, post=302),  # one's own
    # proposed limits
    "limits": Page("customers.view"),
    "limits-adjust": Page("lines.grant", post=422),  # no rule was given
    "limits-summary": Page("lines.grant", get=None, post=302),  # nothing was ticked
    "limits-grant": Page("lines.grant", get=None, post=302),
    "limits-granted": Page("customers.view", "grant"),
    "limits-reject": Page("lines.grant", get=None, post=302),
    "limit": Page("customers.view", "line"),
    "limit-propose": Page("lines.grant", "line", get=None, post=302),
    "limit-change": Page("lines.grant", "line", post=422),  # no dates are given
    "limit-cover": Page("lines.grant", "line", post=422),
    "limit-hold": Page("lines.grant", "line", post=302),
    "limit-end": Page("lines.grant", "line", get=302, post=302),  # which one was not said
    # imports
    "imports": Page("imports.run", post=422),  # no file was chosen
    "import-template": Page("imports.run"),
    "import-again": Page("imports.run", "trial", get=None, post=422),  # its file is gone
    "import-run": Page("imports.run", "trial", get=None, post=302),
    "import": Page("imports.run", "batch"),
    "import-errors": Page("imports.run", "batch"),
    "quarantine": Page("imports.run"),
    "quarantine-dismiss": Page("imports.run", get=None, post=409),  # nothing of that number waits
    "import-undo": Page("imports.undo", "batch", get=None, post=422),  # the word was not typed
    # papers and lists to take along: each is recorded, so each is a POST
    "paper-credit-report": Page("customers.view", "customer", get=None, post=200),
    "paper-limit-letter": Page("customers.view", "dated", get=None, post=200),
    "paper-approval-form": Page("applications.view", "wish", get=None, post=200),
    "paper-validation": Page("models.view", "learnt", get=None, post=200),
    "paper-entry": Page(SIGNED_IN, "paper"),
    "export": Page(SIGNED_IN, get=None, post=200),  # the list of customers: its own word
    # what is looked up
    "rates": Page("portfolio.view"),
    "rates-enter": Page("almanac.edit", get=None, post=422),
    "holidays": Page("portfolio.view"),
    "holidays-enter": Page("almanac.edit", get=None, post=422),
    "terms": Page("portfolio.view"),
    "terms-enter": Page("almanac.edit", get=None, post=422),
    "terms-end": Page("almanac.edit", get=None, post=409),  # no code was told
    # applications: the wish of each unit is a draft, so most acts find the wrong state
    "applications": Page("applications.view"),
    "application": Page("applications.view", "wish"),
    "application-new": Page("applications.write", post=422),  # for whom?
    "application-written-out": Page("applications.write"),
    "application-change": Page("applications.write", "wish", post=422),  # nothing was filled in
    "application-submit": Page("applications.write", "wish", get=None, post=422),  # for what?
    "application-withdraw": Page("applications.write", "wish", get=None, post=302),
    "application-ask-human": Page("applications.write", "wish", get=None, post=422),
    "application-take-up": Page("applications.investigate", "wish", get=None, post=422),
    "application-hand-over": Page("applications.investigate", "wish", get=None, post=422),
    "application-snapshot": Page("applications.investigate", "wish", get=None, post=422),
    "application-task-add": Page("applications.investigate", "wish", get=None, post=422),
    "application-task-assign": Page("applications.investigate", "wish", get=None, post=422),
    "application-task-close": Page("applications.investigate", "wish", get=None, post=422),
    "application-propose": Page("applications.investigate", "wish", get=None, post=422),
    "application-foresee": Page("applications.investigate", "wish", get=None, post=200),  # reads
    "application-try-again": Page("applications.decide", "wish", get=None, post=422),
    "application-letter-sent": Page("applications.view", "letter", get=None, post=422),  # how?
    # votes: a committee's seat that is nobody's of the cast
    "approvals": Page("applications.view"),
    "approvals-agree": Page("applications.decide", get=None, post=302),  # nothing was ticked
    "approval": Page("applications.decide", "seat"),
    "approval-vote": Page("applications.decide", "seat", get=None, post=422),  # what?
    "approval-add": Page("applications.decide", "seat", get=None, post=422),  # whom?
    "approval-move": Page("applications.decide", "seat", get=None, post=422),  # to whom?
    "approval-nudge": Page("applications.view", "voiced", get=None, post=302),
    "approval-minutes": Page("applications.decide", "stage", post=422),  # nothing was written
    "approval-minutes-confirm": Page("applications.decide", "stage", get=None, post=422),
    "delegations": Page(SIGNED_IN),
    "link-apply": Page("applications.write", post=422),  # for whom?
    # ledger
    "ledger": Page("ledger.verify"),
    "ledger-status": Page("ledger.verify"),
    "ledger-check": Page("ledger.verify", get=None, post=200),
    "ledger-checkpoint": Page("ledger.verify"),
    "ledger-key": Page("ledger.verify"),
    "ledger-proof": Page("ledger.verify", "entry"),
    # inquiries: what outsiders are asked and what they said
    "links": Page("inquiries.ask", post=422),  # nothing was filled in
    "link-revoke": Page("inquiries.ask", "link", get=None, post=302),
    "registrations": Page("customers.view"),
    "registration": Page("inquiries.review", "registration"),
    "registration-decide": Page("inquiries.review", "registration", get=None, post=422),
    "references": Page("customers.view"),
    "reference": Page("customers.view", "reference"),
    "reference-ask": Page("inquiries.ask", "customer", post=422),  # nobody was named
    "reference-review": Page("inquiries.review", "reference", get=None, post=422),  # no answer yet
    "reference-withdraw": Page("inquiries.ask", "reference", get=None, post=302),
    # outsiders: a token that opens nothing is absent, whoever comes with it
    "outside": Page(ANYONE, "token", get=404, post=404),
    "outside-step": Page(ANYONE, "token", get=404, post=404),
    "outside-papers": Page(ANYONE, "token", get=404, post=404),
    "outside-check": Page(ANYONE, "token", get=404),
}
