"""Columns of lessons. Verbs live in `classrooms.lessons` and its neighbours."""

from __future__ import annotations

from classrooms.models.lessons import Lesson, Reception
from classrooms.models.sections import Course, Section, SectionSchool

__all__ = ["Course", "Lesson", "Reception", "Section", "SectionSchool"]
