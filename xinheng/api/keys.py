"""Who calls: the bearer key becomes an actor. Found keys are remembered for at most 30 seconds
(people/queries).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from xinheng.api.problems import NO_KEY, NOT_FOUND, Reply, problem
from xinheng.people.actor import Actor, of_key
from xinheng.people.models import ApiKey
from xinheng.people.queries import find_key, reader_of


def actor_of_token(token: str, *, at: datetime, using: str = "default") -> Actor | None:
    """The actor behind a bearer token, or None."""
    key = find_key(token, at=at, using=using) if token else None
    return None if key is None else of_key(key)


def respond(reply: Reply) -> HttpResponse:
    """A reply as Django sends it."""
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    response["Cache-Control"] = "no-store"
    if reply.retry_after is not None:
        response["Retry-After"] = str(reply.retry_after)
    if reply.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def keyed(
    scope: str, *methods: str
) -> Callable[[Callable[..., Reply]], Callable[..., HttpResponse]]:
    """A JSON view for holders of a key with this scope: `view(request, actor, reader, …) -> Reply`.

    `reader` is who rows are made visible to. Other methods are 405, no key 401, wrong scope 403.
    """

    def decorate(view: Callable[..., Reply]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in methods:
                reply = problem(405, "method", f"Use {' or '.join(methods)} here.")
                response = respond(reply)
                response["Allow"] = ", ".join(methods)
                return response
            key = _key_of(request)
            if key is None:
                return respond(NO_KEY)
            actor = of_key(key)
            if not actor.may(scope):
                return respond(problem(403, "scope", f"The key lacks the scope {scope!r}."))
            return respond(view(request, actor, reader_of(key), *args, **kwargs))

        guarded.csrf_exempt = True  # type: ignore[attr-defined]  # bearer keys, no cookies
        guarded.api_scope = scope  # type: ignore[attr-defined]
        return guarded

    return decorate


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address below /api/v1/: a problem, not a page; without a key not even that."""
    return respond(NO_KEY if _key_of(request) is None else NOT_FOUND)


def _key_of(request: HttpRequest) -> ApiKey | None:
    header = request.headers.get("Authorization", "")
    if header[:7].lower() != "bearer ":
        return None
    return find_key(header[7:].strip(), at=datetime.now(UTC))
