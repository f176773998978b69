"""Controls: what the thinker gets instead of its own clip, so that a number tells whether it listens and looks.

Detector and segmenter still see the true frames: only the thought can get worse, and masks still make sense.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tgs.data.content import clip_content
from tgs.data.files import BenchmarkFiles
from tgs.data.media import load_frames, sound_path, video_of
from tgs.data.sound import load_wave
from tgs.digest import digest_value
from tgs.errors import ConfigError
from tgs.types import Clip, Control, Footage, Reference, Split


@dataclass(frozen=True)
class Controlled:
    """What each clip's thinker is given.

    Attributes:
        control: what is changed.
        other: for each split, whose sound or frames every clip (by folder) gets; empty if no other clip is needed.
    """

    control: Control
    other: Mapping[Split, Mapping[str, str]]

    @classmethod
    def of(cls, control: Control, references: Sequence[Reference], seed: int = 0) -> Controlled:
        """Choose every clip's other one among all clips of its split.

        Args:
            control: what is to be changed.
            references: all of the chosen splits, whether they are asked or not: so a limit changes no choice.
            seed: chooses.

        Raises:
            ConfigError: the control needs another video, and a split has too few.
        """
        if control in (Control.none, Control.reference_only):
            return cls(control, {})
        others: dict[Split, Mapping[str, str]] = {}
        for split in {reference.split for reference in references}:
            folders = {reference.folder for reference in references if reference.split is split}
            others[split] = derangement(folders, seed)
            if not others[split]:
                raise ConfigError(
                    f"control={control} gives every clip the sound or frames of another one, but of the {len(folders)} "
                    f"clips of split {split} more than half are of one video. Choose splits with more videos, or "
                    f"control=reference_only."
                )
        return cls(control, others)

    def shown(self, footage: Footage, split: Split, files: BenchmarkFiles) -> Footage:
        """What the thinker sees and hears in place of a clip.

        Raises:
            DataError: when it is looked at: the other clip's frames or sound are unusable.
        """
        if self.control is Control.none:
            return footage
        n, other = footage.n_frames, self.other.get(split, {}).get(footage.vid, footage.vid)

        def digest() -> str:
            return digest_value([str(self.control), footage.content, clip_content(files, other, n)])

        return Footage(footage.vid, n, digest, lambda: self._changed(footage.clip, other, files))

    def _changed(self, clip: Clip, other: str, files: BenchmarkFiles) -> Clip:
        if self.control is Control.reference_only:
            return Clip(clip.vid, np.zeros_like(clip.frames_NHWC), np.zeros_like(clip.wave_S))
        if self.control is Control.audio_shuffled:
            return replace(clip, wave_S=load_wave(sound_path(files.media, other, files.media_cross)))
        return replace(clip, frames_NHWC=load_frames(files.media / other / "frames", n_frames=len(clip.frames_NHWC)))


def derangement(folders: Iterable[str], seed: int) -> dict[str, str]:
    """For every clip another one, of another video; each is used once, whatever the order they come in.

    Null clips show the video of another clip with another sound: such two must not be exchanged, or one of them would
    keep its frames. All clips are put on a ring in an order that the seed makes, those of one video side by side, and
    each takes the clip that stands as many places further as the most frequent video has clips.

    Args:
        folders: the clips of one split.
        seed: another seed gives another ring.

    Returns:
        By folder, the other clip's folder; empty if more than half of the clips are of one video (a single one is).
    """
    ring = sorted(set(folders), key=lambda folder: (digest_value([seed, video_of(folder)]), folder))
    step = max(Counter(map(video_of, ring)).values(), default=0)
    if 2 * step > len(ring):
        return {}
    return {folder: ring[(place + step) % len(ring)] for place, folder in enumerate(ring)}
