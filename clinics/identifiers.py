"""Whether something that was typed looks like it says who the patient is. Pure; a caution, never a refusal.

Only what is likely: a name with its 様, a birthday, a telephone number, a chart number's many digits.
Names alone are not found; the page asks for none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_PATTERNS = (
    (
        "name",
        re.compile(r"[\u4e00-\u9fff々ァ-ヶー]{1,4}[ ]?[\u4e00-\u9fff々ぁ-んァ-ヶー]{0,4}(?:様|さん|殿|氏)"),
    ),
    ("birthday", re.compile(r"(?:明治|大正|昭和|平成|令和|[MTSHR])[ ]?\d{1,2}[年./-]\d{1,2}[月./-]\d{1,2}")),
    ("birthday", re.compile(r"(?:19|20)\d\d[年./-]\d{1,2}[月./-]\d{1,2}日?(?:生|出生)")),
    ("telephone", re.compile(r"(?<!\d)0\d{1,4}-\d{1,4}-\d{3,4}(?!\d)")),
    ("number", re.compile(r"(?<![\d.])\d{6,}(?![\d.])")),
)
_NOBODY = frozenset(
    {"患者さん", "患者様", "お子さん", "奥さん", "御家族様", "娘さん", "息子さん", "親御さん"}
)


def found(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The field and the kind of what was found (name, birthday, telephone, number), each once."""
    seen = []
    for name, text in texts.items():
        plain = unicodedata.normalize("NFKC", text)
        for kind, pattern in _PATTERNS:
            hits = [hit.group() for hit in pattern.finditer(plain)]
            if any(not hit.endswith(tuple(_NOBODY)) for hit in hits) and (name, kind) not in seen:
                seen.append((name, kind))
    return seen
