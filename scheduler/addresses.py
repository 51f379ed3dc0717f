"""A feed's address as the programs want it: to press, to photograph, to paste."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

import segno
from django.utils.safestring import SafeString, mark_safe


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """`https` to paste, `webcal` to press, `qr` the latter as an SVG picture for a telephone."""

    https: str
    webcal: str
    outlook: str
    qr: SafeString


def of_feed(address: str) -> FeedAddress:
    webcal = f"webcal://{address.partition('://')[2]}"
    query = urlencode({"url": address, "name": "Enkaku"})
    # Made of digits by segno alone: nothing of the address enters the markup as text.
    picture = mark_safe(segno.make(webcal, error="m").svg_inline(border=4, omitsize=True))  # noqa: S308
    return FeedAddress(
        https=address,
        webcal=webcal,
        outlook=f"https://outlook.office.com/calendar/addfromweb?{query}",
        qr=picture,
    )


def host(public_url: str) -> str:
    return urlsplit(public_url).hostname or ""


def is_only_here(public_url: str) -> bool:
    """True when nobody but this computer reaches the address, so a telephone cannot subscribe."""
    name = host(public_url)
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
