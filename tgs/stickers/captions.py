"""What can be said of a made clip: captions for phase 1, descriptions for the detector, chains for phase 2.

All text is lower case and made of whole words, zones before names and times as numbers, so that a language model of
a million weights can learn to copy it. The expression is quoted without its final full stop.
"""

from __future__ import annotations

from collections.abc import Iterable

from tgs.stickers.references import Expression
from tgs.stickers.scene import N_FRAMES, Level, Scene, Sticker, Zone
from tgs.stickers.wording import PLACES
from tgs.types import NULL_CATEGORY

_STRENGTH = {level: i for i, level in enumerate(Level)}


def video_caption(scene: Scene) -> str:
    """Who stands where at mid-clip, from left to right.

    Returns:
        For example `the video shows far-left guitar, center red dog.`
    """
    return f"the video shows {_shown((s.zone, s) for s in scene.stickers)}."


def frame_caption(scene: Scene, index: int) -> str:
    """The same of one frame, `the image shows ...`.

    Args:
        index: 0..9.
    """
    return f"the image shows {_shown((zone_at(s, index), s) for s in scene.stickers)}."


def audio_caption(scene: Scene) -> str:
    """Who sounds when, by onset, then the louder first.

    Returns:
        For example `the audio contains guitar loud from 0 to 10, dog soft from 3 to 7.`
    """
    heard = [(s.category, s.sound) for s in scene.stickers if s.sound is not None]
    heard.sort(key=lambda pair: (pair[1].start_s, -_STRENGTH[pair[1].level], pair[0]))
    return _contained([f"{name} {sound.level} from {sound.start_s} to {sound.end_s}" for name, sound in heard])


def second_caption(scene: Scene, second: int) -> str:
    """Who sounds in one second, the louder first.

    Args:
        second: 0..9.

    Returns:
        For example `the audio contains guitar loud, dog soft.`
    """
    sounds = [(s.category, s.sound) for s in scene.stickers if s.sound is not None]
    heard = [(name, sound.level) for name, sound in sounds if sound.start_s <= second < sound.end_s]
    heard.sort(key=lambda pair: (-_STRENGTH[pair[1]], pair[0]))
    return _contained([f"{name} {level}" for name, level in heard])


def zone_at(sticker: Sticker, index: int) -> Zone:
    """Where a sticker stands on one frame (it drifts, so little that it stays in its zone)."""
    x = sticker.x + sticker.drift * (index - (N_FRAMES - 1) / 2)
    return list(Zone)[min(4, max(0, int(x * 5)))]


def fine_description(sticker: Sticker) -> str:
    """T_f: its look, its sound and its place, e.g. `a red guitar making a loud sound on the far left`."""
    name = f"{sticker.colour} {sticker.category}".strip()
    place = PLACES[sticker.zone]
    if sticker.sound is None:
        return f"a silent {name} {place}"
    return f"{_article(name)} {name} making a {sticker.sound.level} sound {place}"


def chain(scene: Scene, expression: Expression, *, heard: Scene | None = None) -> str:
    """The think-answer text of one reference, in the published form.

    The reasoning goes from object to object, saying of each what is seen and heard and whether the reference fits it:
    one small decision at a time, and nobody fits where every answer was no.

    Args:
        scene: what is seen.
        expression: its target is a sticker of `scene`, or None where it fits nobody.
        heard: what is heard, if that is another clip's sound.
    """
    quoted = expression.text.lower().removesuffix(".")
    verdicts = ", ".join(
        f"{_called(s)} {s.sound.level if s.sound else 'silent'} {'yes' if i == expression.target else 'no'}"
        for i, s in enumerate(scene.stickers)
    )
    found, fine, simple = "nobody", NULL_CATEGORY, NULL_CATEGORY
    if expression.target is not None:
        target = scene.stickers[expression.target]
        found, fine, simple = f"the {_called(target)}", fine_description(target), target.category
    return (
        f'<think>\nthe referential expression is "{quoted}". {video_caption(scene)} '
        f"{audio_caption(scene if heard is None else heard)} the reference relates to {expression.relates}: "
        f"{verdicts}. so it is {found}.\n</think>\n"
        f"<answer>\n<f_object> {fine} </f_object>\n<s_object> {simple} </s_object>\n</answer>"
    )


def _shown(places: Iterable[tuple[Zone, Sticker]]) -> str:
    return ", ".join(_called(s, zone) for zone, s in places)


def _called(sticker: Sticker, zone: Zone | None = None) -> str:
    return " ".join(filter(None, (zone or sticker.zone, sticker.colour, sticker.category)))


def _contained(parts: list[str]) -> str:
    return f"the audio contains {', '.join(parts) or 'nothing'}."


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"
