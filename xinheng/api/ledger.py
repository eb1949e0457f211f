"""The public log, as C2SP tlog-tiles serves it: a checkpoint, hash tiles and entry bundles.

Anybody may mirror these: entries hold only clear outcomes and commitments. A tile is served for
published sizes only, so no byte leaves the house before its checkpoint is signed; what is served
never changes and may be cached for ever, except the checkpoint itself.
"""

from __future__ import annotations

import re
from struct import pack

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path, re_path
from django.views.decorators.http import require_safe

from xinheng.ledger import queries

_PLACE = r"(?P<place>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?"
FOREVER = "public, max-age=31536000, immutable"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponseBase:
    """The newest signed checkpoint."""
    newest = queries.newest_checkpoint()
    if newest is None:
        return _absent("nothing has been published yet: the first entry is signed within a second")
    answer = HttpResponse(newest.note, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=2"
    return answer


@require_safe
def tile(
    request: HttpRequest, level: str, place: str, width: str | None = None
) -> HttpResponseBase:
    """Hashes of one tile, full (256) or of a published width."""
    asked = _asked(place, width)
    hashes = queries.published_tile(int(level), *asked) if asked else None
    return _bytes(hashes)


@require_safe
def entries(request: HttpRequest, place: str, width: str | None = None) -> HttpResponseBase:
    """The leaves under a level-0 tile, each with its length in two bytes before it."""
    asked = _asked(place, width)
    leaves = queries.published_leaves(*asked) if asked else None
    if leaves is None:
        return _bytes(None)
    return _bytes(b"".join(pack(">H", len(leaf)) + leaf for leaf in leaves))


def _asked(place: str, width: str | None) -> tuple[int, int] | None:
    """Tile number and width of a path such as x001/234 or 000.p/17; None if it can't exist."""
    number = int(re.sub(r"[x/]", "", place))
    size = 256 if width is None else int(width)
    canonical = _path_of(number) == place
    return (number, size) if canonical and number < 2**47 and (size < 256 or not width) else None


def _path_of(number: int) -> str:
    parts = [f"{number % 1000:03d}"]
    while number := number // 1000:
        parts.insert(0, f"x{number % 1000:03d}")
    return "/".join(parts)


def _bytes(content: bytes | None) -> HttpResponseBase:
    if content is None:
        return _absent("no such tile in the published log: read /log/checkpoint for its size")
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Cache-Control"] = FOREVER
    return answer


def _absent(reason: str) -> HttpResponse:
    answer = HttpResponse(reason + "\n", status=404, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


urlpatterns = [
    path("checkpoint", checkpoint, name="log-checkpoint"),
    re_path(rf"^tile/entries/{_PLACE}$", entries, name="log-entries"),
    re_path(rf"^tile/(?P<level>[0-9]|[1-5][0-9]|6[0-3])/{_PLACE}$", tile, name="log-tile"),
]
