"""The audit's chain: everybody appends, nobody changes, and whoever does it all the same is found."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from scheduler import audit, audit_chain
from scheduler.models import AuditEntry, User
from tests.cast import NOW, World

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
ONE, TWO, THREE, FOUR, FIVE = range(5)


def write(count: int, *, by: User | None = None) -> list[AuditEntry]:
    return [
        audit.record(
            audit.Action.READ, "case.read", by=by, now=NOW + timedelta(minutes=n),
            object_type="consultation", object_key=str(n), facts={"step": n, "parts": ["a", "b"]},
        )
        for n in range(count)
    ]  # fmt: skip


@contextmanager
def as_the_owner_of_the_database() -> Iterator[None]:
    """Without the triggers, which whoever owns the tables can take away; put back at the end."""
    disabled = {
        "postgresql": "ALTER TABLE scheduler_auditentry DISABLE TRIGGER audit_is_appended",
        "sqlite": "DROP TRIGGER audit_is_appended",
    }
    with connection.cursor() as cursor:
        cursor.execute(disabled[connection.vendor])
        yield
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE scheduler_auditentry ENABLE TRIGGER audit_is_appended")


def sql(statement: str, *values: int | str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def verified() -> tuple[int, str]:
    """The command's exit and what it said."""
    said = StringIO()
    try:
        call_command("audit_verify", stdout=said, stderr=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    return 0, said.getvalue()


def test_entry_says_who_did_what_from_where_for_whom(world: World) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="::ffff:192.0.2.7")

    written = audit.record(
        audit.Action.UPDATE, "membership.end", by=world.nakamura, now=NOW, object_type="membership",
        object_key="7", on_behalf_of=world.tanaka, facts={"until": NOW.date(), "n": 3}, request=request,
    )  # fmt: skip

    entry = AuditEntry.objects.get(pk=written.pk)
    assert (entry.actor_id, entry.actor_name, entry.actor_role) == (
        world.nakamura.pk, "中村 葵", "school_coordinator",
    )  # fmt: skip
    assert (entry.organisation_id, entry.on_behalf_of_id) == (world.rishiri.pk, world.tanaka.pk)
    assert (entry.address, entry.facts) == ("192.0.2.7", {"until": "2026-11-24", "n": 3})
    assert list(audit.of("membership", "7")) == [entry]
    assert audit.verify() == []


def test_chain_is_whole_and_its_head_is_printed_for_keeping(world: World) -> None:
    entries = write(3, by=world.sato)

    code, said = verified()

    assert code == 0
    assert "3 entries, unbroken." in said
    assert f"3:{entries[-1].hash}" in said


def test_entry_that_is_rolled_back_leaves_the_chain_whole(world: World) -> None:
    write(2)

    class Regret(Exception):  # noqa: N818 -- nobody but this test meets it
        pass

    with pytest.raises(Regret), transaction.atomic():  # noqa: PT012 -- what comes after the write undoes it
        write(1)
        raise Regret
    write(1)

    assert AuditEntry.objects.count() == 3
    assert audit.verify() == []


def test_database_refuses_to_change_an_entry() -> None:
    (entry,) = write(1)

    with pytest.raises(DatabaseError, match="only ever appended"), transaction.atomic():
        sql("UPDATE scheduler_auditentry SET event = 'nothing' WHERE id = %s", entry.pk)

    entry.refresh_from_db()
    assert entry.event == "case.read"


@pytest.mark.postgresql
def test_postgresql_refuses_to_remove_an_entry() -> None:
    (entry,) = write(1)

    with pytest.raises(DatabaseError, match="only ever appended"), transaction.atomic():
        sql("DELETE FROM scheduler_auditentry WHERE id = %s", entry.pk)

    assert AuditEntry.objects.get() == entry


@pytest.mark.parametrize(
    "change",
    [
        "event = 'nothing'",
        "actor_id = 4711",
        "address = '192.0.2.9'",
        "object_key = 'another'",
        "at = '2026-11-24 01:00:00+00:00'",
        """facts = '{"step": 2}'""",
        "outcome = 'refused'",
    ],
)
def test_changed_entry_is_named(change: str) -> None:
    entries = write(5)

    with as_the_owner_of_the_database():
        sql(f"UPDATE scheduler_auditentry SET {change} WHERE id = %s", entries[THREE].pk)  # noqa: S608

    assert audit.verify() == [audit.Break(entries[THREE].pk, audit.Fault.CHANGED)]
    assert verified() == (
        1, f"Entry {entries[THREE].pk} was changed: its hash is not that of its columns.\n",
    )  # fmt: skip


