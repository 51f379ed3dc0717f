"""Pages of lessons: requests into calls of verbs, and their answers into pages."""
