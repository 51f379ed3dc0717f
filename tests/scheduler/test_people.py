"""Inviting people, giving and ending posts, closing accounts: by whom, how, and what is kept of it."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from scheduler import audit, invitations, permissions
from scheduler.models import AuditEntry, Invitation, Membership, Organisation, Person, Role, User
from tests.cast import PASSWORD, World, add_user

TODAY = timezone.localdate


@pytest.fixture
def hospital(db: None) -> Organisation:
    return Organisation.objects.create(
        kind=Organisation.Kind.HOSPITAL, code="H1", name="市立総合病院", short_name="市立総合"
    )


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def offer(world: World, organisation: Organisation, role: Role, **changed: Any) -> dict[str, Any]:
    facts = {
        "email": "new@example.jp", "name": "高橋 実", "language": "ja", "organisation": organisation.pk,
        "role": role.value, "valid_from": str(TODAY()), "intention": str(uuid4()),
    }  # fmt: skip
    return facts | changed


def link() -> str:
    found = re.search(r"https?://[^/]+(/invitations/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found.group(1)


def events() -> list[tuple[str, int | None, int | None]]:
    return list(AuditEntry.objects.values_list("event", "actor_id", "on_behalf_of_id"))


def test_invited_teacher_sets_a_password_once_and_can_be_booked(world: World) -> None:
    answer = as_(world.admin).post("/people/invite/", offer(world, world.centre, Role.TEACHER))
    assert (answer.status_code, answer.headers["Location"]) == (302, "/people/")
    (letter,) = mail.outbox
    assert letter.to == ["new@example.jp"]
    assert letter.subject == "遠隔：招待のお知らせ"
    guest = Client()
    assert "高橋 実" in guest.get(link()).content.decode()

    answer = guest.post(link(), {"name": "高橋 実", "password1": PASSWORD, "password2": PASSWORD})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    account = User.objects.get(email="new@example.jp")
    assert guest.session["_auth_user_id"] == str(account.pk)
    assert permissions.has_role(account, frozenset({Role.TEACHER}), TODAY())
    assert Person.objects.get(user=account).organisation == world.centre
    assert Client().get(link()).status_code == 410
    assert events() == [
        ("invitation.create", world.admin.pk, None),
        ("account.create", account.pk, world.admin.pk),
        ("post.give", account.pk, world.admin.pk),
        ("invitation.accept", account.pk, world.admin.pk),
        ("account.sign_in", account.pk, None),
    ]
    assert audit.verify() == []


def test_secret_is_kept_nowhere(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    as_(world.admin).post("/people/invite/", offer(world, world.centre, Role.TEACHER))
    secret = link().split("/")[2]

    Client().get(f"/invitations/{secret}/no-such-page/")

    kept = repr(list(Invitation.objects.values())) + repr(list(AuditEntry.objects.values()))
    assert secret not in kept
    assert secret not in caplog.text


def test_weak_or_unequal_passwords_make_no_account(world: World) -> None:
    as_(world.admin).post("/people/invite/", offer(world, world.centre, Role.TEACHER))

    answers = [
        Client().post(link(), {"name": "高橋 実", "password1": first, "password2": again})
        for first, again in (("short", "short"), (PASSWORD, "another-password"), ("", ""))
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert not User.objects.filter(email="new@example.jp").exists()
    assert Client().get(link()).status_code == 200


def test_account_that_is_there_gets_the_post_and_keeps_its_password(
    world: World, hospital: Organisation
) -> None:
    facts = offer(world, hospital, Role.SPECIALIST, email="KATO@example.jp", name="だれか")
    as_(world.admin).post("/people/invite/", facts)
    guest = Client()
    assert "new-password" not in guest.get(link()).content.decode()

    guest.post(link(), {"name": "だれか", "password1": "x" * 20, "password2": "x" * 20})

    world.kato.refresh_from_db()
    assert (world.kato.name, world.kato.check_password(PASSWORD)) == ("加藤 遥", True)
    assert permissions.has_role(world.kato, frozenset({Role.SPECIALIST}), TODAY())
    assert "_auth_user_id" not in guest.session


@pytest.mark.parametrize(
    ("who", "where", "role", "may"),
    [
        ("admin", "rishiri", Role.SCHOOL_HEAD, True),
        ("admin", "centre", Role.CENTRE_ADMIN, True),
        ("admin", "rishiri", Role.TEACHER, False),
        ("nakamura", "rishiri", Role.ROOM_STAFF, True),
        ("nakamura", "rishiri", Role.SCHOOL_COORDINATOR, False),
        ("nakamura", "rebun", Role.ROOM_STAFF, False),
        ("mori", "hospital", Role.SPECIALIST, True),
        ("mori", "hospital", Role.CLINIC_COORDINATOR, False),
        ("mori", "centre", Role.TEACHER, False),
    ],
)
def test_posts_are_offered_by_whose_they_are(
    world: World, hospital: Organisation, who: str, where: str, role: Role, may: bool
) -> None:
    mori = add_user("mori", "森 文子", hospital, Role.CLINIC_COORDINATOR)
    by = mori if who == "mori" else getattr(world, who)
    organisation = hospital if where == "hospital" else getattr(world, where)

    answer = as_(by).post("/people/invite/", offer(world, organisation, role))

    assert answer.status_code == (302 if may else 422)
    assert Invitation.objects.exists() is may


def test_a_role_that_is_not_there_says_which_are(world: World, hospital: Organisation) -> None:
    answer = as_(world.admin).post("/people/invite/", offer(world, world.rishiri, Role.SPECIALIST))

    assert answer.status_code == 422
    assert "利尻の役割は、" in answer.content.decode()
    groups = [name for name, _roles in answer.context["form"].fields["role"].choices if name]
    assert len(groups) > 1


def test_what_an_invitation_lacks_is_said_in_the_order_of_the_page(world: World) -> None:
    page = as_(world.admin).post("/people/invite/", {"intention": str(uuid4())}).content.decode()

    summary = page[page.index('id="errors"') : page.index("</ul>", page.index('id="errors"'))]
    said = re.findall(r'<a href="[^"]*">([^<]*)</a>', summary)
    assert said == [
        "メールアドレスを書いてください。", "氏名を書いてください。", "機関を選んでください。",
        "役割を選んでください。", "最初の日を書いてください。", "メールの言語を選んでください。",
    ]  # fmt: skip


def test_a_search_finds_who_is_invited_too(world: World) -> None:
    client = as_(world.admin)
    client.post("/people/invite/", offer(world, world.centre, Role.TEACHER))

    page = client.get("/people/?q=高橋").content.decode()

    assert "招待中の人が1人います" in page
    assert client.get("/people/?q=山田").context["invitations"] == []


@pytest.mark.parametrize("who", ["sato", "suzuki", "tanaka", "rishiri_device", "kato"])
def test_people_do_not_exist_for_everybody_else(world: World, who: str) -> None:
    client = as_(getattr(world, who))

    assert {client.get(path).status_code for path in ("/people/", "/people/invite/", "/audit/")} == {404}


def test_form_that_is_sent_twice_invites_once(world: World) -> None:
    facts = offer(world, world.centre, Role.TEACHER)
    client = as_(world.admin)

    answers = [client.post("/people/invite/", facts).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert (Invitation.objects.count(), len(mail.outbox)) == (1, 1)


def test_sent_again_the_first_link_works_no_more(world: World) -> None:
    client = as_(world.admin)
    client.post("/people/invite/", offer(world, world.centre, Role.TEACHER))
    first = link()
    invitation = Invitation.objects.get()

    client.post(f"/people/invitations/{invitation.uid}/resend/")

    assert Client().get(first).status_code == 410
    assert Client().get(link()).status_code == 200


def test_invitation_whose_mail_is_leaving_is_not_sent_twice_and_left_alone_it_may_be_sent_again(
    world: World,
) -> None:
    client, facts = as_(world.admin), offer(world, world.centre, Role.TEACHER)
    client.post("/people/invite/", facts)
    invitation = Invitation.objects.get()
    resend = f"/people/invitations/{invitation.uid}/resend/"
    # As while another window sends it; or, later, as after a process that died over it.
    Invitation.objects.update(sent_at=None, leaving_since=timezone.now())

    refused = client.post(resend, follow=True).content.decode()
    client.post("/people/invitations/send/")
    assert "この招待のメールは送信中です" in refused
    assert "送信中" in client.get("/people/").content.decode()
    again = client.post("/people/invite/", facts, follow=True).content.decode()
    assert "この招待のメールは送信中です" in again
    assert "送れませんでした" not in again
    assert len(mail.outbox) == 1

    Invitation.objects.update(leaving_since=timezone.now() - timedelta(minutes=3))
    client.post("/people/invitations/send/")
    assert len(mail.outbox) == 2
    assert Client().get(link()).status_code == 200
    invitation.refresh_from_db()
    assert (invitation.sent_at is not None, invitation.leaving_since) == (True, None)


def test_invitation_taken_back_or_too_old_lets_nobody_in(world: World) -> None:
    client = as_(world.admin)
    client.post("/people/invite/", offer(world, world.centre, Role.TEACHER))
    invitation = Invitation.objects.get()
    new = {"name": "高橋 実", "password1": PASSWORD, "password2": PASSWORD}
    with pytest.raises(invitations.UnusableError):
        invitations.find(link().split("/")[2], timezone.now() + timedelta(days=7))

    client.post(f"/people/invitations/{invitation.uid}/revoke/")

    assert Client().post(link(), new).status_code == 410
    assert not User.objects.filter(email="new@example.jp").exists()


def test_invitation_of_somebody_whose_account_was_closed_lets_nobody_in(world: World) -> None:
    as_(world.nakamura).post("/people/invite/", offer(world, world.rishiri, Role.ROOM_STAFF))
    as_(world.admin).post(f"/people/{world.nakamura.pk}/close/")

    assert Client().get(link()).status_code == 410


def test_list_shows_who_holds_a_post_that_the_reader_may_give(world: World) -> None:
    whole = as_(world.admin).get("/people/").content.decode()
    office = as_(world.nakamura).get("/people/").content.decode()

    assert all(name in whole for name in ("佐藤 直子", "田中 誠", "工藤 誠", "加藤 遥"))
    assert "田中 誠" in office
    assert not any(name in office for name in ("佐藤 直子", "工藤 誠", "加藤 遥"))
    assert "利尻 受信機材1" not in whole


def test_list_costs_the_same_for_one_and_for_many(world: World, django_assert_num_queries: Any) -> None:
    client = as_(world.admin)
    client.get("/people/")
    with django_assert_num_queries(8):
        client.get("/people/")
    for n in range(20):
        add_user(f"staff{n}", f"職員 {n}", world.rishiri, Role.ROOM_STAFF)

    with django_assert_num_queries(8):
        client.get("/people/")


def test_post_is_added_with_its_last_day_and_only_once(world: World) -> None:
    client = as_(world.admin)
    facts = {
        "organisation": world.rebun.pk, "role": "room_staff", "post": "実習助手",
        "valid_from": "2027-04-01", "last_day": "2028-03-31",
    }  # fmt: skip
    path = f"/people/{world.kato.pk}/posts/"

    answers = [client.post(path, facts).status_code for _ in range(2)]

    assert answers == [302, 422]
    post = Membership.objects.get(user=world.kato)
    assert (str(post.valid_from), str(post.valid_until), post.post) == (
        "2027-04-01",
        "2028-04-01",
        "実習助手",
    )


def test_post_that_ends_opens_nothing_from_then_on(world: World) -> None:
    tanaka = as_(world.tanaka)
    assert tanaka.get("/register/").status_code == 200
    post = Membership.objects.get(user=world.tanaka)

    as_(world.nakamura).post(f"/people/posts/{post.pk}/end/")

    assert permissions.memberships(world.tanaka, TODAY()) == []
    post.refresh_from_db()
    assert post.valid_until == TODAY()
    assert events() == [("post.end", world.nakamura.pk, None)]


def test_post_that_has_not_begun_is_taken_away(world: World) -> None:
    tomorrow = TODAY() + timedelta(days=1)
    post = Membership.objects.create(
        user=world.kato, organisation=world.rishiri, role=Role.ROOM_STAFF, valid_from=tomorrow
    )

    as_(world.nakamura).post(f"/people/posts/{post.pk}/end/")

    assert not Membership.objects.filter(pk=post.pk).exists()


def test_dates_of_a_post_are_changed_by_whose_it_is_alone(world: World) -> None:
    post = Membership.objects.get(user=world.tanaka)
    facts = {"valid_from": "2026-04-01", "last_day": "2027-03-31", "post": "実習助手"}
    path = f"/people/posts/{post.pk}/"

    answers = [as_(who).post(path, facts).status_code for who in (world.kudo, world.sato, world.nakamura)]

    assert answers == [404, 404, 302]
    post.refresh_from_db()
    assert str(post.valid_until) == "2027-04-01"


def test_closed_account_is_signed_out_and_holds_no_post(world: World) -> None:
    sato = as_(world.sato)
    assert sato.get("/").status_code == 200

    as_(world.admin).post(f"/people/{world.sato.pk}/close/")

    assert sato.get("/").headers["Location"].startswith("/accounts/login/")
    assert permissions.memberships(world.sato, TODAY()) == []
    assert [event for event, *_ in events()] == ["post.end", "account.close"]


def test_account_is_opened_again_without_its_posts(world: World) -> None:
    admin = as_(world.admin)
    admin.post(f"/people/{world.sato.pk}/close/")

    admin.post(f"/people/{world.sato.pk}/reopen/")

    world.sato.refresh_from_db()
    assert world.sato.is_active
    assert permissions.memberships(world.sato, TODAY()) == []


def test_nobody_locks_themselves_out(world: World) -> None:
    admin = as_(world.admin)
    post = Membership.objects.get(user=world.admin)

    admin.post(f"/people/{world.admin.pk}/close/")
    admin.post(f"/people/posts/{post.pk}/end/")
    admin.post(f"/people/posts/{post.pk}/", {"valid_from": "2026-04-01", "last_day": "2026-04-30"})

    world.admin.refresh_from_db()
    assert world.admin.is_active
    assert permissions.has_role(world.admin, frozenset({Role.CENTRE_ADMIN}), TODAY())


def test_school_reads_and_changes_no_account_of_another(world: World) -> None:
    client = as_(world.nakamura)
    post = Membership.objects.get(user=world.kudo)

    answers = [
        client.get(f"/people/{world.kudo.pk}/").status_code,
        client.post(f"/people/posts/{post.pk}/end/").status_code,
        client.post(f"/people/{world.tanaka.pk}/close/").status_code,
        client.post(f"/people/{world.tanaka.pk}/second-step/reset/").status_code,
    ]

    assert answers == [404] * 4
    world.tanaka.refresh_from_db()
    assert world.tanaka.is_active


@pytest.mark.django_db
def test_first_administrator_comes_in_by_one_command() -> None:
    said = StringIO()
    call_command(
        "invite", "admin@example.jp", "--name", "本間 恵", "--organisation", "C1",
        "--organisation-name", "遠隔授業配信センター", stdout=said,
    )  # fmt: skip
    path = re.sub(r"^https?://[^/]+", "", said.getvalue().strip())

    Client().post(path, {"name": "本間 恵", "password1": PASSWORD, "password2": PASSWORD})

    account = User.objects.get(email="admin@example.jp")
    assert permissions.has_role(account, frozenset({Role.CENTRE_ADMIN}), TODAY())
    assert Organisation.objects.get().kind == Organisation.Kind.DELIVERY_CENTRE
    assert mail.outbox == []


@pytest.mark.django_db
def test_command_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="Give --organisation-name"):
        call_command("invite", "admin@example.jp", "--name", "本間 恵", "--organisation", "C1")


def test_closing_takes_back_what_was_offered_to_the_address(world: World) -> None:
    """Else the account would open itself again, by a link that came before."""
    as_(world.admin).post(
        "/people/invite/", offer(world, world.rishiri, Role.ROOM_STAFF, email=world.sato.email)
    )
    assert Client().get(link()).status_code == 200

    as_(world.admin).post(f"/people/{world.sato.pk}/close/")

    new = {"name": "佐藤", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post(link(), new).status_code == 410
    world.sato.refresh_from_db()
    assert not world.sato.is_active
    assert "invitation.revoke" in [event for event, *_ in events()]
    assert audit.verify() == []


def test_what_no_person_types_is_answered(world: World) -> None:
    admin = as_(world.admin)
    assert admin.get("/people/?q=a%00b").status_code == 200
    long = f"{'a' * 250}@example.jp"
    answer = admin.post("/people/invite/", offer(world, world.centre, Role.TEACHER, email=long))
    assert answer.status_code == 422


def test_a_school_opens_no_closed_account_by_an_invitation_of_before(world: World) -> None:
    facts = offer(world, world.rishiri, Role.ROOM_STAFF, email=world.suzuki.email)
    as_(world.nakamura).post("/people/invite/", facts)
    User.objects.filter(pk=world.suzuki.pk).update(is_active=False)  # as the Django admin does it

    new = {"name": "鈴木", "password1": PASSWORD, "password2": PASSWORD}
    refused = Client().post(link(), new)
    world.suzuki.refresh_from_db()
    is_opened = world.suzuki.is_active
    User.objects.filter(pk=world.suzuki.pk).update(is_active=True)
    opened = Client().post(link())

    assert refused.status_code == 410
    assert "配信センターの管理者に再開を" in refused.content.decode()
    assert not is_opened
    assert opened.status_code == 302


def test_a_school_is_told_of_a_closed_account_of_its_own_and_invites_all_others_alike(world: World) -> None:
    User.objects.filter(pk__in=[world.suzuki.pk, world.tanaka.pk]).update(is_active=False)
    office = as_(world.nakamura)

    answers = {
        email: office.post("/people/invite/", offer(world, world.rishiri, Role.ROOM_STAFF, email=email))
        for email in ("new@example.jp", world.suzuki.email, world.tanaka.email)
    }

    assert [answer.status_code for answer in answers.values()] == [302, 302, 422]
    assert "停止中です" in answers[world.tanaka.email].content.decode()
    assert [letter.to for letter in mail.outbox] == [["new@example.jp"], [world.suzuki.email]]


NEW = {"name": "高橋 実", "password1": PASSWORD, "password2": PASSWORD}


def _ended(world: World) -> None:
    Membership.objects.filter(user=world.nakamura).update(valid_until=TODAY())


def _another_role(world: World) -> None:
    Membership.objects.filter(user=world.nakamura).update(role=Role.ROOM_STAFF)


def _closed(world: World) -> None:
    User.objects.filter(pk=world.nakamura.pk).update(is_active=False)


@pytest.mark.parametrize("lose", [_ended, _another_role, _closed])
@pytest.mark.parametrize("email", ["new@example.jp", "kato@example.jp"])
def test_invitation_of_whoever_may_give_the_post_no_more_says_whom_to_ask(
    world: World, lose: Any, email: str
) -> None:
    Organisation.objects.filter(pk=world.rishiri.pk).update(telephone="0163-00-0000")
    facts = offer(world, world.rishiri, Role.ROOM_STAFF, email=email)
    as_(world.nakamura).post("/people/invite/", facts)
    assert Client().get(link()).status_code == 200
    lose(world)

    answers = [Client().get(link()), Client().post(link(), NEW)]

    assert [answer.status_code for answer in answers] == [410, 410]
    for answer in answers:
        page = answer.content.decode()
        assert "招待した人は、いまはこの所属の招待ができません" in page
        assert "北海道利尻高等学校かセンターの管理者に" in page
        assert "0163-00-0000" in page
    assert not Membership.objects.filter(user__email=email).exists()
    assert Invitation.objects.get().accepted_at is None


def test_invitation_sent_again_by_another_is_theirs_from_then_on(world: World) -> None:
    as_(world.nakamura).post("/people/invite/", offer(world, world.rishiri, Role.ROOM_STAFF))
    invitation = Invitation.objects.get()
    as_(world.admin).post(f"/people/{world.nakamura.pk}/close/")
    assert Client().get(link()).status_code == 410

    as_(world.admin).post(f"/people/invitations/{invitation.uid}/resend/")

    Client().post(link(), NEW)
    account = User.objects.get(email="new@example.jp")
    assert ("invitation.resend", world.admin.pk, world.nakamura.pk) in events()
    assert events()[-2] == ("invitation.accept", account.pk, world.admin.pk)


def test_the_operators_own_invitation_needs_nobodys_mandate(world: World) -> None:
    Membership.objects.filter(role=Role.CENTRE_ADMIN).update(valid_until=TODAY())
    said = StringIO()
    call_command("invite", "admin@example.jp", "--name", "本間 恵", "--organisation", "C1", stdout=said)

    Client().post(re.sub(r"^https?://[^/]+", "", said.getvalue().strip()), {})

    assert permissions.has_role(world.admin, frozenset({Role.CENTRE_ADMIN}), TODAY())


def test_nobody_gives_themselves_a_post(world: World, hospital: Organisation) -> None:
    """An administrator would read cases by one of a doctor, and nobody else would have said so."""
    admin = as_(world.admin)
    own = Membership.objects.get(user=world.admin)
    Membership.objects.filter(pk=own.pk).update(valid_until=TODAY() + timedelta(days=30))
    facts = {"organisation": hospital.pk, "role": "specialist", "valid_from": str(TODAY())}

    added = admin.post(f"/people/{world.admin.pk}/posts/", facts)
    invited = admin.post("/people/invite/", offer(world, hospital, Role.SPECIALIST, email="ADMIN@example.jp"))
    longer = admin.post(f"/people/posts/{own.pk}/", {"valid_from": "2026-04-01"})

    for answer in (added, invited, longer):
        assert answer.status_code == 422
        assert "自分に所属や役割を付けることはできません" in answer.content.decode()
    assert Membership.objects.get(user=world.admin).last_day == TODAY() + timedelta(days=29)
    assert (Invitation.objects.count(), mail.outbox) == (0, [])
    assert "自分に所属や役割を" in admin.get(f"/people/{world.admin.pk}/").content.decode()
    titled = {"valid_from": "2026-04-01", "last_day": str(TODAY() + timedelta(days=29)), "post": "所長"}
    assert admin.post(f"/people/posts/{own.pk}/", titled).status_code == 302


def test_nobody_takes_on_a_post_that_they_offered_under_another_address(
    world: World, hospital: Organisation
) -> None:
    facts = offer(world, hospital, Role.SPECIALIST, email="other@example.jp")
    as_(world.admin).post("/people/invite/", facts)
    User.objects.filter(pk=world.admin.pk).update(email="other@example.jp")

    assert Client().post(link(), {}).status_code == 410
    assert Membership.objects.filter(user=world.admin).count() == 1


def test_nobody_sends_themselves_what_another_offered(world: World, hospital: Organisation) -> None:
    boss = add_user("boss", "山本 一郎", world.centre, Role.CENTRE_ADMIN)
    as_(boss).post("/people/invite/", offer(world, hospital, Role.SPECIALIST, email=world.admin.email))
    invitation = Invitation.objects.get()

    page = as_(world.admin).post(f"/people/invitations/{invitation.uid}/resend/", follow=True)

    assert "自分に所属や役割を" in page.content.decode()
    invitation.refresh_from_db()
    assert (invitation.created_by, len(mail.outbox)) == (boss, 1)


def _wait(world: World, n: int, organisation: Organisation, **changed: Any) -> None:
    now = timezone.now()
    Invitation.objects.create(**{
        "email": f"w{n}@example.jp", "name": f"待機 {n}", "organisation": organisation,
        "role": Role.ROOM_STAFF, "valid_from": TODAY(), "secret_hash": str(uuid4()), "sent_at": now,
        "created_by": world.admin, "created_at": now, "expires_at": now + timedelta(days=7), **changed,
    })  # fmt: skip


def test_every_invitation_that_waits_is_on_a_page_of_the_list(world: World) -> None:
    for n in range(120):
        _wait(world, n, world.rishiri)
    _wait(world, 200, world.rebun)
    gone, late = (timezone.now() - timedelta(days=days) for days in (61, 59))
    _wait(world, 300, world.rishiri, expires_at=gone)
    _wait(world, 301, world.rishiri, expires_at=late)
    admin = as_(world.admin)

    pages = [admin.get(f"/people/?invited={n}") for n in (1, 2, 3)]
    rebun = admin.get(f"/people/?organisation={world.rebun.pk}")

    shown = [each.email for page in pages for each, *_ in page.context["invitations"]]
    assert sorted(shown) == sorted(f"w{n}@example.jp" for n in (*range(120), 200, 301))
    assert "invited=2" in pages[0].content.decode()
    assert [each.email for each, *_ in rebun.context["invitations"]] == ["w200@example.jp"]


def test_list_says_which_invitation_no_longer_works_since_whoever_invited_may_not(world: World) -> None:
    as_(world.nakamura).post("/people/invite/", offer(world, world.rishiri, Role.ROOM_STAFF))
    admin = as_(world.admin)
    words = "招待した人は、いまはこの所属の招待ができません"
    assert words not in admin.get("/people/").content.decode()
    Membership.objects.filter(user=world.nakamura).update(valid_until=TODAY())

    page = admin.get("/people/").content.decode()
    admin.post(f"/people/invitations/{Invitation.objects.get().uid}/resend/")

    assert words in page
    assert words not in admin.get("/people/").content.decode()


def test_list_of_invitations_costs_the_same_for_one_and_for_many(
    world: World, django_assert_num_queries: Any
) -> None:
    _wait(world, 0, world.rishiri)
    client = as_(world.admin)
    client.get("/people/")
    with django_assert_num_queries(11):
        client.get("/people/")
    for n in range(1, 40):
        _wait(world, n, world.rebun, created_by=world.nakamura)

    with django_assert_num_queries(11):
        client.get("/people/")
