"""What a picture is, and who looks at the pages of `make pictures`."""

from __future__ import annotations

from dataclasses import dataclass

from classrooms.demonstration import accounts

PASSWORD = accounts.PASSWORD
TEACHER = "sasaki@centre.example"
ADMIN = "ohno@centre.example"
PLANNER = "honma@centre.example"
SCHOOL = "coordinator@rishiri.example"
STAFF = "staff@rishiri.example"
DEVICE = "set1@rishiri.example"
AT_HOME = "home@rebun.example"
DOCTOR = "miura@rishiri-hospital.example"
SPECIALIST = "abe@sapporo-hospital.example"
OTHER_SPECIALIST = "endo@sapporo-hospital.example"
OFFICE = "hayashi@sapporo-hospital.example"
AUDITOR = "auditor@centre.example"
BOARD = "board@soya.example"
CLOSED = "closed@centre.example"
FORGOT = "ito@centre.example"
STRANGER = "kato@nowhere.example"


@dataclass(frozen=True, slots=True)
class Picture:
    """`name` begins with the page and ends with its state; `pictures_acts.ACTS` brings the page into it."""

    name: str
    path: str
    email: str = ""
