"""People from a file: who may read one in, what is refused and why, who is invited and who gets a post."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_save
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduler import audit, invitation_mail
from scheduler.models import AuditEntry, Invitation, Membership, Organisation, Role, User
from tests.cast import PASSWORD, World, add_user
from tests.scheduler.test_people import as_, link

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HEAD = "氏名,英語名,メールアドレス,機関コード,役割,職名,開始日,最終日"
NEW = "高橋 実,Takahashi Minoru,new@example.jp,S1,受信教室の担当,実習助手,2026-04-01,2027-03-31"


def upload(client: Client, *lines: str, encoding: str = "utf-8") -> Any:
    raw = "\r\n".join([HEAD, *lines]).encode(encoding)
    return client.post("/people/import/", {"file": SimpleUploadedFile("people.csv", raw)})


def word(client: Client, shown: Any) -> Any:
    values = {"text": shown.context["text"], "digest": shown.context["preview"].digest}
    return client.post("/people/import/confirm/", values, follow=True)


def problems(client: Client, *lines: str) -> list[tuple[int, str, str]]:
    response = upload(client, *lines)
    assert response.status_code == 422
    return [(one.line, one.column, one.words) for one in response.context["preview"].problems]


def kept() -> tuple[int, int, int, int]:
    counts = (Invitation, Membership, User, AuditEntry)
    return tuple(model.objects.count() for model in counts)  # type: ignore[return-value]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_nobody_is_written_or_written_to_before_the_word(world: World, encoding: str) -> None:
    before = kept()

    shown = upload(as_(world.admin), NEW, encoding=encoding)

    page = shown.content.decode()
    assert "高橋 実" in page
    assert "メールで招待" in page
    assert (kept(), mail.outbox) == (before, [])


def test_who_has_no_account_is_invited_as_by_the_form(world: World) -> None:
    admin = as_(world.admin)

    page = word(admin, upload(admin, NEW)).content.decode()

    assert "メールで招待1人、所属の追加0件" in page
    invitation = Invitation.objects.get()
    assert invitation.sent_at is not None
    assert [letter.to for letter in mail.outbox] == [["new@example.jp"]]
    Client().post(link(), {"name": "高橋 実", "password1": PASSWORD, "password2": PASSWORD})
    account = User.objects.get(email="new@example.jp")
    post = account.memberships.get()
    assert (post.organisation, post.role, post.post) == (world.rishiri, Role.ROOM_STAFF, "実習助手")
    assert (str(post.valid_from), str(post.valid_until)) == ("2026-04-01", "2027-04-01")
    assert account.name_en == "Takahashi Minoru"
    events = list(AuditEntry.objects.values_list("event", "actor_id"))
    assert events[:2] == [("invitation.create", world.admin.pk), ("list.import", world.admin.pk)]
    assert audit.verify() == []


def test_who_has_an_account_gets_the_post_at_once_and_no_mail(world: World) -> None:
    admin = as_(world.admin)
    line = "加藤,,KATO@example.jp,S2,room_staff,,R8.4.1,"

    page = word(admin, upload(admin, line)).content.decode()

    assert "メールで招待0人、所属の追加1件" in page
    post = Membership.objects.get(user=world.kato)
    assert (post.organisation, post.role, post.valid_until) == (world.rebun, "room_staff", None)
    world.kato.refresh_from_db()
    assert world.kato.name == "加藤 遥"
    assert (mail.outbox, Invitation.objects.count()) == ([], 0)
    assert [entry.event for entry in AuditEntry.objects.order_by("pk")] == ["post.give", "list.import"]


def test_the_same_file_again_changes_nothing(world: World) -> None:
    admin = as_(world.admin)
    lines = [
        NEW,
        "加藤,,kato@example.jp,S2,Room staff,,2026-04-01,",
        "田中,,tanaka@example.jp,S1,受信教室の担当,,2026-09-01,",
    ]
    shown = upload(admin, *lines)
    assert shown.context["preview"].unchanged == 1
    word(admin, shown)
    word(admin, shown)  # the same page sent twice
    before = kept()

    again = upload(admin, *lines)

    preview = again.context["preview"]
    assert (preview.changes, preview.unchanged, again.status_code) == ((), 3, 200)
    assert (kept(), len(mail.outbox)) == (before, 1)


@pytest.mark.parametrize(("line", "column", "words"), [
    ("高橋,,a@example.jp,X9,受信教室の担当,,2026-04-01,", "機関コード", "このコードのものはありません"),
    ("高橋,,a@example.jp,S1,先生,,2026-04-01,", "役割", "そこにはこの役割はありません"),
    ("高橋,,a@example.jp,S1,用務員,,2026-04-01,", "役割", "校長・教頭"),
    ("高橋,,a@example.jp,S1,device,,2026-04-01,", "役割", "そこにはこの役割はありません"),
    ("高橋,,a-example.jp,S1,受信教室の担当,,2026-04-01,", "メールアドレス", "読めません"),
    (",,a@example.jp,S1,受信教室の担当,,2026-04-01,", "氏名", "空です"),
    ("高橋,,,S1,受信教室の担当,,2026-04-01,", "メールアドレス", "空です"),
    ("高橋,,a@example.jp,S1,受信教室の担当,,,", "開始日", "空です"),
    ("高橋,,a@example.jp,S1,受信教室の担当,,2026-04-31,", "開始日", "日付として読めません"),
    ("高橋,,a@example.jp,S1,受信教室の担当,,2026-04-01,2026-03-31", "最終日", "前"),
    ("高橋,,ADMIN@example.jp,C1,先生,,2026-04-01,", "メールアドレス", "自分に"),
    ("田中,,tanaka@example.jp,S1,受信教室の担当,教諭,2026-04-01,", "開始日", "別の期間か職名"),
    ("田中,,tanaka@example.jp,S1,受信教室の担当,,2025-04-01,", "開始日", "別の期間か職名"),
    ("高橋,,new@example.jp,S1,受信教室の担当,,2026-04-01,", "メールアドレス", "2行目と同じ"),
])  # fmt: skip
def test_every_wrong_cell_is_told_by_line_and_nobody_of_the_file_comes_in(
    world: World, line: str, column: str, words: str
) -> None:
    admin, before = as_(world.admin), kept()

    found = problems(admin, NEW, line)

    assert [(n, where) for n, where, _ in found] == [(3, column)]
    assert words in found[0][2]
    text = "\r\n".join([HEAD, NEW, line])
    answer = admin.post("/people/import/confirm/", {"text": text, "digest": "0" * 64})
    assert (answer.status_code, kept(), mail.outbox) == (422, before, [])


def test_a_school_reads_in_its_own_room_staff_alone(world: World) -> None:
    office, before = as_(world.nakamura), kept()

    found = problems(
        office,
        "甲,,a@example.jp,S1,学校担当者,,2026-04-01,",
        "乙,,b@example.jp,S2,受信教室の担当,,2026-04-01,",
        "丙,,c@example.jp,S1,受信教室の担当,,2026-04-01,",
    )

    assert [(n, where) for n, where, _ in found] == [(2, "役割"), (3, "機関コード")]
    assert "付ける権限がありません" in found[0][2]
    assert kept() == before
    word(office, upload(office, "丙,,c@example.jp,S1,受信教室の担当,,2026-04-01,"))
    assert Invitation.objects.get().created_by == world.nakamura


def test_a_coordinator_reads_in_the_hospitals_doctors(world: World) -> None:
    kind = Organisation.Kind.HOSPITAL
    hospital = Organisation.objects.create(kind=kind, code="H1", name="市立総合病院", short_name="市立総合")
    desk = as_(add_user("desk", "森 文子", hospital, Role.CLINIC_COORDINATOR))

    word(desk, upload(desk, "阿部 健,,abe@example.jp,H1,専門医,内科部長,2026-04-01,"))

    assert Invitation.objects.get().role == Role.SPECIALIST


def test_a_file_tells_a_school_nothing_of_others_accounts(world: World) -> None:
    """Sato has an account and a post at the centre, new@ has none: both are invited alike."""
    office = as_(world.nakamura)
    lines = [NEW, "佐藤,,sato@example.jp,S1,受信教室の担当,,2026-04-01,"]

    shown = upload(office, *lines)
    page = word(office, shown).content.decode()

    steps = [{c: after for c, _, after in one.differences}["すること"] for one in shown.context["new"]]
    assert steps == ["メールで招待"] * 2
    assert "佐藤 直子" not in shown.content.decode() + page
    assert "メールで招待2人" in page
    assert Membership.objects.filter(user=world.sato).count() == 1


def test_a_school_is_told_of_a_closed_account_of_its_own_and_of_no_other(world: World) -> None:
    """Tanaka was of the school, Kato never; new@ has no account."""
    User.objects.filter(pk__in=[world.tanaka.pk, world.kato.pk]).update(is_active=False)
    office = as_(world.nakamura)
    others = [NEW, "加藤,,kato@example.jp,S1,受信教室の担当,,2026-04-01,"]

    found = problems(office, *others, "田中,,tanaka@example.jp,S1,受信教室の担当,教諭,2026-04-01,")
    page = word(office, upload(office, *others)).content.decode()

    assert [(n, where) for n, where, _ in found] == [(4, "メールアドレス")]
    assert "停止中です" in found[0][2]
    assert "メールで招待2人" in page
    assert (mail.outbox[-1].to, Client().get(link()).status_code) == (["kato@example.jp"], 410)


@pytest.mark.parametrize("who", ["sato", "suzuki", "tanaka", "rishiri_device", "kato"])
def test_the_pages_do_not_exist_for_who_invites_nobody(world: World, who: str) -> None:
    client, before = as_(getattr(world, who)), kept()

    answers = [
        client.get("/people/import/").status_code,
        upload(client, NEW).status_code,
        client.post("/people/import/confirm/", {"text": f"{HEAD}\n{NEW}", "digest": "0" * 64}).status_code,
        client.get("/people/import/template.csv").status_code,
    ]

    assert (answers, kept()) == ([404] * 4, before)


def test_what_changed_since_the_preview_is_shown_anew(world: World) -> None:
    admin = as_(world.admin)
    shown = upload(admin, NEW, "加藤,,kato@example.jp,S2,room_staff,,2026-04-01,")
    Membership.objects.create(
        user=world.kato, organisation=world.rebun, role=Role.ROOM_STAFF, valid_from="2026-04-01"
    )

    response = word(admin, shown)

    assert response.status_code == 422
    assert "その間にほかの変更がありました" in response.content.decode()
    assert (Invitation.objects.count(), mail.outbox) == (0, [])


def test_a_post_that_somebody_gives_while_the_list_is_written_is_no_failure(world: World) -> None:
    admin = as_(world.admin)
    shown, before = upload(admin, NEW, "加藤,,kato@example.jp,S2,room_staff,,2026-04-01,"), kept()

    def give(**_signal: object) -> None:
        """After the list was judged, while its first line is written."""
        Membership.objects.create(
            user=world.kato, organisation=world.rebun, role=Role.ROOM_STAFF, valid_from="2026-04-01"
        )

    post_save.connect(give, sender=Invitation)
    response = word(admin, shown)
    post_save.disconnect(give, sender=Invitation)

    assert response.status_code == 422
    assert "その間にほかの変更がありました" in response.content.decode()
    assert (kept(), mail.outbox) == (before, [])


def test_whose_post_ended_between_preview_and_word_writes_nothing(world: World) -> None:
    office = as_(world.nakamura)
    shown = upload(office, NEW)
    Membership.objects.filter(user=world.nakamura).update(valid_until=timezone.localdate())

    assert word(office, shown).status_code == 404
    assert (Invitation.objects.count(), mail.outbox) == (0, [])


@pytest.mark.parametrize("who", ["admin", "nakamura"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_the_template_reads_in_as_it_is(world: World, who: str, encoding: str) -> None:
    client = as_(getattr(world, who))
    response: Any = client.get(f"/people/import/template.csv?encoding={encoding}")
    raw = b"".join(response)

    shown = client.post("/people/import/", {"file": SimpleUploadedFile("people.csv", raw)})

    assert (shown.status_code, len(shown.context["preview"].new)) == (200, 1)


def test_the_template_is_its_head_alone_for_who_may_give_nothing_where_they_are(world: World) -> None:
    head = as_(add_user("head", "所長", world.centre, Role.SCHOOL_HEAD))

    response: Any = head.get("/people/import/template.csv")

    lines = b"".join(response).decode("utf-8-sig").splitlines()
    assert (response.status_code, lines) == (200, [HEAD])


def test_the_people_page_leads_to_it_and_it_says_what_belongs_where(world: World) -> None:
    admin = as_(world.admin)

    assert 'href="/people/import/"' in admin.get("/people/").content.decode()
    page = admin.get("/people/import/").content.decode()
    assert all(column in page for column in HEAD.split(","))
    assert "200行" in page
    lines = [f"職員{n},,staff{n}@example.jp,S1,room_staff,,2026-04-01," for n in range(201)]
    assert "一度に読み込めるのは200" in upload(admin, *lines).content.decode()


def test_a_long_list_asks_the_database_no_more(world: World, django_assert_max_num_queries: Any) -> None:
    admin = as_(world.admin)
    lines = [f"職員{n},,staff{n}@example.jp,S1,room_staff,,2026-04-01," for n in range(200)]
    upload(admin, *lines[:1])

    with django_assert_max_num_queries(12):
        upload(admin, *lines)


class Server(BaseEmailBackend):
    """A mail server that refuses one address, and knows what was committed when it was asked."""

    asked: list[tuple[str, bool]]

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        from smtplib import SMTPRecipientsRefused  # noqa: PLC0415 -- of this server alone

        for letter in email_messages:
            to = letter.to[0]
            self.asked.append((to, connection.in_atomic_block))
            if to.startswith("refused"):
                raise SMTPRecipientsRefused({to: (550, b"no such user")})
        return len(email_messages)


@pytest.mark.django_db(transaction=True)
def test_mails_are_sent_when_all_is_kept_and_one_refused_stops_nobody(world: World, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.scheduler.test_people_imports.Server"
    Server.asked = []
    admin = as_(world.admin)
    lines = [f"{n},,{n}@example.jp,S1,room_staff,,2026-04-01," for n in ("one", "refused", "two")]

    page = word(admin, upload(admin, *lines)).content.decode()

    assert Server.asked == [(f"{n}@example.jp", False) for n in ("one", "refused", "two")]
    assert "招待1件は登録しましたが" in page
    sent = {each.name: each.sent_at is not None for each in Invitation.objects.all()}
    assert sent == {"one": True, "refused": False, "two": True}


def test_an_invitation_that_ran_out_is_sent_anew(world: World) -> None:
    admin = as_(world.admin)
    word(admin, upload(admin, NEW))
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))

    preview = upload(admin, NEW).context["preview"]

    assert (len(preview.new), preview.unchanged) == (1, 0)


def test_a_preview_that_is_not_ours_is_refused(world: World) -> None:
    answer = as_(world.admin).post(
        "/people/import/confirm/", {"text": str(uuid4()), "digest": "x"}, follow=True
    )

    assert "ファイルをもう一度" in answer.content.decode()


class Away(BaseEmailBackend):
    """A mail server that does not answer."""

    def open(self) -> bool:
        raise ConnectionRefusedError

    def send_messages(self, _messages: Sequence[EmailMessage]) -> int:
        raise ConnectionRefusedError


def test_what_a_lost_mail_server_left_unsent_is_sent_by_one_press(world: World, settings: Any) -> None:
    settings.INVITATIONS_PER_HOUR = 60
    admin, backend = as_(world.admin), settings.EMAIL_BACKEND
    call_command("invite", "head@example.jp", name="校長", organisation="S1", role="room_staff")
    handed_over = Invitation.objects.get().secret_hash
    settings.EMAIL_BACKEND = "tests.scheduler.test_people_imports.Away"
    lines = [f"{n},,w{n}@example.jp,S1,受信教室の担当,,2026-04-01," for n in range(60)]
    page = word(admin, upload(admin, *lines)).content.decode()
    assert "送れなかった招待をまとめて送り直す" in page
    assert "60件" in page
    settings.EMAIL_BACKEND = backend
    assert as_(world.kato).post("/people/invitations/send/").status_code == 404

    sent = admin.post("/people/invitations/send/", follow=True).content.decode()

    assert "招待60件を送りました" in sent
    assert "まとめて送り直す" not in sent
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(f"w{n}@example.jp" for n in range(60))
    assert Client().get(link()).status_code == 200
    assert Invitation.objects.get(email="head@example.jp").secret_hash == handed_over
    assert AuditEntry.objects.filter(event="invitation.send", actor_id=world.admin.pk).count() == 60
    assert audit.verify() == []


class Pressing(BaseEmailBackend):
    """While it takes the first letter, somebody presses the same button again, and takes one back."""

    client: Client

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        mail.outbox.extend(email_messages)
        if len(mail.outbox) == 1:
            last = Invitation.objects.order_by("pk").last()
            assert last is not None
            self.client.post(f"/people/invitations/{last.uid}/revoke/")
            self.client.post("/people/invitations/send/")
        return len(email_messages)


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_send_each_letter_once_and_no_link_that_is_void(
    world: World, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.scheduler.test_people_imports.Pressing"
    admin = Pressing.client = as_(world.admin)
    mail.outbox.clear()

    word(admin, upload(admin, *(f"{n},,{n}@example.jp,S1,room_staff,,2026-04-01," for n in ("a", "b", "c"))))

    to = [letter.to[0] for letter in mail.outbox]
    assert to == ["a@example.jp", "b@example.jp"]
    for letter in mail.outbox:
        found = re.search(r"/invitations/\S+", str(letter.body))
        assert found is not None
        assert Client().get(found.group()).status_code == 200


def test_what_a_slow_mail_server_does_not_take_in_time_waits_for_the_next_press(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = as_(world.admin)
    monkeypatch.setattr(invitation_mail, "WITHIN_S", -1)

    page = word(admin, upload(admin, NEW)).content.decode()

    assert "招待1件は登録しましたが" in page
    assert (Invitation.objects.get().sent_at, mail.outbox) == (None, [])


def test_a_long_list_comes_onto_the_audit_at_once_and_last(world: World) -> None:
    """Until it is committed nobody else does, and nobody can sign in."""
    admin = as_(world.admin)
    word(admin, upload(admin, NEW))
    lines = [f"職員{n},,staff{n}@example.jp,S1,room_staff,,2026-04-01," for n in range(40)]
    shown = upload(admin, *lines, "加藤,,kato@example.jp,S2,room_staff,,2026-04-01,")

    with CaptureQueriesContext(connection) as asked:
        word(admin, shown)

    told = [query["sql"] for query in asked.captured_queries]
    heads = [n for n, sql in enumerate(told) if "scheduler_audithead" in sql]
    assert len(heads) == 2
    assert [sql for sql in told[heads[0] : heads[1] + 1] if "scheduler_audit" not in sql] == []
    assert len(told) < 6 * len(lines)
    events = [entry.event for entry in AuditEntry.objects.order_by("pk")]
    assert events[2:] == [*["invitation.create"] * 40, "post.give", "list.import"]
    assert audit.verify() == []
