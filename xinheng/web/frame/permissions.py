"""Every page address and what it takes to open it: the one table, refused by default.

The keys are url names, the values permission words of `people`, or `PUBLIC` (anyone), or
`SIGNED_IN` (any person). `access.guarded` reads this table when the addresses are loaded: an
address that is not here does not start. Example: "holds": "holds.release" means that only a
person whose roles carry that word finds the page; for others it is absent.
"""

from __future__ import annotations

from typing import Final

PUBLIC: Final = "public"
SIGNED_IN: Final = "signed-in"

PERMISSIONS: Final[dict[str, str]] = {
    # people: who is there
    "sign-in": PUBLIC,
    "sign-out": SIGNED_IN,
    "set-up": PUBLIC,  # guarded by its one-time token, and absent once set up
    "language": PUBLIC,
    "deputies": "holds.release",
    "deputy-end": "holds.release",
    "saved-view-save": SIGNED_IN,  # the view asks for the word of the page that it belongs to
    "saved-view-delete": SIGNED_IN,  # one's own
    # frame
    "home": SIGNED_IN,
    "components": SIGNED_IN,
    # portfolio
    "portfolio": "portfolio.view",
    "open-items": "portfolio.view",
    "collections": "portfolio.view",
    # customers
    "customers": "customers.view",
    "customer-suggestions": "customers.view",
    "identity": "customers.edit",
    "identity-picks": "customers.edit",
    "group": "customers.view",  # and who changes it: customers.edit, by the view
    "merges": "customers.edit",
    "merges-part": "customers.edit",
    "survivor": "customers.view",
    "duplicates": "customers.edit",
    "duplicates-judge": "customers.edit",
    # the credit file
    "customer": "customers.view",
    "file-items": "customers.view",
    "file-timeline": "customers.view",
    "file-movements": "customers.view",
    "file-compare": "customers.view",
    "file-enter": "facts.enter",
    "file-correct": "facts.enter",
    "file-field": "customers.view",
    "file-block": "customers.view",
    "file-exposure": "customers.view",
    "file-journal": "customers.view",
    "file-journal-csv": "customers.view",
    "statements": "customers.view",
    "statement": "customers.view",
    "statement-new": "facts.enter",
    "statement-sums": "facts.enter",
    "statement-verify": "facts.verify",
    "file-documents": "customers.view",
    "file-document-add": "documents.add",
    "file-document-open": "customers.view",  # and class 3: documents.view.secret, by visible_to
    "file-document-withdraw": "customers.edit",
    # verification: who verifies sees the queue, who enters what became of it, all when it is stale
    "verification": "facts.verify",
    "verification-fact": "facts.verify",
    "verification-verify": "facts.verify",
    "verification-reject": "facts.verify",
    "verification-summary": "facts.verify",
    "verification-judge": "facts.verify",
    "verification-done": "facts.verify",
    "verification-batch": "facts.verify",
    "conflicts": "facts.verify",
    "conflict": "facts.verify",
    "verification-mine": "facts.enter",
    "freshness": "customers.view",
    "freshness-csv": "customers.view",
    "file-measures": "portfolio.view",
    "file-measures-card": "portfolio.view",
    # bureaus' reports and visits: who sees customers sees them, the actions judge who may do what
    "bureau-log": "customers.view",
    "reports": "customers.view",
    "report-buy": "reports.buy",
    "report-add": "reports.buy",
    "visits": "customers.view",
    "visit": "customers.view",
    "visit-photo-open": "customers.view",
    "visit-plan": "inquiries.ask",
    "visit-begin": "inquiries.ask",
    "visit-section": "inquiries.ask",
    "visit-photo": "inquiries.ask",
    "visit-submit": "inquiries.ask",
    "visit-cancel": "inquiries.ask",
    "visit-review": "inquiries.review",
    # talks
    "talks": "customers.view",
    "talk": "customers.view",
    "talk-new": "talks.write",
    "talk-follow-up": "talks.write",
    "talk-done": "talks.write",
    "talk-withdraw": "talks.write",
    # contracts: who sees customers sees them, two people bring one in force
    "contracts": "customers.view",
    "contract": "customers.view",
    "contract-new": "contracts.edit",
    "contract-correct": "contracts.edit",
    "contract-paper": "contracts.edit",
    "contract-force": "contracts.edit",
    "contract-drop": "contracts.edit",
    "contract-end": "contracts.edit",
    # orders, decisions, holds: all who work with orders see, the action judges who may decide
    "order-check": "orders.check",
    "order-customers": "orders.check",
    "orders-many": "orders.check",
    "orders": "decisions.view",
    "order": "decisions.view",
    "decision": "decisions.view",
    "decision-status": "decisions.view",
    "decision-proof": "decisions.view",
    "decision-disclosure": "decisions.view",
    "decision-ways-out": "decisions.view",
    "decision-try-out": "decisions.view",
    "decision-explanation": "decisions.view",
    "decision-review": "orders.check",
    "decision-cancel": "orders.check",
    "holds": "decisions.view",
    "hold": "decisions.view",
    "hold-release": "holds.release",
    "hold-reject": "holds.release",
    "hold-weigh": "holds.release",
    "hold-keep": "holds.release",
    "hold-lift": "holds.release",
    "holds-bulk": "holds.release",
    "holds-judge": "holds.release",
    "holds-done": "holds.release",
    "notices": SIGNED_IN,  # one's own
    "notices-read": SIGNED_IN,
    "notice-open": SIGNED_IN,
    # proposed limits: who sees customers sees them, who may grant decides
    "limits": "customers.view",
    "limits-adjust": "lines.grant",
    "limits-summary": "lines.grant",
    "limits-grant": "lines.grant",
    "limits-granted": "customers.view",
    "limits-reject": "lines.grant",
    "limit": "customers.view",
    "limit-propose": "lines.grant",
    "limit-change": "lines.grant",
    "limit-cover": "lines.grant",
    "limit-hold": "lines.grant",
    "limit-end": "lines.grant",
    # imports
    "imports": "imports.run",
    "import-template": "imports.run",
    "import-again": "imports.run",
    "import-run": "imports.run",
    "import": "imports.run",
    "import-errors": "imports.run",
    "import-undo": "imports.undo",
    "quarantine": "imports.run",
    "quarantine-dismiss": "imports.run",
    # papers: who may see the rows; a list asks for the word of its own page
    "paper-credit-report": "customers.view",
    "paper-limit-letter": "customers.view",
    "paper-approval-form": "applications.view",
    "paper-validation": "models.view",
    "paper-entry": SIGNED_IN,
    "export": SIGNED_IN,
    # what is looked up: all may look, the action judges who enters
    "rates": "portfolio.view",
    "rates-enter": "almanac.edit",
    "holidays": "portfolio.view",
    "holidays-enter": "almanac.edit",
    "terms": "portfolio.view",
    "terms-enter": "almanac.edit",
    "terms-end": "almanac.edit",
    # ledger
    "ledger": "ledger.verify",
    "ledger-status": "ledger.verify",
    "ledger-check": "ledger.verify",
    "ledger-checkpoint": "ledger.verify",
    "ledger-key": "ledger.verify",
    "ledger-proof": "ledger.verify",
    # inquiries: who sees customers sees what was asked, who reviews reads what outsiders said
    "links": "inquiries.ask",
    "link-revoke": "inquiries.ask",
    "registrations": "customers.view",
    "registration": "inquiries.review",
    "registration-decide": "inquiries.review",
    "references": "customers.view",
    "reference": "customers.view",  # the answers in it: inquiries.review
    "reference-ask": "inquiries.ask",
    "reference-review": "inquiries.review",
    "reference-withdraw": "inquiries.ask",
    # outsiders: the token in the address is the key, and opens one thing
    "outside": PUBLIC,
    "outside-step": PUBLIC,
    "outside-papers": PUBLIC,
    "outside-check": PUBLIC,
}
