"""Addresses that give nobody a page to look at, and what they give instead."""

from __future__ import annotations

ACTS_ALONE = "takes POST alone"
WITHOUT_PAGE: dict[str, str] = {
    "scheduler:feed": "a calendar",
    "scheduler:event": "a calendar",
    "scheduler:export_file": "a file",
    "scheduler:list_template": "a file",
    "scheduler:list_export": "a file",
    "scheduler:people_template": "a file",
    "classrooms:marks": "data for the register's script",
    "classrooms:pupil_template": "a file",
    "classrooms:pupil_roster": "a file",
    "classrooms:records_marks": "a file",
    "classrooms:records_sums": "a file",
    "clinics:attachment": "a file",
    "realtime:line": "nothing, at once: the line is measured by it",
    "realtime:waiting": "a part of the waiting room's page",
    "realtime:door": "data for the room's script",
    "realtime:help": "data for the room's script",
    **dict.fromkeys(
        [
            "scheduler:calendar_revoke", "scheduler:export_again", "scheduler:export_stop",
            "scheduler:notices_read", "scheduler:notice_read", "scheduler:invitation_resend",
            "scheduler:invitation_revoke", "scheduler:account_reopen", "scheduler:factor_reset",
            "scheduler:audit_export", "scheduler:language", "scheduler:list_import_confirm",
            "scheduler:people_import_confirm", "scheduler:invitations_send",
            "classrooms:confirm", "classrooms:release", "classrooms:register_staff",
            "classrooms:pupil_import_confirm",
            "classrooms:pupil_take", "classrooms:remote_seat", "classrooms:remote_seat_invite",
            "classrooms:remote_seat_end", "classrooms:term_remove", "clinics:remove_person",
            "clinics:accept", "clinics:withdraw", "clinics:take_up", "clinics:decline_counter",
            "clinics:acknowledge", "clinics:attach", "clinics:detach", "realtime:device_status",
            "realtime:start", "realtime:admit", "realtime:return", "realtime:help_answer",
            "realtime:help_settle",
        ],
        ACTS_ALONE,
    ),
}  # fmt: skip
