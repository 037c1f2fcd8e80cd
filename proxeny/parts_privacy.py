"""[privacy]: what the law wants guests to be told beside what is kept: by which authority, what for, whom to ask.

Ontario's is MFIPPA, s. 29 (2); others want the same. A key's meaning is told in config/proxeny.toml. Never an empty duty:
a text that is given says something.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from proxeny.faults import WrongError
from proxeny.measures import Range, duration
from proxeny.parts import Part

LONGEST: Final = 2_000  # characters of one text


def _texts(value: object) -> Any:
    """A text, or one for each language."""
    said = {"en": value} if isinstance(value, str) else value
    if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
        raise WrongError("must be a text, or one for each language", 'Write {en = "…", fr = "…"}')
    texts = {str(language): text.strip() for language, text in said.items()}
    if not texts or not all(texts.values()):
        raise WrongError("is empty, and the law wants it said", "Write it in every language that is named, or take [privacy] out")
    if any(len(text) > LONGEST for text in texts.values()):
        raise WrongError(f"is longer than {LONGEST} characters", "Name the law here, and explain it elsewhere")
    return texts


Texts = Annotated[dict[str, str], BeforeValidator(_texts)]


class Privacy(Part):
    """[privacy]"""

    authority: Texts
    purpose: Texts
    officer_title: Texts
    officer_phone: Texts
    officer_address: Texts | None = None
    answer_within: Annotated[int, BeforeValidator(duration(Range(86_400, 90 * 86_400)))] = 30 * 86_400  # of a request about one's data
    break_glass: bool = False  # whoever asks to see sealed records may open them alone, with an alert
