"""The pages of every list that is read in: one asks for a file, one shows what it would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from scheduler import imports
from scheduler.import_forms import ListForm, ListWordForm
from scheduler.imports import Contents, Layout, Row, UnreadableError
from scheduler.listings import Preview

SHOWN = 100
"""Of each kind so many lines are shown; the figures count all."""


class Titled(Protocol):
    """What the pages need to know of a list."""

    title: Promise
    layout: Layout

    def columns(self) -> Sequence[tuple[str, Promise]]: ...


@dataclass(frozen=True, slots=True)
class ListAddresses:
    """Where the steps of one list are; `back` is the page on which it stands."""

    upload: str
    confirm: str
    template: str
    back: str
    is_setting: bool = True


def asking(request: HttpRequest, form: ListForm, listing: Titled, at: ListAddresses) -> HttpResponse:
    facts = {"form": form, "listing": listing, "columns": listing.columns(), "at": at}
    status = 422 if form.is_bound else 200
    return render(request, "scheduler/settings/import.html", facts, status=status)


def contents_of(form: ListForm, listing: Titled) -> Contents | None:
    """The file's rows; None when there is none yet or the form now says why it cannot be read."""
    if not form.is_valid():
        return None
    try:
        return imports.read(form.cleaned_data["file"], listing.layout)
    except UnreadableError as error:
        form.add_error("file", str(error))
        return None


def showing(
    request: HttpRequest, listing: Titled, preview: Preview, at: ListAddresses, *,
    passed_over: Iterable[str] = (), is_other: bool = False,
) -> HttpResponse:  # fmt: skip
    facts = {
        "listing": listing,
        "preview": preview,
        "passed_over": passed_over,
        "is_other": is_other,
        "new": preview.new[:SHOWN],
        "changed": preview.changed[:SHOWN],
        "problems": preview.problems[:SHOWN],
        "more_new": max(0, len(preview.new) - SHOWN),
        "more_changed": max(0, len(preview.changed) - SHOWN),
        "more_problems": max(0, len(preview.problems) - SHOWN),
        "text": "" if preview.problems else preview.text,
        "at": at,
    }
    status = 422 if preview.problems or is_other else 200
    return render(request, "scheduler/settings/preview.html", facts, status=status)


def confirmed(request: HttpRequest, listing: Titled) -> tuple[Sequence[Row], str] | None:
    """The rows that were shown and their digest; None, and a message that says why, where there are none."""
    form = ListWordForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The preview is incomplete. Choose the file again."))
        return None
    try:
        contents = imports.read(form.cleaned_data["text"].encode(), listing.layout)
    except UnreadableError as error:
        messages.error(request, str(error))
        return None
    return contents.rows, form.cleaned_data["digest"]
