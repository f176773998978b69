"""What a made benchmark is to hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tgs.digest import digest_value
from tgs.errors import ConfigError
from tgs.types import Split

VERSION = "1.0"
"""Of the benchmark. Raise it whenever equal settings would give other bytes: numbers of two versions do not mix."""

SOUND_FORMATS = ("ULAW", "PCM_16")
MAX_CLIPS = 100_000  # a vid has five digits


@dataclass(frozen=True)
class StickersSettings:
    """Equal settings and versions give equal files, whatever the machine and the number of processes.

    Attributes:
        train, val, test_s, test_u, test_n: clips of each split.
        caption_clips: clips with captions for phase 1, of all categories; the demo set needs none.
        caption_stills, caption_sounds: further pictures, and sounds, with a caption, of scenes of their own.
        references: least and most references of a clip.
        null_every: every so many training and validation clips also come as a null clip; 0 for none.
        null_references: references of such a null clip.
        held_out_share: fraction of the test references worded as phase 2 never shows.
        stereo_share: fraction of the clips whose sounds come from where they are seen.
        width_px, height_px: of the frames.
        jpeg_quality: 1 to 95.
        sound_format: libsndfile's name of the samples' format; ULAW takes half the space of PCM_16.
        r2: whether to write the R2 references too.
        seed: of everything.
    """

    train: int = 300
    val: int = 20
    test_s: int = 36
    test_u: int = 20
    test_n: int = 20
    caption_clips: int = 0
    caption_stills: int = 0
    caption_sounds: int = 0
    references: tuple[int, int] = (5, 8)
    null_every: int = 9
    null_references: int = 3
    held_out_share: float = 0.3
    stereo_share: float = 0.4
    width_px: int = 320
    height_px: int = 180
    jpeg_quality: int = 80
    sound_format: str = "ULAW"
    r2: bool = True
    seed: int = 2026

    def __post_init__(self) -> None:
        """Refuses what cannot be made, naming the setting."""
        object.__setattr__(self, "references", tuple(self.references))  # configs bring lists
        for name in (*Split, "caption_clips", "caption_stills", "caption_sounds"):
            _check(0 <= getattr(self, name) < MAX_CLIPS, name, getattr(self, name), f"0 to {MAX_CLIPS - 1} clips")
        _check(self.train + self.val + self.test_s + self.test_u + self.test_n > 0, "train", 0, "at least one clip")
        counts = self.references
        _check(
            len(counts) == 2 and 1 <= counts[0] <= counts[-1] <= 20, "references", counts, "1 <= least <= most <= 20"
        )
        _check(self.null_every >= 0, "null_every", self.null_every, "0 or more")
        _check(1 <= self.null_references <= 20, "null_references", self.null_references, "1 to 20")
        for name in ("held_out_share", "stereo_share"):
            _check(0 <= getattr(self, name) <= 1, name, getattr(self, name), "a fraction")
        _check(64 <= self.width_px <= 4096, "width_px", self.width_px, "64 to 4096")
        _check(64 <= self.height_px <= 4096, "height_px", self.height_px, "64 to 4096")
        _check(1 <= self.jpeg_quality <= 95, "jpeg_quality", self.jpeg_quality, "1 to 95")
        _check(self.sound_format in SOUND_FORMATS, "sound_format", self.sound_format, " or ".join(SOUND_FORMATS))

    def as_json(self) -> dict:
        """Plain dict for benchmark.json."""
        return asdict(self)

    @property
    def captions(self) -> int:
        """Scenes of the caption set."""
        return self.caption_clips + self.caption_stills + self.caption_sounds

    def digest(self) -> str:
        """Digest of the settings and of the benchmark's version."""
        return digest_value({"version": VERSION, **self.as_json()})


def _check(is_fine: bool, name: str, value: object, wanted: str) -> None:
    if not is_fine:
        raise ConfigError(f"stickers setting {name}={value!r}: {wanted} expected.")
