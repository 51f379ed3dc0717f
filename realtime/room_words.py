"""The words of the room page, for its script: in the reader's language, with {places} to fill.

The rooms know no lessons; only the kind of a booking decides whether whoever leads is 先生.
"""

from __future__ import annotations

from django.utils.translation import gettext, pgettext

from realtime import topology
from scheduler.models import Booking


def words(kind: str, *, leads: bool) -> dict[str, str]:
    """`leads`: the reader is whoever leads the room, and so is not told of a teacher to be heard by."""
    is_lesson = kind == Booking.Kind.LESSON
    voice = _voice_to_teacher() if is_lesson and not leads else _voice_to_others()
    return {
        **_controls(is_lesson=is_lesson),
        **_floor(is_lesson=is_lesson),
        **_connection(kind),
        **_people(),
        **_trouble(),
        **_faults(is_lesson=is_lesson),
        **_help(),
        **_voice_count(is_lesson=is_lesson),
        **(_conference() if kind == Booking.Kind.CONFERENCE else {}),
        **voice,
    }


def _controls(*, is_lesson: bool) -> dict[str, str]:
    return {
        "audio_off": gettext("Mute"),
        "audio_on": gettext("Unmute"),
        "video_off": gettext("Camera off"),
        "video_on": gettext("Camera on"),
        "hand_up": gettext("Raise hand"),
        "hand_down": gettext("Lower hand"),
        "chat": gettext("Chat"),
        "chat_unread": gettext("Chat ({n} new)"),
        "chat_new": gettext("{n} new"),
        "chat_line": gettext("{name}: {text}"),
        "enlarge": gettext("Show {name} large"),
        "share": gettext("Share"),
        "share_end": gettext("Stop sharing"),
        "mute_all": gettext("Mute all schools") if is_lesson else gettext("Mute everybody"),
        "leader_large": gettext("Teacher large") if is_lesson else gettext("Leader large"),
        "leader_usual": gettext("As before"),
        "more": pgettext("controls", "More"),
        "less": pgettext("controls", "Less"),
        "close": pgettext("panel", "Close"),
    }


def _floor(*, is_lesson: bool) -> dict[str, str]:
    """Who is heard and seen by all, and who asks for quiet."""
    return {
        "give_floor": gettext("Give the floor"),
        "give_floor_to": gettext("Give the floor to {name}"),
        "end_floor": gettext("Take it back"),
        "end_floor_of": gettext("Take the floor back from {name}"),
        "floor_of": gettext("{name} has the floor"),
        "has_floor": gettext("has the floor"),
        "floor_mine": gettext("You have the floor. All schools see and hear you")
        if is_lesson
        else gettext("You have the floor. Everybody sees and hears you"),
        "floor_reaches": gettext("You have the floor. Your voice arrives at {n} of {m} other schools")
        if is_lesson
        else gettext("You have the floor. Your voice arrives at {n} of {m} others"),
        "floor_muted": gettext("You have the floor. Your microphone is off now"),
        "microphone_back": gettext(
            "The room's device has left. Your microphone is off; you may switch it on"
        ),
        "muted_by": gettext("{name} asked for quiet. Your microphone is off"),
    }


def _connection(kind: str) -> dict[str, str]:
    is_lesson = kind == Booking.Kind.LESSON
    return {
        "connecting": gettext("Connecting"),
        "connected": gettext("Connected"),
        "reconnecting": gettext("Reconnecting, {n} s"),
        "gone": gettext("Not here for {n} s"),
        "live": pgettext("lesson", "On air") if is_lesson else pgettext("meeting", "On air"),
        "soon": gettext("Not yet begun"),
        "over": gettext("Time is up"),
        "begins_in": gettext("Begins in {n} min"),
        "left": gettext("{n} min left"),
        "left_until": gettext("{n} min left (until {time})"),
        "left_earlier": gettext("{n} min left ({name}: {m} min)"),
        "ended_at": gettext("Ended at {time}; you may stay"),
    }


