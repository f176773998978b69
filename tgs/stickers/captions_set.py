"""The caption files of phase 1, in the forms that the published ones have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from tgs.atomic import write_json
from tgs.stickers.captions import audio_caption, frame_caption, video_caption
from tgs.stickers.categories import CATEGORIES
from tgs.stickers.sample import sample_scene
from tgs.stickers.scene import N_FRAMES, Scene
from tgs.stickers.settings import StickersSettings

_STREAM = 99  # beside the numbers of the splits, so that no caption clip repeats a benchmark clip
IMAGE_QUESTIONS = ("What does the image show?", "Describe the image.")
VIDEO_QUESTIONS = ("What does the video show?", "Describe the video.")


class CaptionKind(StrEnum):
    """Which files a captioned scene has."""

    clip = "clip"  # audio/{id}.wav, videos/{id}/{0..9}.jpg, and one frame as images/{id}.jpg
    still = "still"  # the image alone
    sound = "sound"  # the sound alone


@dataclass(frozen=True)
class CaptionPlan:
    """One scene with captions."""

    id: int
    kind: CaptionKind
    scene: Scene
    frame: int
    questions: tuple[str, str]

    @property
    def is_heard(self) -> bool:
        """Whether there is a sound."""
        return self.kind is not CaptionKind.still

    @property
    def is_seen(self) -> bool:
        """Whether there is an image."""
        return self.kind is not CaptionKind.sound


def plan_caption(settings: StickersSettings, index: int) -> CaptionPlan:
    """Scene `index` of the caption set; its id counts from 1. All categories appear, those of test_u too.

    First come the clips, then the stills, then the sounds.
    """
    stills, sounds = settings.caption_clips, settings.caption_clips + settings.caption_stills
    kind = CaptionKind.clip if index < stills else CaptionKind.still if index < sounds else CaptionKind.sound
    rng = np.random.default_rng((settings.seed, _STREAM, index))
    scene = sample_scene(
        rng, f"stkc{index:05d}_0_10000", categories=tuple(CATEGORIES), stereo_share=settings.stereo_share
    )
    questions = (IMAGE_QUESTIONS[rng.integers(2)], VIDEO_QUESTIONS[rng.integers(2)])
    return CaptionPlan(index + 1, kind, scene, int(rng.integers(N_FRAMES)), questions)


def write_caption_files(folder: Path, plans: list[CaptionPlan]) -> None:
    """Write audiocaps.json, images.json and videos.json; paths in them are relative to `folder`.

    Source:
        AudioCaps' list of {audiocap_id, start_time, caption}; Video-LLaVA's list of {image or video, conversations}.
    """
    sounds = [{"audiocap_id": p.id, "start_time": 0, "caption": audio_caption(p.scene)} for p in plans if p.is_heard]
    images = [
        {
            "image": f"images/{p.id}.jpg",
            "conversations": _conversation("<image>", p.questions[0], frame_caption(p.scene, p.frame)),
        }
        for p in plans
        if p.is_seen
    ]
    videos = [
        {
            "video": f"videos/{p.id}",
            "conversations": _conversation("<video>", p.questions[1], video_caption(p.scene)),
        }
        for p in plans
        if p.kind is CaptionKind.clip
    ]
    write_json(folder / "audiocaps.json", sounds)
    write_json(folder / "images.json", images)
    write_json(folder / "videos.json", videos)


def _conversation(placeholder: str, question: str, answer: str) -> list[dict[str, str]]:
    return [{"from": "human", "value": f"{placeholder}\n{question}"}, {"from": "gpt", "value": answer}]
