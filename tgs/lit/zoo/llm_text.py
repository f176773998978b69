"""What the language model is asked and should answer: captions, chains, and reasoning over a written caption."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tgs.stickers.captions import audio_caption, chain, frame_caption, second_caption, video_caption
from tgs.stickers.categories import CATEGORIES, COLOURS
from tgs.stickers.r2 import r2_expressions
from tgs.stickers.references import WORDINGS, Expression, choose, choose_null, expressions
from tgs.stickers.riddles import GROUP_NOUNS, RIDDLES, SOUND_NAMES
from tgs.stickers.sample import muted, sample_scene
from tgs.stickers.scene import N_FRAMES, Level, Scene, Zone
from tgs.think.prompt import Template, caption_prompt, thought_prompt
from tgs.think.tokens import Modality

NAMES = tuple(CATEGORIES)
R2_SHARE, NULL_SHARE, CROSSED_SHARE = 0.2, 0.2, 0.06
"""Of the references; the rest name or describe somebody who is there."""
HELD_OUT_SHARE = 0.25
"""Of the references, in wordings that phase 2 never shows: a language model knows more of its language than one
tuning teaches, as it knows the unseen categories."""
QUESTIONS = ("", "", "what does the {0} show?", "describe the {0}.", "please describe this {0}.", "what is in the {0}?")
"""What phase 1 may ask; the answer is always the caption."""
_MEDIA = "<video_start><video><video_end><audio_start><audio><audio_end>"
_REASON = "the reference relates to"


class Task(StrEnum):
    """The kinds of training text."""

    image = "image"  # caption of one frame
    second = "second"  # caption of one second of sound
    video = "video"  # caption of ten frames
    audio = "audio"  # caption of ten seconds
    reason = "reason"  # a chain whose captions are given as text: all but the captions is learned
    chain = "chain"  # the whole chain, from what is seen and heard


@dataclass(frozen=True)
class Telling:
    """One text to learn.

    Attributes:
        task: which kind.
        seen, heard: the scenes behind the video's and the audio's placeholders.
        moment: frame or second, for `image` and `second`.
        prompt: with placeholders, without `<s>`.
        answer: without `</s>`.
        hidden: a part of the answer that is given, not learned; "" if all is learned.
        expression: the reference asked for, None for captions.
    """

    task: Task
    seen: Scene
    heard: Scene
    moment: int
    prompt: str
    answer: str
    hidden: str = ""
    expression: Expression | None = None


def draw_reference(rng: np.random.Generator, scene: Scene, *, held_out_share: float = 0.0) -> tuple[Expression, Scene]:
    """A reference to somebody of a scene, or to nobody, and the scene that is heard with it (another one's, rarely)."""
    kind = rng.random()
    if kind < CROSSED_SHARE:
        names = [name for name in NAMES if name not in {s.category for s in scene.stickers}]
        quiet = muted(scene)
        heard = sample_scene(rng, "heard", categories=names) if rng.random() < 0.7 else quiet
        found = choose_null(expressions(quiet, rng, held_out_share=held_out_share), rng, 1)
        return found[0], heard
    if kind < CROSSED_SHARE + R2_SHARE and (found := r2_expressions(scene, rng, held_out_share=held_out_share)):
        types = sorted({e.type for e in found})
        drawn = types[rng.integers(len(types))]
        of_type = [e for e in found if e.type == drawn]
        return of_type[rng.integers(len(of_type))], scene
    candidates = expressions(scene, rng, held_out_share=held_out_share)
    if kind > 1 - NULL_SHARE:
        return choose_null(candidates, rng, 1)[0], scene
    return choose(candidates, rng, 1)[0], scene


def tell(rng: np.random.Generator, task: Task, *, held_out_share: float = HELD_OUT_SHARE) -> Telling:
    """Draws one text of a kind."""
    scene = sample_scene(rng, "told", categories=NAMES)
    if task in (Task.reason, Task.chain):
        return _tell_chain(rng, task, scene, held_out_share)
    moment = int(rng.integers(N_FRAMES))
    modality = {Task.image: Modality.image, Task.video: Modality.video}.get(task, Modality.audio)
    question = QUESTIONS[rng.integers(len(QUESTIONS))].format(modality)
    answer = {
        Task.image: lambda: frame_caption(scene, moment),
        Task.second: lambda: second_caption(scene, moment),
        Task.video: lambda: video_caption(scene),
        Task.audio: lambda: audio_caption(scene),
    }[task]()
    return Telling(task, scene, scene, moment, caption_prompt(Template.brief, modality, question), answer)


def _tell_chain(rng: np.random.Generator, task: Task, scene: Scene, held_out_share: float) -> Telling:
    expression, heard = draw_reference(rng, scene, held_out_share=held_out_share)
    prompt = thought_prompt(Template.brief, expression.text)
    answer = chain(scene, expression, heard=heard)
    hidden = ""
    if task is Task.reason:
        prompt = prompt.replace(_MEDIA, "")
        hidden = f"{video_caption(scene)} {audio_caption(heard)}"
    return Telling(task, scene, heard, 0, prompt, answer, hidden, expression)


def language(scenes: int = 150) -> Iterator[str]:
    """Texts that hold every word of the made benchmark, held-out wordings too: the tokenizer's corpus."""
    yield from (*NAMES, *COLOURS, *Zone, *Level, *(str(n) for n in range(N_FRAMES + 1)))
    for words in WORDINGS.values():
        yield from (*words.train, *words.held_out, words.relates)
    for table in (RIDDLES, GROUP_NOUNS):
        yield from (text for texts in table.values() for text in texts)
    yield from SOUND_NAMES.values()
    yield from QUESTIONS
    rng = np.random.default_rng(0)
    for _ in range(scenes):  # and whatever the writers say beyond these tables
        scene = sample_scene(rng, "word", categories=NAMES)
        yield tell(rng, Task.chain).answer.replace("<", " ").replace(">", " ")
        yield from (e.text for e in r2_expressions(scene, rng, held_out_share=0.7))
        yield from (f"{e.text} {e.relates}" for e in expressions(scene, rng, held_out_share=0.5))
        yield f"{frame_caption(scene, 0)} {second_caption(scene, 0)} {thought_prompt(Template.brief, 'the')}"
