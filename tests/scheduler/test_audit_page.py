"""The audit's page: who reads it, what is found, what is taken along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from scheduler import audit
from scheduler.models import AuditEntry, Organisation, Role, User
from tests.cast import NOW, World, add_user


@pytest.fixture
def auditor(world: World) -> User:
    return add_user("okada", "岡田 監", world.centre, Role.AUDITOR)


@pytest.fixture
def hospital(db: None) -> Organisation:
    return Organisation.objects.create(
        kind=Organisation.Kind.HOSPITAL, code="H1", name="市立総合病院", short_name="市立総合"
    )


@pytest.fixture
def entries(world: World, hospital: Organisation) -> list[AuditEntry]:
    """A case read by a doctor, a post ended by Nakamura a day later, and a failed sign-in."""
    abe = add_user("abe", "阿部 康介", hospital, Role.SPECIALIST)
    return [
        audit.record(
            audit.Action.READ, "consultation.read", by=abe, now=NOW, object_type="consultation",
            object_key="11", case_key="2026-0042",
        ),
        audit.record(
            audit.Action.UPDATE, "post.end", by=world.nakamura, now=NOW + timedelta(days=1),
            object_type="account", object_key=str(world.tanaka.pk), on_behalf_of=world.kudo,
        ),
        audit.record(
            audit.Action.SIGN_IN_FAILED, "account.sign_in", by=None, now=NOW + timedelta(days=1),
            object_type="account", object_key="", outcome="failure",
        ),
    ]  # fmt: skip


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def shown(client: Client, **search: str) -> list[int]:
    """Keys of the entries of the table, newest first."""
    response: Any = client.get("/audit/", search)
    return [line["entry"].pk for line in response.context["lines"]]


def rows(content: Iterable[bytes], encoding: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(content).decode(encoding))))


def test_entries_are_shown_in_words_newest_first(auditor: User, entries: list[AuditEntry]) -> None:
    page = as_(auditor).get("/audit/").content.decode()

    assert shown(as_(auditor)) == [entry.pk for entry in reversed(entries)]
    assert all(
        words in page
        for words in ("所属の終了", "中村 葵", "田中 誠", "工藤 誠 の代わり", "2026-0042", "不成立")
    )


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"person": "阿部"}, [0]),
        ({"person": "田中"}, [1]),
        ({"person": "nakamura@example.jp"}, [1]),
        ({"first": "2026-11-25"}, [2, 1]),
        ({"last": "2026-11-24"}, [0]),
        ({"object_type": "consultation"}, [0]),
        ({"case": "2026-0042"}, [0]),
        ({"case": "2026-0099"}, []),
    ],
)
def test_search_narrows(
    auditor: User, entries: list[AuditEntry], search: dict[str, str], found: list[int]
) -> None:
    assert shown(as_(auditor), **search) == [entries[n].pk for n in found]


def test_search_is_on_the_audit_without_what_was_typed(auditor: User, entries: list[AuditEntry]) -> None:
    as_(auditor).get("/audit/", {"person": "田中"})

    last = AuditEntry.objects.last()
    assert last is not None
    assert (last.event, last.actor_id, last.facts) == ("audit.search", auditor.pk, {"by": ["person"]})


@pytest.mark.parametrize(("encoding", "codec"), [("utf-8", "utf-8-sig"), ("cp932", "cp932")])
def test_file_carries_what_was_found_and_is_on_the_audit(
    auditor: User, entries: list[AuditEntry], encoding: str, codec: str
) -> None:
    response: Any = as_(auditor).post("/audit/export/", {"object_type": "consultation", "encoding": encoding})

    (line,) = rows(response.streaming_content, codec)
    assert (line["entry"], line["actor_name"], line["case"]) == (str(entries[0].pk), "阿部 康介", "2026-0042")
    assert (line["at"], line["hash"]) == ("2026-11-24T09:00:00.000+09:00", entries[0].hash)
    last = AuditEntry.objects.last()
    assert last is not None
    assert (last.action, last.event, last.facts["entries"]) == ("export", "audit.export", 1)
    assert audit.verify() == []


def test_auditor_of_a_hospital_reads_what_its_own_people_did(
    hospital: Organisation, entries: list[AuditEntry]
) -> None:
    own = add_user("own", "病院 監", hospital, Role.AUDITOR)

    assert shown(as_(own)) == [entries[0].pk]


def test_administrator_sees_who_read_what(world: World, entries: list[AuditEntry]) -> None:
    assert shown(as_(world.admin), case="2026-0042") == [entries[0].pk]


@pytest.mark.parametrize("who", ["sato", "suzuki", "nakamura", "tanaka", "kato"])
def test_audit_does_not_exist_for_everybody_else(world: World, who: str) -> None:
    client = as_(getattr(world, who))

    assert [client.get("/audit/").status_code, client.post("/audit/export/").status_code] == [404, 404]


def test_auditor_opens_nothing_else(world: World, auditor: User) -> None:
    client = as_(auditor)

    assert client.get("/").headers["Location"] == "/audit/"
    assert {client.get(path).status_code for path in ("/pupils/", "/people/", "/book/", "/records/")} == {404}


def test_a_first_day_after_the_last_is_refused_at_its_field(auditor: User) -> None:
    response = as_(auditor).get("/audit/", {"first": "2026-11-30", "last": "2026-11-01"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["first"]
    page = response.content.decode()
    assert "最初の日が最終日より後です" in page
    assert "最初の日：最初の日が最終日より後です" in page


def test_people_and_places_are_named_in_the_readers_language(auditor: User, world: World) -> None:
    User.objects.filter(pk=world.sato.pk).update(name_en="Ken Sato")
    Organisation.objects.filter(pk=world.centre.pk).update(name_en="Delivery Centre")
    audit.record(
        audit.Action.UPDATE, "post.end", by=world.sato, now=NOW, object_type="account",
        object_key=str(world.sato.pk),
    )  # fmt: skip
    client = as_(auditor)
    client.post("/language/", {"language": "en"})

    (line,) = client.get("/audit/").context["lines"]

    assert (line["who"], line["place"], line["about"]) == ("Ken Sato", "Delivery Centre", "Ken Sato")


def test_what_was_done_is_said_once(world: World, auditor: User) -> None:
    audit.record(
        audit.Action.SIGN_IN, "account.sign_in", by=world.sato, now=NOW, object_type="account",
        object_key=str(world.sato.pk),
    )  # fmt: skip

    (line,) = as_(auditor).get("/audit/").context["lines"]

    assert (line["words"], line["action"]) == ("サインイン", "")


def test_search_with_nonsense_is_refused_at_its_field(auditor: User) -> None:
    response = as_(auditor).get("/audit/", {"first": "yesterday"})

    assert response.status_code == 422
