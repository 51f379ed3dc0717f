"""The table of `clinics.states` as people read it: a Mermaid diagram, and who may do what. Pure.

docs/consultations.md contains both; a test holds it to the code.
"""

from __future__ import annotations

from collections.abc import Sequence

from clinics.states import (
    ENDED,
    TRANSITIONS,
    Actor,
    Deadline,
    Event,
    Goes,
    Guard,
    Owner,
    Row,
    State,
    deadline_of,
    owner_of,
)  # fmt: skip

BEGIN, END = "<!-- made by manage.py draw_consultations -->", "<!-- end -->"
ACTORS = (
    Actor.REQUESTER, Actor.COLLEAGUE, Actor.PROXY, Actor.SPECIALIST, Actor.COORDINATOR, Actor.SYSTEM,
)  # fmt: skip

CASES: tuple[frozenset[Guard], ...] = (
    frozenset(),
    frozenset({Guard.ASSIGNED}),
    frozenset({Guard.COUNTERED, Guard.ASSIGNED}),
    frozenset({Guard.COUNTERED}),
)


def diagram(table: Sequence[Row] = TRANSITIONS) -> str:
    """Every transition that changes the state; what leaves a case where it is stands in the table."""
    lines = ["```mermaid", "stateDiagram-v2"]
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in table:
        for source in row.sources:
            if row.target is Goes.STAYS or row.target == source:
                continue
            targets = _targets(row)
            for target in targets:
                start = source.value if source else "[*]"
                words = arrows.setdefault((start, target), [])
                if row.event.value not in words:
                    words.append(row.event.value)
    lines += [f"  {source} --> {target}: {', '.join(words)}" for (source, target), words in arrows.items()]
    lines += [f"  {state.value} --> [*]" for state in State if state in ENDED]
    return "\n".join([*lines, "```"])


def _targets(row: Row) -> list[str]:
    if row.target is Goes.BACK:
        asked = next(each for each in TRANSITIONS if each.event == Event.ASK)
        return [source.value for source in asked.sources if source]
    assert isinstance(row.target, State)
    return [row.target.value]


def transitions(table: Sequence[Row] = TRANSITIONS) -> str:
    """One line per row: what, from where to where, who, and what must hold."""
    lines = [
        "| # | event | from | to | " + " | ".join(ACTORS) + " | must hold |",
        "|---|---|---|---|" + "---|" * (len(ACTORS) + 1),
    ]
    for row in table:
        sources = ", ".join(source.value if source else "–" for source in row.sources)
        target = row.target.value if isinstance(row.target, State) else f"({row.target.value})"
        who = " | ".join("●" if actor in row.who else "" for actor in ACTORS)
        holds = [*(f"if {each.value}" for each in sorted(row.when)), *(each.value for each in row.needs)]
        lines.append(
            f"| {row.number} | {row.event.value} | {sources} | {target} | {who} | {', '.join(holds)} |"
        )
    return "\n".join(lines)


def owners() -> str:
    """Who has the next step in each state, and what its deadline is reckoned from."""
    lines = ["| state | next step | by when |", "|---|---|---|"]
    for state in State:
        words = [
            (_owner(owner_of(state, holds)), deadline_of(state, holds).value)
            for holds in map(
                frozenset, ((), (Guard.ASSIGNED,), (Guard.COUNTERED, Guard.ASSIGNED), (Guard.COUNTERED,))
            )
        ]
        who = " or ".join(dict.fromkeys(word for word, _ in words))
        when = " or ".join(dict.fromkeys(word for _, word in words))
        lines.append(f"| {state.value} | {who} | {'–' if when == Deadline.NONE else when} |")
    return "\n".join(lines)


def _owner(owner: Owner) -> str:
    return owner.value or "nobody"


def document() -> str:
    """What stands between the marks in docs/consultations.md."""
    return "\n\n".join(
        [diagram(), "### Who has the next step", owners(), "### Who may do what", transitions()]
    )


def put_into(text: str) -> str:
    """The page with that part made anew."""
    before, rest = text.split(BEGIN, 1)
    _old, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n\n{document()}\n\n{END}{after}"
