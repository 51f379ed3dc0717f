"""The pages of a consultation over HTTP: who may open them, what they show first, what is refused how."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinics import access, advice, conferences, consultations, offers
from clinics.models import Consultation, Offer
from scheduler.intervals import Interval
from scheduler.models import AuditEntry, Notice, User
from tests.clinics import cast
from tests.clinics.cast import CLINICAL, Doctors

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(user: User, name: str, *args: object) -> HttpResponse:
    return signed_in(user).get(reverse(f"clinics:{name}", args=args))  # type: ignore[return-value]


def post(user: User, name: str, *args: object, **data: object) -> HttpResponse:
    values = {"intention": str(uuid4()), **data}
    return signed_in(user).post(reverse(f"clinics:{name}", args=args), values)  # type: ignore[return-value]


def said(response: HttpResponse) -> str:
    return response.content.decode()


def followed(user: User, name: str, *args: object, **data: object) -> str:
    """The page on which a press ends."""
    values = {"intention": str(uuid4()), **data}
    return signed_in(user).post(reverse(f"clinics:{name}", args=args), values, follow=True).content.decode()


def soon(minutes: int = 60) -> list[Interval]:
    start = (timezone.now() + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    return [Interval(start + timedelta(hours=n), start + timedelta(hours=n, minutes=20)) for n in range(3)]


def offered(doctors: Doctors) -> tuple[Consultation, list[Offer]]:
    now = timezone.now()
    case = cast.assigned(doctors, now)
    made = offers.propose(
        case, soon(), specialist=doctors.abe_person, by=doctors.abe, now=now, intention=uuid4()
    )
    case.refresh_from_db()
    return case, made


def running(doctors: Doctors) -> Consultation:
    """A conference whose door is open and that the specialist has begun."""
    now = timezone.now()
    case = cast.assigned(doctors, now)
    start = now + timedelta(minutes=10)
    (first,) = offers.propose(
        case, [Interval(start, start + timedelta(minutes=20))], specialist=doctors.abe_person,
        by=doctors.abe, now=now, intention=uuid4(),
    )  # fmt: skip
    case = offers.accept(first, by=doctors.miura, now=now, intention=uuid4())
    return conferences.start(case, by=doctors.abe, now=now, intention=uuid4())


LINES = {
    "assessment": "うっ滞性皮膚炎", "recommendation": "ステロイド外用", "warning": "悪化すれば来院",
    "basis": "写真を拝見",
}  # fmt: skip


def advised(doctors: Doctors) -> Consultation:
    case = running(doctors)
    now = timezone.now()
    conferences.end(case, by=doctors.abe, now=now, intention=uuid4())
    advice.save_draft(case, LINES, by=doctors.abe, now=now)
    advice.sign(case, by=doctors.abe, now=now, intention=uuid4())
    case.refresh_from_db()
    return case


def test_only_its_people_open_a_case_and_absent_looks_the_same(doctors: Doctors) -> None:
    case, _made = offered(doctors)
    pages: list[tuple[str, list[object]]] = [
        ("case", [case.uid]), ("readings", [case.uid]), ("times", [case.uid]),
        ("act", [case.uid, "cancel"]), ("advice_write", [case.uid]),
    ]  # fmt: skip

    for stranger in (doctors.ota, doctors.goto, doctors.admin, doctors.auditor, doctors.kato, doctors.clerk):
        for name, args in pages:
            assert get(stranger, name, *args).status_code == 404, (stranger.name, name)
    for one in (doctors.miura, doctors.abe, doctors.hayashi):
        assert get(one, "case", case.uid).status_code == 200
    assert get(doctors.miura, "case", uuid4()).status_code == 404
    assert get(doctors.kato, "list").status_code == 404
    assert get(doctors.miura, "queue").status_code == 404


def test_the_title_and_headers_say_nothing_of_what_is_asked(doctors: Doctors) -> None:
    case, _made = offered(doctors)

    response = get(doctors.miura, "case", case.uid)

    body = said(response)
    title = body.split("<title>")[1].split("</title>")[0]
    outside = title + repr(response.headers)
    assert f"相談 {case.number}" in title
    assert not [word for word in CLINICAL if word in outside]
    assert "皮膚科への相談" in body
    assert "no-store" in response["Cache-Control"]


def test_every_reading_stands_on_the_record_that_its_people_read(doctors: Doctors) -> None:
    case, _made = offered(doctors)
    get(doctors.abe, "case", case.uid)
    get(doctors.miura, "case", case.uid)
    get(doctors.ota, "case", case.uid)

    body = said(get(doctors.miura, "readings", case.uid))

    assert AuditEntry.objects.filter(action="read", object_key=str(case.uid)).count() == 2
    assert "阿部 健" in body
    assert "太田 舞" not in body


def test_the_requester_sees_the_times_first_and_takes_one(doctors: Doctors) -> None:
    case, (first, second, _third) = offered(doctors)

    body = said(get(doctors.miura, "case", case.uid))
    local = first.start.astimezone(case.organisation.zone)
    assert f"{local.day}日 {local.hour}:{local.minute:02} にする" in body
    assert body.index("にする") < body.index("聞きたいこと")
    assert "011-000-0001" in body

    after = followed(doctors.miura, "accept", case.uid, first.uid)
    case.refresh_from_db()
    assert (case.state, case.conference_id) == ("scheduled", first.booking_id)
    assert "予約しました" in after

    # Another page of the same doctor, made before: who comes second reads what was chosen.
    late = followed(doctors.miura, "accept", case.uid, second.uid)
    assert "三浦 拓也さんが先に" in late
    assert Consultation.objects.get().conference_id == first.booking_id


def test_an_offer_that_ran_out_says_so(doctors: Doctors) -> None:
    case, (first, *_rest) = offered(doctors)
    Offer.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(minutes=1))

    assert "期限が過ぎ" in followed(doctors.miura, "accept", case.uid, first.uid)
    assert Consultation.objects.get().state == "offered"


def test_a_page_made_before_a_change_is_told_and_keeps_what_was_typed(doctors: Doctors) -> None:
    case, _made = offered(doctors)

    response = post(
        doctors.miura, "act", case.uid, "cancel", version=case.version - 1, reason="転院になりました"
    )

    body = said(response)
    assert response.status_code == 422
    assert "画面を開いたあとに" in body
    assert "転院になりました" in body
    assert f'name="version" value="{case.version}"' in body
    assert Consultation.objects.get().state == "offered"


def test_a_reason_is_asked_for_at_its_field(doctors: Doctors) -> None:
    case, _made = offered(doctors)

    response = post(doctors.miura, "act", case.uid, "cancel", version=case.version, reason="")

    assert response.status_code == 422
    assert 'id="errors"' in said(response)
    assert Consultation.objects.get().state == "offered"


def test_a_step_that_is_not_theirs_is_refused_in_words(doctors: Doctors) -> None:
    case, _made = offered(doctors)

    assert (
        "次へ進んで" in followed(doctors.miura, "act", case.uid, "decline", version=case.version, reason="x")
        or Consultation.objects.get().state == "offered"
    )
    assert Consultation.objects.get().state == "offered"
    assert post(doctors.miura, "act", case.uid, "explode").status_code == 404


def test_the_office_receives_asks_back_and_the_answer_comes(doctors: Doctors) -> None:
    case = cast.submitted(doctors, timezone.now())
    assert doctors.abe.name in said(get(doctors.hayashi, "case", case.uid))

    followed(doctors.hayashi, "act", case.uid, "ask", version=case.version, text="いつからですか")
    body = said(get(doctors.miura, "case", case.uid))
    assert body.index("いつからですか") < body.index("聞きたいこと")

    followed(doctors.miura, "act", case.uid, "answer", text="二週間前からです")
    case.refresh_from_db()
    assert case.state == "submitted"
    followed(doctors.hayashi, "act", case.uid, "assign", version=case.version, person=doctors.abe_person.pk)
    case.refresh_from_db()
    assert (case.state, case.specialist_id) == ("triaged", doctors.abe_person.pk)
    assert "二週間前からです" in said(get(doctors.abe, "case", case.uid))


def test_who_gives_it_back_sees_it_no_more_and_lands_on_the_list(doctors: Doctors) -> None:
    case = cast.assigned(doctors, timezone.now())

    response = post(doctors.abe, "act", case.uid, "hand-back")

    assert response["Location"] == reverse("clinics:list")
    assert get(doctors.abe, "case", case.uid).status_code == 404


def test_the_specialist_offers_free_and_typed_times(doctors: Doctors) -> None:
    case = cast.assigned(doctors, timezone.now())
    page = said(get(doctors.abe, "times", case.uid))
    free = page.split('name="free" value="')[1].split('"')[0]
    typed = (
        (timezone.now() + timedelta(days=20)).astimezone(case.organisation.zone).strftime("%Y-%m-%dT10:00")
    )

    response = post(
        doctors.abe, "times", case.uid, version=case.version, free=free, start_1=typed,
        specialist=doctors.abe_person.pk, rooms=doctors.room.pk,
    )  # fmt: skip

    assert response.status_code == 302
    assert case.offers.filter(state="open").count() == 2
    assert {o.booking.claims.count() for o in case.offers.select_related("booking")} == {3}  # type: ignore[union-attr]


def test_a_time_that_does_not_fit_is_refused_with_its_reason_and_the_rest_stays_typed(
    doctors: Doctors,
) -> None:
    _case, (first, *_rest) = offered(doctors)
    other = cast.assigned(doctors, timezone.now())
    taken = first.start.astimezone(other.organisation.zone).strftime("%Y-%m-%dT%H:%M")

    response = post(
        doctors.abe, "times", other.uid, version=other.version, start_1=taken,
        specialist=doctors.abe_person.pk,
    )  # fmt: skip

    body = said(response)
    assert response.status_code == 409
    assert 'id="refused"' in body
    assert "阿部 健" in body
    assert taken in body
    assert other.offers.count() == 0


def test_the_requester_proposes_times_and_the_specialist_takes_one_up(doctors: Doctors) -> None:
    case, _made = offered(doctors)
    wish = soon(minutes=6 * 60)[0]
    typed = wish.start.astimezone(case.organisation.zone).strftime("%Y-%m-%dT%H:%M")
    followed(doctors.miura, "times", case.uid, version=case.version, start_1=typed)
    mine = case.offers.get(side="requester")
    assert reverse("clinics:take_up", args=[case.uid, mine.uid]) in said(get(doctors.abe, "case", case.uid))

    followed(doctors.abe, "take_up", case.uid, mine.uid)

    mine.refresh_from_db()
    assert (mine.side, mine.booking is not None) == ("specialist", True)


def test_the_room_is_offered_while_its_door_is_open(doctors: Doctors) -> None:
    case = running(doctors)
    assert case.conference is not None
    room = reverse("realtime:by_booking", args=[case.conference.uid])

    assert room in said(get(doctors.miura, "case", case.uid))
    assert room in said(get(doctors.abe, "case", case.uid))
    assert room not in said(get(doctors.hayashi, "case", case.uid))


def test_a_page_that_refreshes_itself_is_one_reading_and_reads_no_notice(doctors: Doctors) -> None:
    case = cast.submitted(doctors, timezone.now())
    client = signed_in(doctors.miura)
    address = reverse("clinics:case", args=[case.uid])
    mine = access.readings(case).filter(actor_id=doctors.miura.pk)
    notices = Notice.objects.filter(recipient=doctors.miura, read_at=None)
    client.get(address)
    consultations.ask(case, "いつからですか", by=doctors.hayashi, now=timezone.now(), intention=uuid4())

    client.get(address, headers={"Sec-Fetch-Mode": "cors"})

    assert (mine.count(), notices.count()) == (1, 1)
    client.get(address)
    assert (mine.count(), notices.count()) == (2, 0)
    refreshing = RequestFactory().get(address, headers={"Sec-Fetch-Mode": "cors"})
    later = timezone.now() + access.REFRESHED_WITHIN
    access.read(case, by=doctors.miura, now=later, request=refreshing)
    access.read(case, by=doctors.hayashi, now=later, request=refreshing)
    assert (mine.count(), access.readings(case).count()) == (3, 4)


def shown_in(page: str) -> str:
    return page.split('name="shown" value="')[1].split('"', maxsplit=1)[0]


def test_advice_is_kept_looked_over_and_signed_as_it_was_shown(doctors: Doctors) -> None:
    case = running(doctors)
    followed(doctors.abe, "act", case.uid, "end")
    partly = {**LINES, "basis": ""}
    response = post(doctors.abe, "advice_write", case.uid, action="review", **partly)
    assert response.status_code == 422
    assert "うっ滞性皮膚炎" in said(get(doctors.abe, "advice_write", case.uid))
    assert get(doctors.miura, "advice_write", case.uid).status_code == 302

    post(doctors.abe, "advice_write", case.uid, action="review", **LINES)
    shown = shown_in(said(get(doctors.abe, "advice_review", case.uid)))
    post(doctors.abe, "advice_write", case.uid, action="keep", **{**LINES, "warning": "発熱すれば搬送"})
    stale = followed(doctors.abe, "advice_review", case.uid, shown=shown)
    assert "もう一度" in stale
    assert "発熱すれば搬送" in stale
    assert not case.advice.filter(version=1).exists()

    followed(doctors.abe, "advice_review", case.uid, shown=shown_in(stale))

    case.refresh_from_db()
    assert case.state == "reported"
    assert case.advice.get(version=1).warning == "発熱すれば搬送"


def test_advice_is_read_acknowledged_corrected_and_the_outcome_recorded(doctors: Doctors) -> None:
    case = advised(doctors)
    assert "ステロイド外用" in said(get(doctors.miura, "case", case.uid))
    followed(doctors.miura, "acknowledge", case.uid, 1)
    case.refresh_from_db()
    assert case.state == "follow_up"

    post(doctors.abe, "advice_write", case.uid, action="review", reason="量の訂正", **LINES)
    shown = shown_in(said(get(doctors.abe, "advice_review", case.uid)))
    followed(doctors.abe, "advice_review", case.uid, shown=shown)
    assert "先に新しい版" in followed(doctors.miura, "acknowledge", case.uid, 1)
    followed(doctors.miura, "acknowledge", case.uid, 2)

    followed(doctors.miura, "act", case.uid, "outcome", followed="yes", course="stayed", text="軽快")

    case.refresh_from_db()
    assert case.state == "closed"
    assert "軽快" in said(get(doctors.abe, "case", case.uid))
    paper = said(get(doctors.miura, "advice", case.uid, 1))
    assert "院外の医師による助言" in paper
    assert reverse("clinics:advice", args=[case.uid, 2]) in paper


def test_people_are_added_and_removed(doctors: Doctors) -> None:
    case, _made = offered(doctors)
    followed(doctors.miura, "act", case.uid, "add-person", person=doctors.ota_person.pk)
    assert get(doctors.ota, "case", case.uid).status_code == 200

    party = case.parties.get(person=doctors.ota_person)
    followed(doctors.miura, "remove_person", case.uid, party.pk)

    assert get(doctors.ota, "case", case.uid).status_code == 404


def test_a_case_that_ended_says_how(doctors: Doctors) -> None:
    case, _made = offered(doctors)
    followed(doctors.miura, "act", case.uid, "cancel", version=case.version, reason="転院になりました")

    body = said(get(doctors.miura, "case", case.uid))

    assert "取り下げ" in body
    assert "転院になりました" in body
    assert get(doctors.miura, "times", case.uid).status_code == 302


def test_every_page_speaks_english(doctors: Doctors) -> None:
    case = advised(doctors)
    User.objects.update(language="en")
    client = signed_in(doctors.miura)
    client.post("/language/", {"language": "en", "next": "/"})

    body = client.get(reverse("clinics:case", args=[case.uid])).content.decode()

    assert "Consultation with" in body
    assert UUID(str(case.uid))


def test_a_long_case_takes_no_more_queries_than_a_short_one(doctors: Doctors) -> None:
    short = cast.assigned(doctors, timezone.now())
    case, _made = offered(doctors)
    for text in ("いつからですか", "ほかの薬は"):
        case.refresh_from_db()
        followed(doctors.abe, "act", case.uid, "ask", version=case.version, text=text)
        followed(doctors.miura, "act", case.uid, "answer", text="二週間前から")
    client = signed_in(doctors.hayashi)
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("clinics:case", args=[short.uid]))
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("clinics:case", args=[case.uid]))

    assert len(many) <= len(few) + 2  # the offers' people, and their bookings


def test_the_lists_take_as_many_queries_for_one_case_as_for_many(doctors: Doctors) -> None:
    cast.submitted(doctors, timezone.now())
    client = signed_in(doctors.hayashi)
    miura = signed_in(doctors.miura)

    def counted(who: Client, path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert who.get(path).status_code == 200
        return len(queries)

    before = [counted(client, "/consultations/queue/"), counted(miura, "/consultations/")]
    for _ in range(3):
        cast.assigned(doctors, timezone.now())

    assert [counted(client, "/consultations/queue/"), counted(miura, "/consultations/")] == before


def test_who_booked_what_is_in_the_way_is_not_told(doctors: Doctors) -> None:
    case, (first, *_rest) = offered(doctors)
    other = cast.submitted(doctors, timezone.now())
    consultations.assign(
        other, doctors.goto_person, by=doctors.hayashi, now=timezone.now(), intention=uuid4()
    )
    other.refresh_from_db()
    taken = first.start.astimezone(case.organisation.zone).strftime("%Y-%m-%dT%H:%M")

    response = post(
        doctors.goto, "times", other.uid, version=other.version, start_1=taken,
        specialist=doctors.goto_person.pk,
    )  # fmt: skip

    assert response.status_code == 409
    assert "三浦 拓也" in said(response)
    assert "阿部 健" not in said(response)


def test_whoever_has_opened_a_case_is_not_sent_to_it_again(doctors: Doctors) -> None:
    case, _ = offered(doctors)
    told = f"相談 {case.number}：候補が届いています"
    before = said(signed_in(doctors.miura).get("/"))  # type: ignore[arg-type]

    get(doctors.abe, "case", case.uid)
    unread = said(signed_in(doctors.miura).get("/"))  # type: ignore[arg-type]
    get(doctors.miura, "case", case.uid)
    after = said(signed_in(doctors.miura).get("/"))  # type: ignore[arg-type]

    assert told in before
    assert told in unread, "somebody else has opened it"
    assert told not in after
    assert f"相談 {case.number}：日時を選んでください" in after


@pytest.mark.parametrize("ahead", [None, timedelta(days=3)])
def test_the_day_of_a_doctor_speaks_of_appointments(doctors: Doctors, ahead: timedelta | None) -> None:
    if ahead:
        now, case = timezone.now(), cast.assigned(doctors, timezone.now())
        start = (now + ahead).replace(hour=1, minute=0, second=0, microsecond=0)
        (first,) = offers.propose(
            case, [Interval(start, start + timedelta(minutes=20))], specialist=doctors.abe_person,
            by=doctors.abe, now=now, intention=uuid4(),
        )  # fmt: skip
        offers.accept(first, by=doctors.miura, now=now, intention=uuid4())

    page = said(signed_in(doctors.miura).get("/"))  # type: ignore[arg-type]

    main = page.partition("<main")[2].partition("</main>")[0]
    assert "今日の予定はありません" in main
    assert ("次は" in main) is bool(ahead)
    assert "授業" not in main
