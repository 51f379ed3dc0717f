"""Lessons: courses, sections, dated lessons and each school's side of them."""
