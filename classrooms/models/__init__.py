"""Columns of lessons. Verbs live in `classrooms.lessons` and its neighbours."""

from __future__ import annotations

from classrooms.models.lessons import Lesson, Reception
from classrooms.models.pupils import Enrolment, RemoteSeat, Student
from classrooms.models.registers import AttendanceMark, Confirmation, StaffPresence
from classrooms.models.sections import Course, Section, SectionSchool

__all__ = [
    "AttendanceMark",
    "Confirmation",
    "Course",
    "Enrolment",
    "Lesson",
    "Reception",
    "RemoteSeat",
    "Section",
    "SectionSchool",
    "StaffPresence",
    "Student",
]
