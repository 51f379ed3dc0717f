"""A month of a centre with three schools, one of them in Alberta, in which anything may happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import uuid4

from classrooms import lessons, wishes
from classrooms.models import Course, Lesson, Reception, Section, SectionSchool, Student
from scheduler import bookings, closures
from scheduler.intervals import hull
from scheduler.models import Booking, ClassPart, Location, Organisation, Person, Role, User
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from tests import cast
from tests.cast import World, at
from tests.classrooms import teaching
from tests.scheduler import plans

NOW = at("9:00", date(2027, 10, 20))
FIRST = date(2027, 10, 25)
"""A Monday. Alberta's clocks go back on 7 November."""
PUPIL = "山田 花子"
SECRET = "秘密の面談"
EDMONTON_BELLS = [(f"{hour}:00", f"{hour}:50") for hour in range(16, 22)]


@dataclass(slots=True)
class Month:
    """`act` does one thing chosen by the dice; what does not fit does not happen."""

    world: World
    dice: Random
    edmonton: Organisation
    edmonton_part: ClassPart
    edmonton_room: Location
    lee: User
    """Coordinator in Edmonton."""
    abroad: Section
    now: datetime = NOW
    done: list[str] = field(default_factory=list)

    def act(self) -> None:
        self.now += timedelta(minutes=self.dice.randint(1, 90))
        acts: list[Callable[[], None]] = [
            self._book, self._book, self._series, self._move, self._move, self._cancel, self._withdraw,
            self._close, self._hold, self._local, self._secret, self._rename,
        ]  # fmt: skip
        act = self.dice.choice(acts)
        try:
            act()
        except bookings.BookingError:
            return
        self.done.append(act.__name__)

    def _sections(self) -> Section:
        return self.dice.choice([self.world.section, self.abroad])

    def _day(self) -> date:
        return FIRST + timedelta(days=self.dice.choice([0, 1, 3, 4]), weeks=self.dice.randint(0, 3))

    def _lesson(self) -> Lesson | None:
        live = Lesson.objects.filter(booking__state="confirmed", booking__end__gt=self.now)
        found = list(live.select_related("booking", "section").order_by("pk"))
        return self.dice.choice(found) if found else None

    def _book(self) -> None:
        section = self._sections()
        teaching.book(section, self.dice.randint(1, 6), day=self._day(), by=self.world.suzuki, now=self.now)

    def _series(self) -> None:
        wish = wishes.of_section(self._sections())
        first, number = FIRST + timedelta(days=self.dice.choice([1, 3])), self.dice.randint(1, 6)
        weeks = [first + timedelta(weeks=n) for n in range(self.dice.randint(2, 5))]
        lessons.book_series(
            wish, [teaching.periods(wish, number, day) for day in weeks if day != date(2027, 11, 23)],
            by=self.world.suzuki, now=self.now, intention=uuid4(), skip_conflicts=True,
        )  # fmt: skip

    def _move(self) -> None:
        if lesson := self._lesson():
            wish = wishes.of_section(lesson.section)
            periods = teaching.periods(wish, self.dice.randint(1, 6), self._day())
            lessons.move(lesson, wish, periods, by=self.world.suzuki, now=self.now, intention=uuid4())

    def _cancel(self) -> None:
        if lesson := self._lesson():
            reason = f"{PUPIL}さんの入院のため"
            lessons.cancel(lesson, by=self.world.suzuki, now=self.now, intention=uuid4(), reason=reason)

    def _withdraw(self) -> None:
        if lesson := self._lesson():
            standing = Reception.objects.filter(lesson=lesson, participant__withdrawn_at=None)
            reception = self.dice.choice(list(standing.order_by("pk")))
            lessons.withdraw_school(reception, by=self.world.suzuki, now=self.now, intention=uuid4())

    def _close(self) -> None:
        school = self.dice.choice([self.world.rishiri, self.world.rebun, self.edmonton])
        closures.close(
            school, self._day(), title=Name("臨時休業", "Closed"), by=self.world.suzuki, now=self.now
        )

    def _hold(self) -> None:
        wish = wishes.of_section(self.world.section)
        periods = teaching.periods(wish, self.dice.randint(1, 6), self._day())
        lessons.hold(wish, periods, by=self.world.sato, now=self.now, intention=uuid4())

    def _local(self) -> None:
        side = replace(
            plans.rishiri_side(self.world, self.dice.randint(1, 6), self._day()), is_host=False, headcount=0
        )
        plan = Plan("local", Name("体育", "Sport"), self.world.rishiri.pk, (side,))
        bookings.book(plan, by=self.world.nakamura, now=self.now, intention=uuid4())

    def _secret(self) -> None:
        guest = plans.rishiri_side(self.world, self.dice.randint(1, 6), self._day())
        host = Side(
            self.world.centre.pk, hull([guest.interval]), (Need((self.world.sato_person.pk,)),),
            person_id=self.world.sato_person.pk, is_host=True,
        )  # fmt: skip
        plan = Plan(
            "lesson", Name(SECRET, "Secret"), self.world.centre.pk, (host, guest), visibility="CONFIDENTIAL"
        )
        bookings.book(plan, by=self.world.sato, now=self.now, intention=uuid4())

    def _rename(self) -> None:
        self.dice.choice(self.renames())()

    def renames(self) -> list[Callable[[], int]]:
        """By plain updates, of which no signal of Django's tells."""
        n = self.dice.randint(100, 999)
        return [
            lambda: Organisation.objects.filter(pk=self.world.rebun.pk).update(short_name=f"礼文{n}"),
            lambda: Location.objects.filter(pk=self.world.rishiri_set.pk).update(name=f"受信機材{n}"),
            lambda: Person.objects.filter(pk=self.world.sato_person.pk).update(name=f"佐藤 直子{n}"),
            lambda: Course.objects.filter(name__startswith="数学").update(name=f"数学Ⅱ-{n}"),
            lambda: Booking.objects.filter(kind="local").update(title=f"体育{n}"),
        ]


def begin(world: World, seed: int) -> Month:
    school, part, places = cast.add_school(
        "A1", "Edmonton Senior High School", "エドモントン", EDMONTON_BELLS, time_zone="America/Edmonton"
    )
    lee = cast.add_user("lee", "Lee", school, Role.SCHOOL_COORDINATOR)
    course = Course.objects.create(subject_area="国語", name="日本語", name_en="Japanese", credits=2)
    abroad = Section.objects.create(
        course=course, academic_year=2027, name="日本語（伊藤）", centre=world.centre,
        teacher=world.ito_person, studio=world.studios[1],
    )  # fmt: skip
    SectionSchool.objects.create(
        section=abroad, school=school, location=places[0], headcount=part.headcount
    ).parts.add(part)
    Student.objects.create(
        school=world.rishiri, number="1", name=PUPIL, group=world.rishiri_2a.group, seat=1,
        valid_from=date(2027, 4, 1),
    )  # fmt: skip
    return Month(world, Random(seed), school, part, places[0], lee, abroad)
