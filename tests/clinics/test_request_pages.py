"""The request, the lists and the files over HTTP: kept while typed, cautioned, sent; opened by its people."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from clinics import consultations
from clinics.models import Consultation, Urgency
from scheduler.models import AuditEntry, User
from tests import confinement
from tests.clinics import cast
from tests.clinics.cast import Doctors
from tests.clinics.test_attachments import pdf

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def typed(doctors: Doctors, **more: object) -> dict[str, object]:
    return {
        "intention": str(uuid4()), "urgency": "routine", "specialty": doctors.dermatology.pk,
        "question": "治りにくい湿疹の薬", "age_band": "60s", "sex": "female", "local_number": "K-77",
        "patient_present": "no", "consent_basis": "oral", "summary": "三か月前から", **more,
    }  # fmt: skip


def photo() -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (8, 8), "brown").save(content, "JPEG")
    return SimpleUploadedFile("tanaka_hanako.jpg", content.getvalue(), "image/jpeg")


def test_the_first_page_says_how_it_begins_and_leads_to_the_request(doctors: Doctors) -> None:
    client = signed_in(doctors.miura)

    body = client.get("/consultations/").content.decode()

    assert reverse("clinics:new") in body
    assert "急変時は電話を優先" in body
    assert "下書き" not in body
    page = client.get("/consultations/new/").content.decode()
    assert "011-000-0001" in page
    assert page.index("119") < page.index("いつまでに返答が必要か")
    assert "わからない（連携室が決めます）" in page
    assert not Consultation.objects.exists()


def test_who_asks_for_nobody_has_no_request(doctors: Doctors) -> None:
    for nobody in (doctors.admin, doctors.auditor, doctors.kato):
        assert signed_in(nobody).get("/consultations/new/").status_code == 404


def test_it_is_kept_by_itself_however_incomplete_and_once(doctors: Doctors) -> None:
    client = signed_in(doctors.miura)
    key = str(uuid4())
    half = {"intention": key, "question": "治りにくい", "age_band": "nonsense"}

    first = client.post("/consultations/new/", half, headers=JSON)
    client.post(
        "/consultations/new/", {**half, "question": "治りにくい湿疹", "age_band": "60s"}, headers=JSON
    )

    case = Consultation.objects.get()
    assert (case.question, case.age_band, case.state, str(case.uid)) == (
        "治りにくい湿疹",
        "60s",
        "draft",
        key,
    )
    assert first.json()["address"] == reverse("clinics:draft", args=[case.uid])
    assert "治りにくい湿疹" in client.get(first.json()["address"]).content.decode()
    listed = client.get("/consultations/").content.decode()
    assert reverse("clinics:case", args=[case.uid]) in listed
    assert "治りにくい湿疹" not in listed


def test_what_is_missing_stands_at_its_field_and_nothing_typed_is_lost(doctors: Doctors) -> None:
    client = signed_in(doctors.miura)

    response = client.post(
        "/consultations/new/", typed(doctors, action="send", age_band="", consent_basis="")
    )

    body = response.content.decode()
    assert response.status_code == 422
    assert 'href="#request-age_band"' in body
    assert 'href="#request-consent_basis"' in body
    assert "三か月前から" in body
    assert Consultation.objects.get().state == "draft"


def test_it_is_sent_with_its_number_to_the_office(doctors: Doctors) -> None:
    client = signed_in(doctors.miura)

    response = client.post("/consultations/new/", typed(doctors, action="send"), follow=True)

    case = Consultation.objects.get()
    assert (case.state, case.number, case.service) == ("submitted", "R-0001", doctors.service)
    assert case.answer_by is not None
    assert "依頼しました" in response.content.decode()
    queue = signed_in(doctors.hayashi).get("/consultations/queue/").content.decode()
    assert "R-0001" in queue
    assert "受け付けて専門医を選ぶ" in queue
    assert "治りにくい湿疹" not in queue


def test_the_doctors_own_time_goes_before_the_proposed_one(doctors: Doctors) -> None:
    client = signed_in(doctors.miura)
    wish = (timezone.now() + timedelta(days=3)).astimezone(doctors.island.zone).replace(minute=0, second=0)

    client.post(
        "/consultations/new/",
        typed(doctors, action="send", answer_by=wish.strftime("%Y-%m-%dT%H:%M")),
    )

    assert Consultation.objects.get().answer_by == wish.replace(microsecond=0)


def test_an_urgent_one_goes_out_with_four_fields_and_the_telephone_stays_on_top(doctors: Doctors) -> None:
    client = signed_in(doctors.miura)
    four = {"question": "意識が落ちてきた", "age_band": "70s", "sex": "male", "callback": "0163-00-1111"}

    response = client.post(
        "/consultations/new/",
        {"intention": str(uuid4()), "urgency": "now", "specialty": "", "consent_basis": "emergency",
         "action": "send", **four},
        follow=True,
    )  # fmt: skip

    body = response.content.decode()
    assert Consultation.objects.get().state == "submitted"
    assert body.index("011-000-0002") < body.index("連携室への相談")


@pytest.mark.parametrize(
    "words", ["田中花子様の湿疹", "昭和30年5月3日生まれ", "自宅 0163-82-1111", "カルテ 12345678"]
)
def test_a_likely_name_is_cautioned_once_and_can_be_sent(doctors: Doctors, words: str) -> None:
    client = signed_in(doctors.miura)
    values = typed(doctors, action="send", summary=words)

    first = client.post("/consultations/new/", values)

    body = first.content.decode()
    assert first.status_code == 422
    assert 'id="cautions"' in body
    assert Consultation.objects.get().state == "draft"
    seen = body.split('name="seen" value="')[1].split('"')[0]
    address = reverse("clinics:draft", args=[Consultation.objects.get().uid])
    client.post(address, {**values, "seen": seen})
    assert Consultation.objects.get().state == "submitted"


def test_an_office_prepares_and_the_named_doctor_sends(doctors: Doctors) -> None:
    office = signed_in(doctors.clerk)
    asker = f"{doctors.miura_person.pk}-{doctors.island.pk}"
    page = office.get("/consultations/new/").content.decode()
    assert asker in page

    body = office.post("/consultations/new/", typed(doctors, asker=asker), follow=True).content.decode()

    case = Consultation.objects.get()
    assert (case.requester, case.created_by, case.state) == (doctors.miura_person, doctors.clerk, "draft")
    assert 'value="send"' not in body
    office.post(reverse("clinics:draft", args=[case.uid]), typed(doctors, action="send"))
    case.refresh_from_db()
    assert case.state == "draft"
    miura = signed_in(doctors.miura)
    assert "準備：小野 恵" in miura.get("/consultations/").content.decode()
    miura.post(reverse("clinics:draft", args=[case.uid]), typed(doctors, action="send"))
    case.refresh_from_db()
    assert case.state == "submitted"


def test_a_draft_is_thrown_away_without_a_reason(doctors: Doctors) -> None:
    case = cast.draft(doctors, timezone.now())

    signed_in(doctors.miura).post(
        reverse("clinics:act", args=[case.uid, "cancel"]), {"intention": str(uuid4()), "reason": ""}
    )

    case.refresh_from_db()
    assert case.state == "cancelled"


def test_the_overdue_stand_on_top_of_the_queue_in_words(doctors: Doctors) -> None:
    late = cast.submitted(doctors, timezone.now() - timedelta(days=9))
    new = cast.submitted(doctors, timezone.now())

    body = signed_in(doctors.hayashi).get("/consultations/queue/").content.decode()

    assert "期限を過ぎた相談が1件" in body
    assert body.index(late.number) < body.index(new.number)
    assert "期限切れ" in body


def test_files_are_opened_by_the_cases_people_alone_and_run_nothing(
    doctors: Doctors, settings: Settings, tmp_path: object
) -> None:
    settings.UPLOADS_DIR = tmp_path
    case = cast.submitted(doctors, timezone.now())
    miura = signed_in(doctors.miura)
    miura.post(
        reverse("clinics:attach", args=[case.uid]),
        {"intention": str(uuid4()), "file": photo(), "label": "下腿"},
    )
    file = case.attachments.get()
    address = reverse("clinics:attachment", args=[case.uid, file.uid])
    assert address in miura.get(reverse("clinics:case", args=[case.uid])).content.decode()

    response = signed_in(doctors.hayashi).get(address)

    assert b"".join(response.streaming_content)[:2] == b"\xff\xd8"  # type: ignore[attr-defined]
    assert "sandbox" in response["Content-Security-Policy"]
    assert confinement.faults(response) == []
    assert "no-store" in response["Cache-Control"]
    assert "hanako" not in response["Content-Disposition"]
    assert AuditEntry.objects.filter(event="attachment.read").count() == 1
    for stranger in (doctors.ota, doctors.goto, doctors.admin):
        assert signed_in(stranger).get(address).status_code == 404
    other = cast.submitted(doctors, timezone.now())
    assert miura.get(reverse("clinics:attachment", args=[other.uid, file.uid])).status_code == 404

    miura.post(reverse("clinics:detach", args=[case.uid, file.uid]), {"intention": str(uuid4())})
    assert miura.get(address).status_code == 404


def test_a_pdf_fetches_nothing_and_is_not_kept_from_its_viewer(
    doctors: Doctors, settings: Settings, tmp_path: object
) -> None:
    settings.UPLOADS_DIR = tmp_path
    case, client = cast.submitted(doctors, timezone.now()), signed_in(doctors.miura)
    letter = SimpleUploadedFile("letter.pdf", pdf(), "application/pdf")
    client.post(
        reverse("clinics:attach", args=[case.uid]), {"intention": str(uuid4()), "file": letter, "label": ""}
    )

    response = client.get(reverse("clinics:attachment", args=[case.uid, case.attachments.get().uid]))

    assert response["Content-Type"] == "application/pdf"
    assert confinement.faults(response) == []
    assert "sandbox" not in response["Content-Security-Policy"]
    assert response["Content-Disposition"].startswith("inline")
    response.close()


def test_a_file_that_is_none_is_refused_in_words(
    doctors: Doctors, settings: Settings, tmp_path: object
) -> None:
    settings.UPLOADS_DIR = tmp_path
    case = cast.submitted(doctors, timezone.now())
    evil = SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>", "image/jpeg")

    body = (
        signed_in(doctors.miura)
        .post(
            reverse("clinics:attach", args=[case.uid]), {"intention": str(uuid4()), "file": evil}, follow=True
        )
        .content.decode()
    )

    assert "添付できるのは写真" in body
    assert not case.attachments.exists()


def test_a_request_that_was_sent_meanwhile_is_not_changed_by_an_old_page(doctors: Doctors) -> None:
    case = cast.draft(doctors, timezone.now())
    consultations.submit(case, by=doctors.miura, now=timezone.now(), intention=uuid4())

    client = signed_in(doctors.miura)
    response = client.post(reverse("clinics:draft", args=[case.uid]), typed(doctors, question="別のこと"))

    assert response["Location"] == reverse("clinics:case", args=[case.uid])
    assert Consultation.objects.get().question == cast.FIELDS["question"]


def test_what_an_urgency_cannot_be_sent_without_is_marked_so_before_it_is_sent(doctors: Doctors) -> None:
    body = signed_in(doctors.miura).get(reverse("clinics:new")).content.decode()

    marked = dict(re.findall(r'<label for="request-(\w+)">[^<]*<span class="required ([\w -]+)">', body))
    marked |= dict(re.findall(r'id="request-(\w+)">\s*<legend>[^<]*<span class="required ([\w -]+)">', body))
    told = {
        urgency: {name for name, classes in marked.items() if f"for-{urgency}" in classes.split()}
        for urgency in Urgency
    }
    assert told == {urgency: set(names) for urgency, names in consultations.REQUIRED.items()}
