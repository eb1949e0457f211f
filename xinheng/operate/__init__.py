"""Running the house on one machine: the data folder, the embedded PostgreSQL, the supervisor.

Nothing here knows Django or any room, so that it can start before they can. Read in this order:
`paths` (where things lie), `binaries` and `account` (which PostgreSQL, run by whom), `cluster`
(create, start, stop), `database` (what a command needs), `supervisor` (what `xinheng up` does).
Troubles that a person can mend are `Trouble`s: one line in both languages, with an exit code.
"""