def _people() -> dict[str, str]:
    return {
        "me": pgettext("room", "Me"),
        "me_observing": pgettext("room", "Me (observing)"),
        "this_room": gettext("This room"),
        "place": gettext("no. {n}"),
        "observer": gettext("Observer: {name}, {org}"),
        "only_observers": gettext("Only observers are here yet."),
        "page_number": pgettext("another page of the same account", " ({n})"),
        "screen_of": gettext("Screen of {name}"),
        # On a tile beside a name, so as short as can be.
        "good": pgettext("picture", "sharp"),
        "coarse": pgettext("picture", "coarse"),
        "still": pgettext("picture", "still + voice"),
        "still_silent": pgettext("picture", "still"),
        "voice": gettext("voice only"),
        "listening": gettext("listens only"),
        "muted": gettext("muted"),
        "speaking": gettext("speaking"),
        "here": gettext("is here"),
        "nobody": gettext("Nobody else is here yet. Whoever comes appears here."),
        "hands_none": gettext("Nobody has raised a hand."),
        "chat_none": gettext("Nothing written yet. Everybody in the room can read along."),
        "camera_is_off": pgettext("state", "Camera off"),
    }


def _trouble() -> dict[str, str]:
    return {
        "audio_blocked": gettext(
            "The microphone is blocked in this browser. Press the sign beside the address, allow the "
            "microphone, then try again. You can listen meanwhile."
        ),
        "audio_none": gettext(
            "No microphone was found. Check its cable, then try again. You can listen meanwhile."
        ),
        "audio_busy": gettext(
            "Another program uses the microphone. Close it, then try again. You can listen meanwhile."
        ),
        "video_blocked": gettext(
            "The camera is blocked in this browser. Press the sign beside the address, allow the camera, "
            "then try again. Your voice goes on without it."
        ),
        "video_none": gettext(
            "No camera was found. Check its cable, then try again. Your voice goes on without it."
        ),
        "video_busy": gettext(
            "Another program uses the camera. Close it, then try again. Your voice goes on without it."
        ),
        "both_blocked": gettext(
            "Camera and microphone are blocked in this browser. Press the sign beside the address, allow "
            "both, then try again. You can listen meanwhile."
        ),
        "both_none": gettext(
            "No camera and no microphone were found. Check their cables, then try again. You can listen "
            "meanwhile."
        ),
        "both_busy": gettext(
            "Another program uses camera and microphone. Close it, then try again. You can listen meanwhile."
        ),
        "try_again": gettext("Try again"),
        "sound_blocked": gettext("This browser plays no sound until you press once."),
        "play_sound": gettext("Play sound"),
        "closed_4401": gettext("You are signed out. Sign in again to enter."),
        "closed_4403": gettext(
            "You no longer take part here: your side was cancelled or your post has ended."
        ),
        "closed_4409": gettext("You opened this room in another tab. It goes on there."),
        "closed_4410": gettext("This lesson was cancelled or moved, so its room is closed."),
        "closed_other": gettext("The connection was ended. Opening the page again usually helps."),
        "continue_here": gettext("Continue here"),
        "to_today": gettext("To today"),
    }


def _faults(*, is_lesson: bool) -> dict[str, str]:
    """What is named at both ends of a connection, and what a school reads while its own is broken."""
    return {
        "leg_silent": gettext("The sound of {name} does not arrive. This line alone is being reconnected"),
        "leg_unheard": gettext("Your voice does not arrive at {name}. This line alone is being reconnected"),
        "legs_many": gettext("{n} lines are being reconnected"),
        "trouble_of": gettext("{name}: {text}"),
        "trouble_of_many": gettext("{name} and {m} more schools: {text}")
        if is_lesson
        else gettext("{name} and {m} more: {text}"),
        "outage": gettext("Reconnecting ({n} s)"),
    }


