"""Reading lists in through the pages, for the tests of every list."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client


def upload(client: Client, slug: str, file: bytes | str) -> Any:
    raw = file.encode() if isinstance(file, str) else file
    return client.post(f"/settings/lists/{slug}/import/", {"file": SimpleUploadedFile("list.csv", raw)})


def word(client: Client, slug: str, shown: Any) -> Any:
    """Presses 「表示のとおり読み込む」 on the page that was shown."""
    values = {"text": shown.context["text"], "digest": shown.context["preview"].digest}
    return client.post(f"/settings/lists/{slug}/import/confirm/", values, follow=True)


def read_in(client: Client, slug: str, file: bytes | str) -> Any:
    shown = upload(client, slug, file)
    preview = shown.context["preview"]
    assert not preview.problems, preview.problems
    return word(client, slug, shown)


def exported(client: Client, slug: str, encoding: str = "utf-8") -> bytes:
    response: Any = client.get(f"/settings/lists/{slug}/list.csv?encoding={encoding}")
    return b"".join(response)


def template(client: Client, slug: str, encoding: str = "utf-8") -> bytes:
    response: Any = client.get(f"/settings/lists/{slug}/template.csv?encoding={encoding}")
    return b"".join(response)


def problems(client: Client, slug: str, file: bytes | str) -> list[tuple[int, str, str]]:
    """Line, column and words of everything that was wrong."""
    response = upload(client, slug, file)
    assert response.status_code == 422
    return [(one.line, one.column, one.words) for one in response.context["preview"].problems]
