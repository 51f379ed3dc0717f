"""The words of the checks of camera, microphone, speaker and line, for their script."""

from __future__ import annotations

from django.utils.translation import gettext, pgettext


def words() -> dict[str, str]:
    """In the reader's language, with {places} to fill."""
    return {
        "camera_busy_now": gettext("Looking for a camera"),
        "camera_ok": gettext("A picture comes"),
        "camera_dark": gettext("The picture is black. Is the lens covered?"),
        "camera_still": gettext("No picture comes. Check its cable"),
        "microphone_busy_now": gettext("Listening"),
        "microphone_ok": gettext("Sound comes in"),
        "microphone_silent": gettext("No sound comes in. Check its cable and its switch"),
        "blocked": gettext("Blocked. Allow it beside the address and check again"),
        "none": gettext("None was found. Check its cable"),
        "busy": gettext("Another program uses it. Close that program"),
        "speaker_": pgettext("check", "not tried yet"),
        "speaker_playing": gettext("A tone is playing"),
        "speaker_ask": gettext("Did you hear the tone?"),
        "speaker_ok": gettext("The tone was heard"),
        "speaker_bad": gettext("The tone was not heard. Check volume and cable"),
        "line_busy_now": gettext("Measuring"),
        "line_ok": gettext("{ms} ms there and back"),
        "line_slow": gettext("Slow: {ms} ms there and back. Close other programs"),
        "line_bad": gettext("The centre does not answer. Check the network's cable"),
        "line_lost": pgettext("check", "not connected"),
        "at": pgettext("check", "checked at {time}"),
        "heard": gettext("In contact with the centre"),
        "lost": gettext("No contact with the centre since {time}. It is tried again by itself"),
    }
