"""Is it alive, and is it ready to decide: two plain answers for load balancers and scripts."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

_migrated = False


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready means: the database answers, accepts writes, and every migration is applied."""
    problem = _problem()
    if problem:
        return JsonResponse({"status": "unavailable", "why": problem}, status=503)
    return JsonResponse({"status": "ready"})


def _problem() -> str:
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on'"
            )
            if cursor.fetchone()[0]:
                return "the database is read-only"
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "migrations are not applied"
            _migrated = True
    except DatabaseError as error:
        return f"the database does not answer: {type(error).__name__}"
    return ""
