"""The table of states: what is possible, what is refused and why, and that the page says the same."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from clinics import models, state_diagram, states
from clinics.states import (
    ENDED,
    TRANSITIONS,
    Actor,
    Deadline,
    Event,
    Facts,
    Goes,
    Guard,
    Owner,
    Reason,
    Refused,
    Row,
    State,
    decide,
)  # fmt: skip

EVERY_GUARD = frozenset(Guard) - {Guard.OFFERS_LEFT, Guard.COUNTERED, Guard.OUTCOME_KNOWN}
PAGE = Path(__file__).parents[2] / "docs" / "consultations.md"


def facts(state: State | None, *, without: frozenset[Guard] = frozenset()) -> Facts:
    return Facts(state, State.TRIAGED, EVERY_GUARD - without)


def cells() -> list[tuple[Row, State | None, Actor]]:
    return [(row, state, actor) for row in TRANSITIONS for state in row.sources for actor in sorted(row.who)]


def test_the_values_are_those_of_the_tables() -> None:
    case = models.Consultation
    assert {s.value for s in State} == set(case.State.values)
    assert {s.value for s in ENDED} == set(case.ENDED)
    assert {o.value for o in Owner} == set(case.Owner.values)
    assert {a.value for a in Actor} == {*models.CaseParty.Part.values, "coordinator", "system"}
    assert max(len(e.value) for e in Event) <= 30
    assert {g.value for row in TRANSITIONS for g in row.needs} <= {r.value for r in Reason}


@pytest.mark.parametrize(("row", "state", "actor"), cells())
def test_every_row_leads_somewhere_with_an_owner_and_a_deadline(
    row: Row, state: State | None, actor: Actor
) -> None:
    step = decide(Facts(state, State.TRIAGED, EVERY_GUARD | row.when), row.event, actor)

    assert (step.owner == Owner.NOBODY) == (step.target in ENDED)
    ended_or_draft = step.target in ENDED or step.target == State.DRAFT
    if step.deadline_kind != Deadline.KEEP:
        assert (step.deadline_kind == Deadline.NONE) == ended_or_draft


@pytest.mark.parametrize(("row", "state", "actor"), cells())
def test_every_guard_of_a_row_refuses_with_its_own_reason(
    row: Row, state: State | None, actor: Actor
) -> None:
    for guard in row.needs:
        with pytest.raises(Refused) as refused:
            decide(Facts(state, State.TRIAGED, (EVERY_GUARD | row.when) - {guard}), row.event, actor)

        assert refused.value.reason.value == guard.value


@pytest.mark.parametrize("state", [None, *State])
def test_whatever_is_not_in_the_table_is_refused_and_says_why(state: State | None) -> None:
    for event, actor in itertools.product(Event, [None, *Actor]):
        allowed = any(row.event == event and state in row.sources and actor in row.who for row in TRANSITIONS)
        if allowed:
            decide(facts(state), event, actor)
            continue

        with pytest.raises(Refused) as refused:
            decide(facts(state), event, actor)

        is_possible_here = any(row.event == event and state in row.sources for row in TRANSITIONS)
        expected = (
            {Reason.NOT_YOURS} if is_possible_here or actor is None else set(Reason) - {Reason.NOT_YOURS}
        )
        assert refused.value.reason in expected
        assert refused.value.who


def test_refusals_say_whether_it_is_too_early_too_late_over_or_waiting() -> None:
    def why(state: State, event: Event, actor: Actor) -> Reason:
        with pytest.raises(Refused) as refused:
            decide(facts(state), event, actor)
        return refused.value.reason

    assert why(State.DRAFT, Event.ASSIGN, Actor.COORDINATOR) == Reason.TOO_EARLY
    assert why(State.LIVE, Event.CANCEL, Actor.REQUESTER) == Reason.TOO_LATE
    assert why(State.SCHEDULED, Event.SUBMIT, Actor.REQUESTER) == Reason.TOO_LATE
    assert why(State.CANCELLED, Event.ACCEPT, Actor.REQUESTER) == Reason.ENDED
    assert why(State.NEEDS_INFO, Event.ACCEPT, Actor.REQUESTER) == Reason.WAITING
    assert why(State.SUBMITTED, Event.ASSIGN, Actor.REQUESTER) == Reason.NOT_YOURS
    assert why(State.REPORTED, Event.ACKNOWLEDGE, Actor.PROXY) == Reason.NOT_YOURS


def test_from_every_state_that_has_not_ended_its_owner_can_go_on() -> None:
    """No dead end: the owner's own event, or the clock's, leads out of every state."""
    parts = {
        Owner.REQUESTER: {Actor.REQUESTER},
        Owner.COORDINATOR: {Actor.COORDINATOR},
        Owner.SPECIALIST: {Actor.SPECIALIST},
    }
    for state in State:
        if state in ENDED:
            continue
        for holds in (frozenset(), frozenset({Guard.ASSIGNED}), frozenset({Guard.COUNTERED})):
            owner = states.owner_of(state, holds)
            leaving = [
                row
                for row in TRANSITIONS
                if state in row.sources and row.target is not Goes.STAYS and row.who & parts[owner]
            ]
            assert leaving, (state, owner)


def test_further_rows_make_paging_possible_without_touching_the_old_ones() -> None:
    paging = Row("T8", Event.ASSIGN, (State.NO_SHOW,), State.LIVE, frozenset({Actor.COORDINATOR}))

    step = decide(facts(State.NO_SHOW), Event.ASSIGN, Actor.COORDINATOR, (*TRANSITIONS, paging))

    assert step.target == State.LIVE


def test_the_page_says_what_the_code_does() -> None:
    text = PAGE.read_text("utf-8")

    assert text == state_diagram.put_into(text), "run manage.py draw_consultations"
