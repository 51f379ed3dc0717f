"""Consultations between local doctors and specialists."""
