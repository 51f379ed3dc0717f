"""What never reaches a log, however it was asked for."""

from __future__ import annotations

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


@pytest.mark.parametrize("line", ["GET /calendar/ 200", "POST /calendar/revoke/ 302", "GET /calendar/?a=1"])
def test_a_page_about_calendars_is_written_as_it_is(line: str) -> None:
    assert logs.without_secrets(line) == line
