"""What somebody wants to teach: a section, the pupils of each school, and how long.

A Wish is loaded once in a fixed number of queries, whatever the number of schools, and is then
plain data: `classrooms.lessons.plan` turns it and the chosen periods into a Plan for the core.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Prefetch

from classrooms.models import Section, SectionSchool
from scheduler.models import ClassGroup, ClassPart, Location, Organisation, Resource


@dataclass(frozen=True, slots=True)
class Group:
    """One school's pupils who take part, and the sets on which they may receive, preferred first.

    `classes` are those to choose from; none where the section has decided.
    """

    school: Organisation
    parts: tuple[ClassPart, ...]
    sets: tuple[Location, ...]
    headcount: int
    classes: tuple[ClassGroup, ...] = ()

    @property
    def is_preset(self) -> bool:
        return not self.classes

    @property
    def grade(self) -> int | None:
        """The grade whose calendar holds; None when pupils of several grades sit together."""
        grades = {part.group.grade for part in self.parts}
        return grades.pop() if len(grades) == 1 else None


@dataclass(frozen=True, slots=True)
class Wish:
    """`studios` are all that will do, preferred first; `minimum` never exceeds `wanted`."""

    section: Section
    groups: tuple[Group, ...]
    studios: tuple[Location, ...]
    wanted: timedelta
    minimum: timedelta

    @property
    def headcount(self) -> int:
        return sum(group.headcount for group in self.groups)

    def lasting(self, wanted: timedelta) -> Wish:
        """The same wish for `wanted`, not under the section's minimum."""
        return replace(self, wanted=max(wanted, self.minimum))


@dataclass(frozen=True, slots=True)
class Addition:
    """A school that the section does not have: which of its classes comes, and how many pupils.

    Without `class_group_id` the first class of the section's grade comes, else its first class.
    """

    class_group_id: int | None = None
    headcount: int | None = None


def of_section(section: Section) -> Wish:
    """The section as it is: every school of it, its own minutes. Three queries."""
    return load(section, school_ids=None, additions={})


def load(
    section: Section,
    *,
    school_ids: Collection[int] | None,
    additions: Mapping[int, Addition],
    schools: Mapping[int, Organisation] | None = None,
) -> Wish:
    """The wish for these schools (None: the section's own), in the section's order, then as given.

    `schools` are rows already at hand; a school without any class is left out. At most five queries.
    """
    rows = section.schools.all() if school_ids is None else section.schools.filter(school__in=school_ids)
    parts = Prefetch("parts", ClassPart.objects.select_related("group"))
    presets = list(rows.select_related("school").prefetch_related(parts))
    known = {preset.school_id for preset in presets}
    added_ids = [] if school_ids is None else [pk for pk in dict.fromkeys(school_ids) if pk not in known]
    places = _places([section.centre_id, *known, *added_ids])
    groups = [_preset_group(preset, places.get(preset.school_id, [])) for preset in presets]
    groups += _added_groups(added_ids, additions, places, schools, grade=_usual_grade(groups))
    return Wish(
        section=section,
        groups=tuple(groups),
        studios=_preferred_first(places.get(section.centre_id, []), section.studio_id),
        wanted=section.wanted,
        minimum=section.minimum,
    )


def _places(organisation_ids: Iterable[int]) -> dict[int, list[Location]]:
    kinds = (Resource.Kind.STUDIO, Resource.Kind.RECEIVING_SET)
    result: dict[int, list[Location]] = {}
    for place in Location.objects.filter(
        organisation__in=set(organisation_ids), kind__in=kinds, is_active=True
    ):
        result.setdefault(place.organisation_id, []).append(place)
    return result


def _preferred_first(places: list[Location], preferred_id: int | None) -> tuple[Location, ...]:
    return tuple(sorted(places, key=lambda place: place.pk != preferred_id))


def _preset_group(preset: SectionSchool, sets: list[Location]) -> Group:
    return Group(
        school=preset.school,
        parts=tuple(preset.parts.all()),
        sets=_preferred_first(sets, preset.location_id),
        headcount=preset.headcount,
    )


def _usual_grade(groups: list[Group]) -> int | None:
    return next((group.grade for group in groups if group.grade is not None), None)


def _added_groups(
    school_ids: list[int],
    additions: Mapping[int, Addition],
    places: Mapping[int, list[Location]],
    schools: Mapping[int, Organisation] | None,
    *,
    grade: int | None,
) -> list[Group]:
    if not school_ids:
        return []
    if schools is None:
        schools = Organisation.objects.in_bulk(school_ids)
    classes: dict[int, dict[int, list[ClassPart]]] = {}
    parts = ClassPart.objects.filter(organisation__in=school_ids, is_active=True).select_related("group")
    for part in parts.order_by("group__grade", "group__name", "pk"):
        classes.setdefault(part.organisation_id, {}).setdefault(part.group_id, []).append(part)
    result = []
    for school_id in school_ids:
        addition = additions.get(school_id, Addition())
        chosen = _chosen_class(classes.get(school_id, {}), addition.class_group_id, grade)
        if chosen and school_id in schools:
            pupils = sum(part.headcount for part in chosen)
            headcount = pupils if addition.headcount is None else addition.headcount
            sets = tuple(places.get(school_id, []))
            listed = tuple(parts[0].group for parts in classes[school_id].values())
            result.append(Group(schools[school_id], tuple(chosen), sets, headcount, listed))
    return result


def _chosen_class(
    classes: Mapping[int, list[ClassPart]], class_group_id: int | None, grade: int | None
) -> list[ClassPart]:
    if class_group_id is not None and class_group_id in classes:
        return classes[class_group_id]
    ordered = sorted(classes.values(), key=lambda parts: parts[0].group.grade != grade)
    return ordered[0] if ordered else []
