"""The forms of a page, as a browser sees them: where they go, their fields, and what would be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str]
_OWN = frozenset({"", "csrfmiddlewaretoken"})
_SILENT = frozenset({"submit", "button", "image", "reset"})
_NOT_KEPT = frozenset({"hidden", "password", "file"})


@dataclass
class Field:
    """All controls of one name. `values` is what a browser would send."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    longest: int | None = None
    """`maxlength`: more than that a browser does not take, and a page may cut."""

    @property
    def is_typed(self) -> bool:
        """Whether somebody types into it: what was typed has to come back."""
        return self.kind not in _NOT_KEPT | {"checkbox", "radio", "select", "button"}


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)

    def sent(self) -> dict[str, list[str]]:
        return {each.name: list(each.values) for each in self.fields.values() if each.kind != "file"}


class _Reader(HTMLParser):
    """Forms in the order in which they end; a control with `form=…` belongs to the form of that id."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.loose: list[tuple[str, Field]] = []
        self._form: Form | None = None
        self._select: Field | None = None
        self._text: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
            self.by_id[given.get("id", "")] = self._form
        elif tag == "input":
            self._input(given)
        elif tag in ("select", "textarea"):
            found = self._field(given, "hidden" if "hidden" in given else tag)
            self._select, self._text = (found, None) if tag == "select" else (None, found)
            if tag == "textarea":
                found.values.append("")
        elif tag == "option" and self._select is not None:
            self._select.options.append(given.get("value", ""))
            if "selected" in given:
                self._select.values.append(given.get("value", ""))
        elif tag == "button" and given.get("name"):
            self._field(given, "button").options.append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select" and self._select is not None:
            if not self._select.values and self._select.options:
                self._select.values.append(self._select.options[0])
            self._select = None
        elif tag == "textarea" and self._text is not None:
            self._text.values[-1] = self._text.values[-1].removeprefix("\n")
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.values[-1] += data

    def _input(self, given: Attributes) -> None:
        kind = given.get("type", "text")
        if given.get("name", "") in _OWN or kind in _SILENT or "disabled" in given:
            return
        found, value = self._field(given, kind), given.get("value", "")
        if kind in ("checkbox", "radio"):
            found.options.append(value or "on")
            if "checked" in given:
                found.values.append(value or "on")
        else:
            found.values.append(value)

    def _field(self, given: Attributes, kind: str) -> Field:
        name, longest = given.get("name", ""), given.get("maxlength", "")
        each = Field(name, kind, longest=int(longest) if longest.isdecimal() else None)
        if given.get("form") or self._form is None:
            self.loose.append((given.get("form", ""), each))
            return each
        return self._form.fields.setdefault(name, each)


def read(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for form_id, each in reader.loose:
        if form_id and form_id in reader.by_id:
            own = reader.by_id[form_id].fields.setdefault(each.name, each)
            if own is not each:
                own.values += each.values
                own.options += each.options
    return reader.forms
