"""Another window keeps other words in the moment between what was shown and what is signed or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics import advice, conferences, consultations
from clinics.models import Advice, Consultation
from scheduler.models import User
from tests.clinics import cast
from tests.clinics.cast import Doctors
from tests.clinics.test_case_pages import LINES, advised, running, shown_in
from tests.clinics.test_drafts import Window
from tests.clinics.test_request_pages import signed_in, typed

pytestmark = pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback")


@contextmanager
def just_before(number: int, keep: Callable[[], object]) -> Iterator[None]:
    """`keep` is done on another connection when this one is about to lock a case for the `number`-th time."""
    locks = count(1)

    def elsewhere() -> None:
        try:
            keep()
        finally:
            connection.close()

    def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
        is_lock = "FOR NO KEY UPDATE" in sql and 'FROM "clinics_consultation"' in sql
        if is_lock and next(locks) == number:
            with ThreadPoolExecutor(1) as executor:
                executor.submit(elsewhere).result(30)
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield
    assert next(locks) > number


def sign(client: Client, case: Consultation) -> Callable[[], Any]:
    """The press on the page that shows the draft as it stands now."""
    address = reverse("clinics:advice_review", args=[case.uid])
    shown = shown_in(client.get(address).content.decode())
    facts = {"intention": str(uuid4()), "version": case.version, "shown": shown}
    return lambda: client.post(address, facts, follow=True)


def other_words(case: Consultation, by: User) -> Callable[[], object]:
    words = {**LINES, "recommendation": "まったく別の文", "reason": "別の理由"}
    return lambda: advice.save_draft(case, words, by=by, now=timezone.now())


def test_advice_is_not_signed_with_words_that_its_page_did_not_show(doctors: Doctors) -> None:
    case = conferences.end(running(doctors), by=doctors.abe, now=timezone.now(), intention=uuid4())
    advice.save_draft(case, LINES, by=doctors.abe, now=timezone.now())
    client = signed_in(doctors.abe)
    press = sign(client, case)

    with just_before(1, other_words(case, doctors.abe)):
        page = press().content.decode()

    assert "もう一度確かめてから署名してください" in page
    assert "まったく別の文" in page
    assert Advice.objects.get().version == 0
    sign(client, case)()
    assert Advice.objects.get(version=1).recommendation == "まったく別の文"


def test_a_correction_is_not_signed_with_words_that_its_page_did_not_show(doctors: Doctors) -> None:
    case = advised(doctors)
    advice.save_draft(case, {**LINES, "reason": "量の訂正"}, by=doctors.abe, now=timezone.now())
    client = signed_in(doctors.abe)
    press = sign(client, case)

    with just_before(1, other_words(case, doctors.abe)):
        press()

    assert not Advice.objects.filter(version=2).exists()
    sign(client, case)()
    assert Advice.objects.get(version=2).reason == "別の理由"


def test_a_request_is_not_sent_with_words_that_nobody_was_warned_of(doctors: Doctors) -> None:
    case = cast.draft(doctors, timezone.now())
    window = Window(doctors.miura, reverse("clinics:draft", args=[case.uid]))
    named = {"question": "患者 佐藤花子様 昭和30年1月2日生 の件"}

    # The first lock is to keep what was typed, the second to send it.
    with just_before(2, lambda: consultations.save_draft(case, named, by=doctors.miura, now=timezone.now())):
        refused = window.press(typed(doctors), "send")

    page = refused.content.decode()
    case.refresh_from_db()
    assert (refused.status_code, case.state) == (409, "draft")
    assert "別の画面で変更されました" in page
    assert "佐藤花子" in page
    warned = window.press(typed(doctors, **named), "send")
    case.refresh_from_db()
    assert (warned.status_code, case.state) == (422, "draft")
