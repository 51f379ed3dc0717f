"""What never reaches a log, however it was asked for."""

from __future__ import annotations

import json
import logging

import pytest

from scheduler import logs

SECRET = "ab-cd_efGH"


@pytest.mark.parametrize(
    "path",
    [
        f"/calendar/{SECRET}.ics",
        f"/calendar/{SECRET}.ics?x=1",
        f"/calendar/{SECRET}",
        f"/calendar/{SECRET}/",
        f"/calendar/{SECRET}.ICS",
        f"/CALENDAR/{SECRET}.ics",
        f"/calendar/{SECRET}.ic",
        f"/calendar/{SECRET}.ics/x.ics",
        f"/calendar/{SECRET}/x.ics",
        f"/calendar//{SECRET}.ics",
        f"/calendar/revoke/{SECRET}.ics",
        f"/calendar/{SECRET}.ics%20",
        f"/calendar%2F{SECRET}.ics",
        f"/accounts/login/?next=%2Fcalendar%2f{SECRET}.ics",
        f"/accounts/login/?next=%252Fcalendar%252F{SECRET}.ics",
    ],
)
@pytest.mark.parametrize("line", ["Not Found: {}", '"GET {} HTTP/1.1" 404', "cannot read {}, gone"])
def test_an_address_is_cleaned_of_its_secret_however_it_was_written(path: str, line: str) -> None:
    written = logs.without_secrets(line.format(path))

    assert SECRET not in written
    assert "…" in written


@pytest.mark.parametrize("line", ["GET /calendar/ 200", "POST /calendar/revoke/ 302", "GET /calendar/ (a=1)"])
def test_a_page_about_calendars_is_written_as_it_is(line: str) -> None:
    assert logs.without_secrets(line) == line


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("Not Found: /accounts/password/reset/key/3f-c9x2k1-0123456789abcdef/", "c9x2k1-0123456789abcdef"),
        ("Forbidden (CSRF): /invitations/Zk3_pQ-secret/", "Zk3_pQ-secret"),
        ("Forbidden (CSRF): /invitation/Zk3_pQ-secret/accept/", "Zk3_pQ-secret"),
        ("Not Found: /accounts/login/?next=%2Finvitations%2FZk3_pQ-secret%2F", "Zk3_pQ-secret"),
        ("GET /pupils/?q=雪兎&class=2 200", "雪兎"),
        ("GET /people/?name=Snow", "Snow"),
        ("('sato.naoko@ec.example.jp', 550, b'no such user')", "sato.naoko"),
        ("to=sato%40example.jp", "sato"),
    ],
)
def test_links_that_let_in_what_was_asked_and_mail_addresses_are_taken_out(line: str, gone: str) -> None:
    assert gone not in logs.without_secrets(line)


@pytest.mark.parametrize("formatter", [logs.LineFormatter("%(levelname)s %(message)s"), logs.JsonFormatter()])
def test_a_traceback_is_cleaned_too_and_the_requests_id_stands_beside_it(
    formatter: logging.Formatter,
) -> None:
    logs.request_id.set("a1b2c3d4")
    try:
        raise ValueError(f"/calendar/{SECRET}.ics of sato@example.jp")  # noqa: TRY301 -- for its traceback
    except ValueError as error:
        facts = {"msg": "lost %s", "args": ("kudo@example.jp",), "levelname": "ERROR"}
        record = logging.makeLogRecord({**facts, "exc_info": (type(error), error, error.__traceback__)})
    written = formatter.format(record)
    logs.request_id.set("")

    assert "ValueError" in written
    assert "a1b2c3d4" in written
    for gone in (SECRET, "sato@", "kudo@"):
        assert gone not in written


@pytest.mark.parametrize(
    "said",
    [
        'null value in column "urgency"\nDETAIL:  Failing row contains (7, 雪兎,\n 左下腿の紅斑\n).',
        'duplicate key value\nDETAIL:  Key (name)=(雪兎) already exists.\nCONTEXT:  line 3: "雪兎"',
        "syntax error at or near\nLINE 1: UPDATE pupil SET name = '雪兎'\n                     ^",
        'invalid input syntax for type integer: "雪兎 "左"下腿"',
        'date/time field value out of range: "雪兎"',
    ],
)
def test_a_databases_error_keeps_its_first_line_and_cites_no_row(said: str) -> None:
    cause = "\n\nThe above exception was the direct cause of the following exception:\n\nTraceback"
    text = f"lost: {said}\nTraceback (most recent call last):\n  File x\nErr: {said}{cause} …\nErr: {said}"

    written = logs.without_secrets(text)

    first = said.splitlines()[0].partition(' "雪')[0]
    assert written.count(first) == 3
    assert written.count("File x") == written.count(cause) == 1
    for gone in ("雪兎", "下腿"):
        assert gone not in written


def test_a_line_of_json_is_one_object() -> None:
    record = logging.makeLogRecord({"msg": "二行\nの文", "levelname": "WARNING", "name": "rooms"})

    written = logs.JsonFormatter().format(record)

    assert "\n" not in written
    facts = json.loads(written)
    assert (facts["level"], facts["logger"], facts["message"]) == ("WARNING", "rooms", "二行\nの文")
