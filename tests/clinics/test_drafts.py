"""A draft that is open in two windows: nothing that somebody kept is written over unseen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics import access, advice, conferences, consultations
from clinics.models import Advice, Consultation
from scheduler import wallclock
from scheduler.models import Notice, User
from tests.clinics import cast
from tests.clinics.cast import Doctors
from tests.clinics.test_case_pages import LINES, advised, running
from tests.clinics.test_request_pages import typed

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


class Window:
    """One page of a draft, with the form as it was when the page was made."""

    def __init__(self, user: User, address: str) -> None:
        self.client, self.address = Client(), address
        self.client.force_login(user)
        self.shown = self.shown_in(self.client.get(address))

    def shown_in(self, response: Any) -> str:
        found = re.search(r'name="shown" value="([^"]*)"', response.content.decode())
        assert found, response.status_code
        return found[1]

    def press(self, facts: Mapping[str, object], action: str = "keep") -> Any:
        """The button; where the same page comes back, it is the one that is pressed next."""
        values = {"intention": str(uuid4()), **facts, "shown": self.shown, "action": action}
        response = self.client.post(self.address, values)
        if response.status_code != 302:
            self.shown = self.shown_in(response)
        return response

    def keep(self, facts: Mapping[str, object]) -> Any:
        """As the page does by itself."""
        response = self.client.post(self.address, {**facts, "shown": self.shown}, headers=JSON)
        self.shown = response.json().get("shown", self.shown)
        return response


@pytest.fixture
def case(doctors: Doctors) -> Consultation:
    return cast.draft(doctors, timezone.now())


@pytest.fixture
def windows(doctors: Doctors, case: Consultation) -> tuple[Window, Window]:
    address = reverse("clinics:draft", args=[case.uid])
    return Window(doctors.miura, address), Window(doctors.miura, address)


def _banner(page: str) -> str:
    begins = page.index('id="draft-changed"')
    return page[begins : page.index("</dl>", begins)]


def question(case: Consultation) -> str:
    return Consultation.objects.get(pk=case.pk).question


def test_what_another_window_kept_is_shown_and_counts_at_the_second_press(
    doctors: Doctors, case: Consultation, windows: tuple[Window, Window]
) -> None:
    one, other = windows
    assert one.press(typed(doctors, question="一つ目の窓", age_band="70s")).status_code == 302

    refused = other.press(typed(doctors, question="二つ目の窓"))

    page = refused.content.decode()
    clock = wallclock.clock(timezone.now(), doctors.island.zone)
    assert refused.status_code == 409
    assert f"この下書きは、{clock}に別の画面で変更されました" in page
    banner = _banner(page)
    assert "一つ目の窓" in banner
    assert "70" in banner
    assert "治りにくい" not in banner
    assert "二つ目の窓</textarea>" in page
    assert question(case) == "一つ目の窓"
    assert other.press(typed(doctors, question="二つ目の窓")).status_code == 302
    assert question(case) == "二つ目の窓"


def test_nothing_is_sent_out_over_what_another_window_kept(
    doctors: Doctors, case: Consultation, windows: tuple[Window, Window]
) -> None:
    one, other = windows
    one.press(typed(doctors, question="一つ目の窓"))

    refused = other.press(typed(doctors, question="二つ目の窓"), "send")

    kept = Consultation.objects.get(pk=case.pk)
    assert (refused.status_code, kept.state, kept.question) == (409, "draft", "一つ目の窓")


def test_a_page_that_keeps_by_itself_is_told_and_writes_nothing_over(
    doctors: Doctors, case: Consultation, windows: tuple[Window, Window]
) -> None:
    one, other = windows
    for words in ("一", "一つ", "一つ目の窓"):  # its own keeping never stops it
        assert one.keep(typed(doctors, question=words)).status_code == 200

    refused = other.keep(typed(doctors, question="二つ目の窓"))

    assert refused.status_code == 409
    assert "別の画面で変更されました" in refused.json()["words"]
    assert question(case) == "一つ目の窓"
    assert one.keep(typed(doctors, question="一つ目の窓です")).status_code == 200


def test_the_same_words_again_are_no_change_when_their_answer_was_lost(
    doctors: Doctors, case: Consultation, windows: tuple[Window, Window]
) -> None:
    one, _other = windows
    facts, before = typed(doctors, question="途中"), one.shown
    one.keep(facts)
    one.shown = before

    assert one.keep(facts).status_code == 200
    assert one.keep(typed(doctors, question="途中から")).status_code == 200
    assert question(case) == "途中から"


def test_the_first_page_of_a_request_is_one_window_too(doctors: Doctors) -> None:
    first = Window(doctors.miura, reverse("clinics:new"))
    copy = Window(doctors.miura, reverse("clinics:new"))
    facts = typed(doctors)
    first.keep({**facts, "question": "一つ目の窓"})

    refused = copy.keep({**facts, "question": "二つ目の窓"})

    assert refused.status_code == 409
    assert [case.question for case in Consultation.objects.all()] == ["一つ目の窓"]
    assert first.keep({**facts, "question": "一つ目の窓です"}).status_code == 200


def test_a_page_that_lacks_something_goes_on_with_the_draft_it_has_kept(doctors: Doctors) -> None:
    page = Window(doctors.miura, reverse("clinics:new"))

    refused = page.press(typed(doctors, age_band=""), "send")

    case = Consultation.objects.get()
    assert f'action="{reverse("clinics:draft", args=[case.uid])}"' in refused.content.decode()
    page.address = reverse("clinics:draft", args=[case.uid])
    assert page.press(typed(doctors), "send").status_code == 302
    assert Consultation.objects.get().state == "submitted"


def test_a_page_with_a_refused_file_goes_on_keeping(
    doctors: Doctors, case: Consultation, windows: tuple[Window, Window]
) -> None:
    window, _other = windows
    text = SimpleUploadedFile("chart.txt", b"no picture")
    address = reverse("clinics:attach", args=[case.uid])

    refused = window.client.post(address, {"file": text, "label": "", "intention": str(uuid4())})

    assert refused.status_code == 422
    window.shown = window.shown_in(refused)
    assert window.keep(typed(doctors, question="続きを書く")).status_code == 200
    assert question(case) == "続きを書く"


def readings(case: Consultation, user: User) -> int:
    return access.readings(case).filter(actor_id=user.pk).count()


def test_a_page_whose_request_was_sent_elsewhere_is_told_once_and_reads_nothing(
    doctors: Doctors, case: Consultation, windows: tuple[Window, Window]
) -> None:
    window, other = windows
    assert other.press(typed(doctors), "send").status_code == 302
    consultations.ask(case, "いつからですか", by=doctors.hayashi, now=timezone.now(), intention=uuid4())
    before = readings(case, doctors.miura)

    refused = window.client.post(window.address, typed(doctors, question="まだ"), headers=JSON, follow=True)

    assert (refused.status_code, refused.redirect_chain) == (410, [])
    assert refused.json() == {"words": "先に質問への答えが必要です。何も変わっていません。"}
    assert readings(case, doctors.miura) == before
    assert Notice.objects.filter(recipient=doctors.miura, read_at=None).exists()
    assert question(case) == typed(doctors)["question"]


def test_a_page_of_advice_that_is_not_its_readers_any_more_is_told_without_an_address(
    doctors: Doctors,
) -> None:
    case, window, _other = reporting(doctors)
    client = Client()
    client.force_login(doctors.miura)

    refused = client.post(window.address, {**LINES, "shown": window.shown}, headers=JSON)

    assert refused.status_code == 410
    assert "この操作は、あなたの役割では行えません" in refused.json()["words"]
    assert Advice.objects.get().author == doctors.abe_person
    Consultation.objects.filter(pk=case.pk).update(
        state="cancelled", owner="", due_at=None, ended_at=timezone.now()
    )
    assert "終わっています" in window.keep(LINES).json()["words"]


def reporting(doctors: Doctors) -> tuple[Consultation, Window, Window]:
    """The conference is over, and its specialist has the page of the advice open twice."""
    case, now = running(doctors), timezone.now()
    conferences.end(case, by=doctors.abe, now=now, intention=uuid4())
    advice.save_draft(case, LINES, by=doctors.abe, now=now)
    address = reverse("clinics:advice_write", args=[case.uid])
    return case, Window(doctors.abe, address), Window(doctors.abe, address)


def test_advice_of_two_windows_is_compared_before_it_is_kept(doctors: Doctors) -> None:
    _case, one, other = reporting(doctors)
    one.press({**LINES, "warning": "一つ目の窓"})

    quiet = other.keep({**LINES, "warning": "二つ目の窓"})
    refused = other.press({**LINES, "warning": "二つ目の窓"}, "review")

    assert (quiet.status_code, refused.status_code) == (409, 409)
    page = refused.content.decode()
    banner = _banner(page)
    assert "一つ目の窓" in banner
    assert LINES["assessment"] not in banner
    assert Advice.objects.get().warning == "一つ目の窓"
    assert other.press({**LINES, "warning": "二つ目の窓"}, "review").status_code == 302
    assert Advice.objects.get().warning == "二つ目の窓"


def test_a_page_of_before_the_signature_begins_no_correction_unseen(doctors: Doctors) -> None:
    case, one, other = reporting(doctors)
    one.keep(LINES)
    advice.sign(case, by=doctors.abe, now=timezone.now(), intention=uuid4())

    assert other.keep({**LINES, "warning": "二つ目の窓"}).status_code == 409
    assert [each.version for each in Advice.objects.all()] == [1]


def test_a_correction_begins_and_is_kept_as_it_is_typed(doctors: Doctors) -> None:
    case = advised(doctors)
    page = Window(doctors.abe, reverse("clinics:advice_write", args=[case.uid]))

    answers = [page.keep({**LINES, "warning": words}).status_code for words in ("悪", "悪化", "悪化すれば")]

    assert answers == [200, 200, 200]
    assert advice.draft_of(case, doctors.abe).warning == "悪化すれば"  # type: ignore[union-attr]  # it is there


def test_a_page_that_keeps_itself_opens_nothing_that_its_reader_may_not_write(doctors: Doctors) -> None:
    case = running(doctors)
    client = Client()
    client.force_login(doctors.miura)

    for name in ("draft", "advice_write"):
        asked = client.get(reverse(f"clinics:{name}", args=[case.uid]), headers=JSON)
        assert asked.status_code == 302, name
