"""Columns of consultations. Verbs live in `clinics.consultations` and its neighbours."""

from __future__ import annotations

from clinics.models.advice import Advice, AdviceReceipt, Outcome
from clinics.models.attachments import Attachment
from clinics.models.consultations import CaseChange, CaseParty, Consultation, Numbering, Question, Urgency
from clinics.models.offers import Offer
from clinics.models.specialties import Service, Specialty

__all__ = [
    "Advice",
    "AdviceReceipt",
    "Attachment",
    "CaseChange",
    "CaseParty",
    "Consultation",
    "Numbering",
    "Offer",
    "Outcome",
    "Question",
    "Service",
    "Specialty",
    "Urgency",
]