def test_changed_entry_with_its_hash_made_anew_is_found_by_the_next_one() -> None:
    entries = write(5)
    changed = entries[THREE]
    changed.event = "nothing"

    with as_the_owner_of_the_database():
        sql(
            "UPDATE scheduler_auditentry SET event = 'nothing', hash = %s WHERE id = %s",
            audit_chain.digest(changed), changed.pk,
        )  # fmt: skip

    assert audit.verify() == [audit.Break(entries[FOUR].pk, audit.Fault.MISPLACED)]


def test_removed_entry_is_found_by_the_next_one() -> None:
    entries = write(5)

    with as_the_owner_of_the_database():
        sql("DELETE FROM scheduler_auditentry WHERE id = %s", entries[THREE].pk)

    assert audit.verify() == [audit.Break(entries[FOUR].pk, audit.Fault.MISPLACED)]


def test_first_entry_removed_is_found() -> None:
    entries = write(3)

    with as_the_owner_of_the_database():
        sql("DELETE FROM scheduler_auditentry WHERE id = %s", entries[ONE].pk)

    assert audit.verify() == [audit.Break(entries[TWO].pk, audit.Fault.MISPLACED)]


def test_swapped_entries_are_found() -> None:
    entries = write(5)
    one, other = entries[TWO].pk, entries[THREE].pk

    with as_the_owner_of_the_database():
        for old, new in ((one, -1), (other, one), (-1, other)):
            sql("UPDATE scheduler_auditentry SET id = %s WHERE id = %s", new, old)

    assert [each.pk for each in audit.verify()] == [one, other, entries[FOUR].pk]


def test_entries_cut_off_at_the_end_are_missed() -> None:
    entries = write(5)

    with as_the_owner_of_the_database():
        sql("DELETE FROM scheduler_auditentry WHERE id > %s", entries[THREE].pk)

    assert audit.verify() == [audit.Break(entries[THREE].pk, audit.Fault.CUT_OFF)]
    assert verified() == (1, f"Entries are missing after {entries[THREE].pk}.\n")


def test_everything_removed_is_missed() -> None:
    write(2)

    with as_the_owner_of_the_database():
        sql("DELETE FROM scheduler_auditentry")

    assert audit.verify() == [audit.Break(None, audit.Fault.CUT_OFF)]


def test_entry_put_in_by_hand_is_one_too_many() -> None:
    (entry,) = write(1)
    forged = AuditEntry(at=NOW, action="read", event="case.read", object_type="x", previous_hash=entry.hash)
    forged.hash = audit_chain.digest(forged)
    forged.save()

    assert audit.verify() == [audit.Break(forged.pk, audit.Fault.UNCOUNTED)]


def test_chain_written_anew_with_its_head_is_found_by_a_head_kept_elsewhere() -> None:
    write(3)
    kept = audit.head()
    with as_the_owner_of_the_database():
        sql("DELETE FROM scheduler_auditentry")
        sql("DELETE FROM scheduler_audithead")
    entries = write(4, by=User.objects.create_user("eve@example.jp", name="Eve"))

    assert audit.verify() == []
    assert audit.verify(kept=kept) == [audit.Break(entries[-1].pk, audit.Fault.UNKNOWN_HEAD)]


def test_fraction_is_refused_because_databases_write_it_differently() -> None:
    with pytest.raises(TypeError, match="whole number"):
        audit.record(
            audit.Action.READ, "case.read", by=None, now=NOW, object_type="x", object_key="", facts={"a": 0.5}
        )

    assert not AuditEntry.objects.exists()


@pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback")
def test_eight_writers_at_once_make_one_chain() -> None:
    def writes(_: int) -> None:
        try:
            for _each in range(10):
                with transaction.atomic():
                    write(1)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(writes, range(8)))

    assert AuditEntry.objects.count() == audit.head()[0] == 80
    assert audit.verify() == []
