"""Send statements without waiting for each: fewer round trips for a batch of orders.

In a block of `pipelined`, a statement whose rows are not asked for travels together with the next
one; BEGIN rides with the first read, and all writes go out as one. Errors surface at the latest
when the block ends, as Django's own exceptions, before COMMIT.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections


@contextmanager
def pipelined(using: str) -> Iterator[None]:
    """PostgreSQL's pipeline mode on the connection `using`, inside an open transaction."""
    connection = connections[using]
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield
