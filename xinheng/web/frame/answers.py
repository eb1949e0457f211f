"""A file for the reader to keep, as an answer: the name travels beside the bytes."""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    """The bytes as an attachment; names in Chinese are kept (RFC 6266)."""
    text = kind.startswith("text/") or kind == "application/json"
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8" if text else kind)
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    response["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
