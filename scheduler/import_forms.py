"""The two forms of reading in a list: the file, and the word to write what was shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduler.imports import MOST_BYTES


class ListForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,  # the reader says it better itself
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv"}),
    )

    def __init__(self, data: Any, files: Any) -> None:
        super().__init__(data, files, auto_id="import-%s")

    def clean_file(self) -> bytes:
        """Its bytes; of a file that is too large one more than may be, which the reader then refuses."""
        content: bytes = self.cleaned_data["file"].read(MOST_BYTES + 1)
        return content


class ListWordForm(forms.Form):
    """The rows that were shown, and the digest of their outcome."""

    text = forms.CharField(strip=False)
    digest = forms.RegexField(r"\A[0-9a-f]{64}\Z")
