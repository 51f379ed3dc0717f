"""The second factor: who needs one, setting it up, signing in with it, losing it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from realtime import gate_rows, visitors
from realtime.models import Visit
from scheduler import factors, session_rules
from scheduler.models import AuditEntry, Organisation, Role, User
from tests.cast import PASSWORD, World, add_user
from tests.realtime.lessons import book_practice

SET_UP = "/account/second-step/"


@pytest.fixture(autouse=True)
def rules(settings: Settings) -> Iterator[None]:
    """As in service; limits and used codes are counted in the cache, which outlives a test."""
    settings.REQUIRE_SECOND_FACTOR = True
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def abe(db: None) -> User:
    """Dr Abe answers from the city."""
    hospital = Organisation.objects.create(
        kind=Organisation.Kind.HOSPITAL, code="H1", name="市立総合病院", short_name="市立総合"
    )
    return add_user("abe", "阿部 康介", hospital, Role.SPECIALIST)


def sign_in(client: Client, user: User) -> str:
    """Where the password leads."""
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return answer.headers.get("Location", "")


def code_of(secret: str) -> str:
    counter = int(time.time()) // 30
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def set_up(client: Client) -> tuple[str, list[str]]:
    """The secret, and the recovery codes that were shown."""
    client.get(SET_UP)
    secret = client.session[totp.SECRET_SESSION_KEY]
    page = client.post(SET_UP, {"code": code_of(secret)}).content.decode()
    return secret, re.findall(r"<code>(\d{8})</code>", page)


def enrolled(user: User) -> tuple[str, list[str]]:
    client = Client()
    sign_in(client, user)
    return set_up(client)


def events() -> list[str]:
    return list(AuditEntry.objects.values_list("event", flat=True))


def test_doctor_sets_it_up_before_anything_else(abe: User) -> None:
    client = Client()
    sign_in(client, abe)
    assert client.get("/").headers["Location"] == SET_UP
    assert client.get("/notices/").headers["Location"] == SET_UP
    assert client.post("/calendar/", {}).headers["Location"] == SET_UP
    assert client.get("/help/").status_code == 200

    _secret, codes = set_up(client)

    assert len(set(codes)) == 10
    assert client.get("/").status_code == 200
    assert events() == ["account.sign_in", "factor.set_up"]


@pytest.mark.parametrize(
    ("who", "must"),
    [("admin", True), ("sato", False), ("suzuki", False), ("tanaka", False), ("rishiri_device", False)],
)
def test_it_is_asked_of_those_whose_work_needs_it(world: World, who: str, must: bool) -> None:
    client = Client()
    client.force_login(getattr(world, who))

    assert client.get("/").status_code == (302 if must else 200)


def test_nobody_needs_it_in_the_demonstration(abe: User, settings: Settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = False
    client = Client()
    client.force_login(abe)

    assert client.get("/").status_code == 200


def test_password_alone_does_not_sign_in(abe: User) -> None:
    secret, _codes = enrolled(abe)
    client = Client()

    assert sign_in(client, abe) == "/accounts/second-step/"
    assert client.get("/").headers["Location"] == "/accounts/login/?next=/"
    assert client.post("/accounts/second-step/", {"code": "000000"}).status_code == 200
    assert "_auth_user_id" not in client.session

    answer = client.post("/accounts/second-step/", {"code": code_of(secret)})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200


def test_code_works_once(abe: User) -> None:
    secret, _codes = enrolled(abe)
    code = code_of(secret)
    for client, wanted in ((Client(), 302), (Client(), 200)):
        sign_in(client, abe)

        assert client.post("/accounts/second-step/", {"code": code}).status_code == wanted


def test_recovery_code_works_once_and_is_on_the_audit(abe: User) -> None:
    _secret, codes = enrolled(abe)
    for client, wanted in ((Client(), 302), (Client(), 200)):
        sign_in(client, abe)

        assert client.post("/accounts/second-step/", {"code": codes[3]}).status_code == wanted
    assert factors.codes_left(abe) == 9
    assert events().count("account.recovery_code") == 1
    assert "account.factor" in events()


def test_codes_cannot_be_guessed_for_long(abe: User) -> None:
    secret, _codes = enrolled(abe)
    client = Client()
    sign_in(client, abe)
    for _attempt in range(5):
        client.post("/accounts/second-step/", {"code": "000000"})

    page = client.post("/accounts/second-step/", {"code": code_of(secret)})

    assert "_auth_user_id" not in client.session
    assert "コードの間違いが続きました。5分待って" in page.content.decode()


def test_five_wrong_recovery_codes_are_enough_and_a_new_sign_in_is_no_new_beginning(abe: User) -> None:
    secret, codes = enrolled(abe)
    for wrong in ("00000000", "11111111", "22222222", "33333333", "44444444"):
        client = Client()
        sign_in(client, abe)
        client.post("/accounts/second-step/", {"code": wrong})

    for right in (codes[0], code_of(secret)):
        client = Client()
        sign_in(client, abe)
        page = client.post("/accounts/second-step/", {"code": right})
        assert "_auth_user_id" not in client.session
        assert "コードの間違いが続きました。5分待って" in page.content.decode()


def test_a_second_step_without_any_code_is_asked_again(abe: User) -> None:
    enrolled(abe)
    client = Client()
    sign_in(client, abe)

    page = client.post("/accounts/second-step/", {})

    assert page.status_code == 200
    assert 'name="code"' in page.content.decode()


def test_wrong_first_code_sets_nothing_up_and_keeps_the_picture(abe: User) -> None:
    client = Client()
    sign_in(client, abe)
    client.get(SET_UP)
    secret = client.session[totp.SECRET_SESSION_KEY]

    answer = client.post(SET_UP, {"code": "000000"})

    assert answer.status_code == 422
    assert "時計" in answer.content.decode()
    assert not factors.is_enrolled(abe)
    assert client.session[totp.SECRET_SESSION_KEY] == secret


def test_secrets_are_stored_encrypted(abe: User) -> None:
    secret, codes = enrolled(abe)

    stored = repr(list(Authenticator.objects.values_list("data", flat=True)))

    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_with_another_secret_key_no_code_is_right_and_nothing_breaks(abe: User, settings: Settings) -> None:
    secret, codes = enrolled(abe)
    settings.SECRET_KEY = "another-" + "1" * 50
    client = Client()
    sign_in(client, abe)

    answers = [client.post("/accounts/second-step/", {"code": code}) for code in (code_of(secret), codes[0])]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "_auth_user_id" not in client.session


def test_other_sessions_of_before_sign_in_again(abe: User) -> None:
    old = Client()
    sign_in(old, abe)
    enrolled(abe)

    answer = old.get("/")

    assert answer.headers["Location"] == "/accounts/login/?next=%2F"
    assert "_auth_user_id" not in old.session


def test_administrator_resets_it_and_the_person_is_told(
    world: World, abe: User, django_capture_on_commit_callbacks: object
) -> None:
    client = Client()
    sign_in(client, abe)
    set_up(client)
    admin = Client()
    sign_in(admin, world.admin)
    set_up(admin)
    mail.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        admin.post(f"/people/{abe.pk}/second-step/reset/")

    assert [letter.to for letter in mail.outbox] == [["abe@example.jp"]]
    assert "リセット" in str(mail.outbox[0].body)
    assert client.get("/").headers["Location"] == SET_UP
    reset = AuditEntry.objects.get(event="factor.reset")
    assert (reset.actor_id, reset.object_key) == (world.admin.pk, str(abe.pk))


def test_new_codes_and_removal_need_the_password(world: World) -> None:
    client = Client()
    sign_in(client, world.sato)
    _secret, codes = set_up(client)

    refused = [
        client.post(path, {"password": "wrong"}).status_code
        for path in (f"{SET_UP}codes/", f"{SET_UP}remove/")
    ]
    made = client.post(f"{SET_UP}codes/", {"password": PASSWORD}).content.decode()
    client.post(f"{SET_UP}remove/", {"password": PASSWORD})

    assert refused == [422, 422]
    assert not set(re.findall(r"<code>(\d{8})</code>", made)) & set(codes)
    assert not Authenticator.objects.filter(user=world.sato).exists()
    assert sign_in(Client(), world.sato) == "/"


def test_doctor_cannot_go_without(abe: User) -> None:
    client = Client()
    sign_in(client, abe)
    set_up(client)

    client.post(f"{SET_UP}remove/", {"password": PASSWORD})

    assert factors.is_enrolled(abe)


def age(client: Client, **by: timedelta) -> None:
    """As if the session had begun, and been used, so long ago."""
    session = client.session
    for name, back in by.items():
        key = getattr(session_rules, name.upper())
        session[key] = (timezone.now() - back).isoformat()
    session.save()


@pytest.mark.parametrize(
    ("ages", "status"),
    [
        ({"began": timedelta(hours=11), "seen": timedelta(minutes=14)}, 200),
        ({"began": timedelta(hours=11), "seen": timedelta(minutes=15)}, 302),
        ({"began": timedelta(hours=12), "seen": timedelta(minutes=1)}, 302),
    ],
)
def test_session_of_a_doctor_ends_when_it_is_idle_or_old(
    abe: User, settings: Settings, ages: dict[str, timedelta], status: int
) -> None:
    settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS = 15, 12
    client = Client()
    sign_in(client, abe)
    set_up(client)
    age(client, **ages)

    answer = client.get("/notices/")

    assert answer.status_code == status
    assert ("_auth_user_id" in client.session) is (status == 200)
    if status == 302:
        assert answer.headers["Location"] == "/accounts/login/?next=%2Fnotices%2F"


def test_page_that_refreshes_itself_does_not_keep_a_session(abe: User, settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 15
    client = Client()
    sign_in(client, abe)
    set_up(client)
    client.get("/")
    age(client, seen=timedelta(minutes=14))
    before = client.session[session_rules.SEEN]

    client.get("/", headers={"Sec-Fetch-Mode": "cors"})
    client.post("/notices/read/", headers={"Sec-Fetch-Mode": "cors", "X-By-Itself": "1"})
    assert client.session[session_rules.SEEN] == before
    client.get("/", headers={"Sec-Fetch-Mode": "navigate"})

    assert client.session[session_rules.SEEN] > before


def test_teachers_session_is_not_cut_short(world: World, settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS = 15, 12
    client = Client()
    sign_in(client, world.sato)
    age(client, began=timedelta(days=3), seen=timedelta(days=1))

    assert client.get("/").status_code == 200


Minutes = int
AGES = ("ages", "stays", "is_open")
USES = [
    # A stay that began in time keeps the session, and a broken line as long as any other idleness.
    ({"seen": 50}, [(40, 0)], True),
    ({"seen": 50}, [(40, 14)], True),
    ({"seen": 50}, [(40, 15)], False),
    ({"seen": 50}, [(48, 30), (16, 0)], True),
    ({"seen": 50}, [(48, 30), (15, 0)], False),
    # Nothing that began later brings it back.
    ({"seen": 50}, [(35, 0)], False),
    ({"seen": 30 * 60, "began": 30 * 60}, [(5, 0)], False),
    # At its greatest age as well, where the line may be broken for five minutes.
    ({"seen": 1, "began": 13 * 60}, [(70, 0)], True),
    ({"seen": 1, "began": 13 * 60}, [(70, 4)], True),
    ({"seen": 1, "began": 13 * 60}, [(70, 5)], False),
    ({"seen": 1, "began": 13 * 60}, [(59, 0)], False),
]


def stay(world: World, user: User, began: Minutes, beaten: Minutes) -> None:
    """In a room from then until then, so many minutes ago."""
    now = timezone.now()
    Visit.objects.create(
        booking=book_practice(world, now=now), user=user, organisation=world.centre, peer="a", server="s",
        started_at=now - timedelta(minutes=began), last_beat_at=now - timedelta(minutes=beaten),
    )  # fmt: skip


@pytest.mark.parametrize(AGES, USES)
def test_a_stay_in_a_room_keeps_a_session_and_brings_none_back(
    world: World, settings: Settings, ages: dict[str, Minutes], stays: list[tuple[Minutes, Minutes]],
    is_open: bool,
) -> None:  # fmt: skip
    settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS = 15, 12
    client = Client()
    sign_in(client, world.admin)
    set_up(client)
    age(client, **{name: timedelta(minutes=minutes) for name, minutes in ages.items()})
    for began, beaten in stays:
        stay(world, world.admin, began, beaten)

    at_the_door = visitor(client)
    answer = client.get("/notices/")

    assert answer.status_code == (200 if is_open else 302)
    assert at_the_door == (world.admin if is_open else None)


def test_page_that_refreshes_itself_during_a_stay_does_not_keep_a_session_after_it(
    world: World, settings: Settings
) -> None:
    settings.SESSION_IDLE_MINUTES = 15
    client = Client()
    sign_in(client, world.admin)
    set_up(client)
    age(client, seen=timedelta(minutes=50))
    stay(world, world.admin, 40, 0)
    before = client.session[session_rules.SEEN]

    client.get("/", headers={"Sec-Fetch-Mode": "cors"})

    assert client.session[session_rules.SEEN] == before


def visitor(client: Client) -> User | None:
    """Whom the door of a room knows by the browser's cookie."""
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    key, now = visitors.session_key([(b"cookie", cookie.encode())]), timezone.now()
    return visitors.account_of(key, gate_rows.session_data(key, now), now)


def test_the_door_asks_two_statements_however_old_a_session_that_is_in_use(
    world: World, settings: Settings, django_assert_num_queries: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = False
    settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS = 15, 12
    client = Client()
    sign_in(client, world.admin)
    client.get("/")
    age(client, began=timedelta(hours=11), seen=timedelta(minutes=14))

    with django_assert_num_queries(2):
        assert visitor(client) == world.admin


def test_socket_without_the_second_factor_is_a_strangers(abe: User) -> None:
    client = Client()
    sign_in(client, abe)

    before = visitor(client)
    set_up(client)

    assert (before, visitor(client)) == (None, abe)
