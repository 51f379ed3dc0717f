"""Which day type each weekday has in a school, from a day on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from scheduler import audit, bells, fitting
from scheduler.dayplans import Pattern, SchoolFacts
from scheduler.fitting import Alter, Misfit
from scheduler.models import DayPattern, DayType, Organisation, User
from scheduler.transactions import retried


def of_school(school: Organisation, day: date) -> dict[int, DayPattern]:
    """Which day type each weekday has on the days around `day`; weekdays without one are missing."""
    patterns = DayPattern.objects.filter(organisation=school, valid_from__lte=day)
    standing = patterns.filter(Q(valid_until=None) | Q(valid_until__gt=day)).select_related("day_type")
    return {pattern.weekday: pattern for pattern in standing.order_by("valid_from", "pk")}


def with_days(school: Organisation, types: Mapping[int, DayType | None], valid_from: date) -> Alter:
    """The school's facts as they would be with this week from that day on."""

    def alter(facts: SchoolFacts) -> SchoolFacts:
        kept = [
            dataclasses.replace(p, valid_until=valid_from)
            if p.weekday in types and (p.valid_until is None or p.valid_until > valid_from)
            else p
            for p in facts.patterns
            if p.weekday not in types or p.valid_from < valid_from
        ]
        added = [Pattern(n, each.pk, 1, valid_from, None) for n, each in types.items() if each]
        names = {each.pk: facts.day_types.get(each.pk) for each in types.values() if each}
        known = {pk: name for pk, name in names.items() if name is not None}
        return dataclasses.replace(facts, patterns=[*kept, *added], day_types={**facts.day_types, **known})

    return alter


@retried
def set_days(
    school: Organisation, types: Mapping[int, DayType | None], valid_from: date, *,
    by: User, now: datetime, shown: str | None,
) -> bool:  # fmt: skip
    """From `valid_from` on these weekdays have these day types; False when they have them already.

    What was before stays with an end. Raises PastError, StaleError.
    """
    bells.lock(school)
    changed = changed_days(school, types, valid_from)
    if not changed:
        return False
    today = timezone.localdate(now)
    if valid_from < today and has_run(school, changed, today):
        raise bells.PastError
    misfits = fitting.misfits(school, with_days(school, changed, valid_from), now=now)
    if shown is not None and shown != bells.seen(school, _week_key(changed, valid_from), misfits):
        raise bells.StaleError
    put_days(school, changed, valid_from, by=by, now=now)
    return True


def put_days(
    school: Organisation, changed: Mapping[int, DayType | None], valid_from: date, *, by: User, now: datetime
) -> None:
    """`set_days` for who has locked the school and checked; the caller's transaction."""
    own = DayPattern.objects.filter(organisation=school, weekday__in=changed)
    own.filter(valid_from__gte=valid_from).delete()
    own.filter(Q(valid_until=None) | Q(valid_until__gt=valid_from)).update(valid_until=valid_from)
    DayPattern.objects.bulk_create(
        DayPattern(organisation=school, weekday=n, day_type=each, valid_from=valid_from)
        for n, each in changed.items()
        if each is not None
    )
    facts = {"from": valid_from.isoformat(), "weekdays": len(changed)}
    bells.record("bells.week", audit.Action.UPDATE, school, str(school.pk), facts, by, now)


def has_run(school: Organisation, weekdays: Iterable[int], today: date) -> bool:
    """Whether one of these weekdays had a day type before today."""
    patterns = DayPattern.objects.filter(organisation=school, valid_from__lt=today)
    return patterns.filter(weekday__in=list(weekdays)).exists()


def changed_days(
    school: Organisation, types: Mapping[int, DayType | None], valid_from: date
) -> dict[int, DayType | None]:
    """Those weekdays that would have another day type from that day on, or once later."""
    later = set(
        DayPattern.objects.filter(organisation=school, valid_from__gt=valid_from).values_list(
            "weekday", flat=True
        )
    )
    before = of_school(school, valid_from)
    return {
        n: each
        for n, each in types.items()
        if n in later or (before[n].day_type_id if n in before else None) != (each.pk if each else None)
    }


def shown_days(
    school: Organisation, types: Mapping[int, DayType | None], valid_from: date, *, now: datetime
) -> tuple[list[Misfit], str]:
    """What the new week would put outside of its periods, and the name of what was shown."""
    changed = changed_days(school, types, valid_from)
    misfits = fitting.misfits(school, with_days(school, changed, valid_from), now=now)
    return misfits, bells.seen(school, _week_key(changed, valid_from), misfits)


def _week_key(types: Mapping[int, DayType | None], valid_from: date) -> object:
    return valid_from, sorted((n, each.pk if each else 0) for n, each in types.items())
