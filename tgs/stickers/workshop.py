"""Makes the files of single clips: the job that the processes of `write.py` share out among them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from tgs.atomic import write_json
from tgs.stickers.art import ArtBank
from tgs.stickers.captions_set import CaptionKind, CaptionPlan, plan_caption
from tgs.stickers.layout import truth_of, write_frames, write_masks, write_sound
from tgs.stickers.mix import render_sound
from tgs.stickers.plan import FolderPlan, plan_clip
from tgs.stickers.render import render_frame, render_frames
from tgs.stickers.scene import N_FRAMES
from tgs.stickers.settings import StickersSettings
from tgs.stickers.sounds import SoundBank
from tgs.types import Split


class Workshop:
    """Art, sounds and settings, loaded once by a process that makes many clips.

    Args:
        settings: of the benchmark.
        root: folder to fill; it has the benchmark's layout.
        sounds: where sources come from.
    """

    def __init__(self, settings: StickersSettings, root: Path, sounds: SoundBank) -> None:
        self.settings, self.root, self.sounds = settings, root, sounds
        self.art = ArtBank()

    def make_clip(self, split: Split, index: int) -> list[FolderPlan]:
        """Write media and masks of one clip and of its null folder.

        Returns:
            What was planned for its folders.
        """
        plans = plan_clip(self.settings, split, index)
        width, height = self.settings.width_px, self.settings.height_px
        frames_NHWC, masks_KNHW = render_frames(plans[0].scene, self.art, width, height)
        first = self.root / "media" / plans[0].folder / "frames"
        write_frames(first, frames_NHWC, self.settings.jpeg_quality)
        for plan in plans:
            media = self.root / "media" / plan.folder
            if media != first.parent:  # a null folder of the same clip shows the same frames
                shutil.copytree(first, media / "frames")
            write_sound(media / "audio.wav", render_sound(plan.heard, self.sounds), self.settings.sound_format)
            write_json(media / "scene.json", truth_of(plan))
            empty_NHW = np.zeros((N_FRAMES, height, width), bool)
            for row in {row.fid: row for row in plan.rows}.values():  # only of whom a row asks, as in Ref-AVSBench
                masks_NHW = empty_NHW if row.expression.target is None else masks_KNHW[row.fid]
                write_masks(self.root / "gt_mask" / plan.folder / f"fid_{row.fid}", masks_NHW)
        return plans

    def make_caption(self, index: int) -> CaptionPlan:
        """Write the files of one captioned scene.

        Returns:
            What was planned for it.
        """
        plan = plan_caption(self.settings, index)
        folder = self.root / "captions"
        size = {"width_px": self.settings.width_px, "height_px": self.settings.height_px}
        if plan.is_seen:
            picture = folder / "images" / f"{plan.id}.jpg"
            picture.parent.mkdir(parents=True, exist_ok=True)
            frame_HWC, _ = render_frame(plan.scene, self.art, plan.frame, **size)
            Image.fromarray(frame_HWC).save(picture, quality=self.settings.jpeg_quality)
        if plan.kind is CaptionKind.clip:
            frames_NHWC, _ = render_frames(plan.scene, self.art, **size)
            write_frames(folder / "videos" / str(plan.id), frames_NHWC, self.settings.jpeg_quality)
        if plan.is_heard:
            sound = render_sound(plan.scene, self.sounds)
            write_sound(folder / "audio" / f"{plan.id}.wav", sound, self.settings.sound_format)
        return plan
