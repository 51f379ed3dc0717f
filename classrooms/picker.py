"""Choosing sections and schools: one's own sections first, schools by district and by reading."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from classrooms import sections
from classrooms.models import Section
from classrooms.wishes import Wish
from scheduler.models import Organisation
from scheduler.names import Name
from scheduler.providers import Reader


@dataclass(frozen=True, slots=True)
class SchoolOption:
    pk: int
    name: str
    reading: str
    is_chosen: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class District:
    name: str
    schools: tuple[SchoolOption, ...]

    @property
    def is_shown(self) -> bool:
        return any(school.is_shown for school in self.schools)


@dataclass(frozen=True, slots=True)
class SectionOption:
    pk: int
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Picker:
    own_sections: tuple[SectionOption, ...]
    other_sections: tuple[SectionOption, ...]
    districts: tuple[District, ...]
    sought: str

    @property
    def finds_nothing(self) -> bool:
        return bool(self.sought) and not any(district.is_shown for district in self.districts)


def load(
    reader: Reader, section: Section, schools: Mapping[int, Organisation], wish: Wish, sought: str
) -> Picker:
    """What can be chosen; schools that don't match `sought` are kept and hidden. One query."""
    own: list[SectionOption] = []
    other: list[SectionOption] = []
    columns = ("pk", "name", "name_en", "teacher__user", "teacher__name", "teacher__name_en")
    for pk, name, name_en, user_id, teacher, teacher_en in sections.of_posts(reader.memberships).values_list(
        *columns
    ):
        words = Name(name, name_en).in_language(reader.language)
        is_own = user_id == reader.user.pk
        taught_by = "" if is_own else Name(teacher, teacher_en).in_language(reader.language)
        (own if is_own else other).append(SectionOption(pk, f"{words} {taught_by}".strip(), pk == section.pk))
    return Picker(tuple(own), tuple(other), _districts(schools, wish, sought, reader.language), sought)


def _districts(
    schools: Mapping[int, Organisation], wish: Wish, sought: str, language: str
) -> tuple[District, ...]:
    chosen = {group.school.pk for group in wish.groups}
    wanted = folded(sought)
    found: dict[str, list[SchoolOption]] = {}
    for school in schools.values():
        reading = folded(
            f"{school.short_name} {school.kana} {school.name} {school.name_en} {school.municipality}"
        )
        option = SchoolOption(
            pk=school.pk,
            name=school.label.in_language(language),
            reading=reading,
            is_chosen=school.pk in chosen,
            is_shown=wanted in reading or school.pk in chosen,
        )
        found.setdefault(school.district, []).append(option)
    return tuple(District(name, tuple(options)) for name, options in found.items())


def folded(text: str) -> str:
    """For finding: widths unified, small letters, katakana as hiragana."""
    unified = unicodedata.normalize("NFKC", text).lower().strip()
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in unified)