def _conference() -> dict[str, str]:
    """Equals behind a door that the host opens. What a lesson calls otherwise is overwritten here."""
    return {
        "roll": gettext("Nothing is recorded, neither picture nor sound. First make sure who is present."),
        "hands_none": pgettext("conference", "Nobody has raised a hand."),
        "with_org": pgettext("organisation and name of a person", "{name}, {org}"),
        "closed_4403": gettext("You no longer take part in this conference."),
        "closed_4410": gettext("This conference was cancelled or moved, so its room is closed."),
        "closed_4424": gettext(
            "The room is full: {n} can take part at once. Please try again when somebody has left."
        ).replace("{n}", str(topology.MOST_IN_CONFERENCE)),
        "door": gettext("Waiting room"),
        "door_count": gettext("Waiting room ({n})"),
        "door_one": gettext("{who} is waiting"),
        "door_many": gettext("{n} people are waiting"),
        "door_none": gettext("Nobody is waiting."),
        "door_inside_none": gettext("Nobody has been let in yet."),
        "door_since": gettext("since {time}"),
        "door_admit": gettext("Let in"),
        "door_admit_who": gettext("Let in {name}"),
        "door_admit_all": gettext("Let all in"),
        "door_return": gettext("Back to the waiting room"),
        "door_return_who": gettext("Back to the waiting room: {name}"),
        "door_full": gettext(
            "The room is full ({n} people). Somebody has to leave before another can enter."
        ),
        "door_failed": gettext("That did not arrive. Please press again."),
    }


def _help() -> dict[str, str]:
    return {
        "help_told": gettext("{n} people of the centre were told. Whoever comes is named here"),
        "help_nobody": gettext("Nobody of the centre is free now. Please ring: {telephone}"),
        "help_answered": gettext("{name} of the centre is coming"),
        "help_failed": gettext("Nobody was told yet. Please ring: {telephone}"),
        "help_not_settled": gettext("The call still stands. Please ring: {telephone}"),
    }


def _voice_to_teacher() -> dict[str, str]:
    return {
        "voice_arrives": gettext("Your voice arrives at the teacher"),
        "voice_ready": gettext("Connected to the teacher. Speak, and you will see here whether it arrives"),
        "voice_lost": gettext(
            "Your voice does not arrive at the teacher. Check the microphone's cable and volume"
        ),
        "voice_mending": gettext(
            "Your voice does not arrive at the teacher. The line is being reconnected by itself"
        ),
        "voice_muted": gettext("Your microphone is off. The teacher does not hear you"),
        "voice_missing": gettext("No microphone: you hear the teacher, the teacher does not hear you"),
        "voice_alone": gettext("The teacher is not here yet"),
        "leader_left": gettext("The teacher has left"),
        "voice_gone": gettext("The teacher is not connected now. Nobody is there to hear you"),
        **_voice_of_all(),
    }


def _voice_to_others() -> dict[str, str]:
    return {
        "voice_arrives": gettext("Your voice arrives at the other side"),
        "voice_ready": gettext("Connected. Speak, and you will see here whether it arrives"),
        "voice_lost": gettext("Your voice does not arrive. Check the microphone's cable and volume"),
        "voice_mending": gettext("Your voice does not arrive. The line is being reconnected by itself"),
        "voice_muted": gettext("Your microphone is off. Nobody hears you"),
        "voice_missing": gettext("No microphone: you hear the others, they do not hear you"),
        "voice_alone": gettext("Nobody else is here yet"),
        "leader_left": gettext("Whoever leads has left"),
        "voice_gone": gettext("Nobody else is connected now. Nobody is there to hear you"),
        **_voice_of_all(),
    }


def _voice_of_all() -> dict[str, str]:
    return {
        "voice_checking": gettext("Checking whether your voice arrives"),
        "voice_elsewhere": gettext("The room's device brings the microphone. This page uses none"),
        "voice_down": gettext("Reconnecting. Whether your voice arrives shows when the line is back"),
        "voice_coarse": gettext("The picture is coarse; the voice goes first"),
    }


def _voice_count(*, is_lesson: bool) -> dict[str, str]:
    """And what whoever leads is called."""
    if not is_lesson:
        return {
            "voice_checked": gettext("Voice arrives {n}/{m}"),
            "voice_checked_some": gettext("Voice arrives {n}/{m} ({k} muted)"),
            "voice_all_muted": gettext("All are muted"),
            "leader": "{name}",
        }
    return {
        "voice_checked": gettext("Voice arrives at {n}/{m} schools"),
        "voice_checked_some": gettext("Voice arrives at {n}/{m} schools ({k} muted)"),
        "voice_all_muted": gettext("All schools are muted"),
        "leader": pgettext("a teacher, by family name", "{name}"),
    }
