"""The nouns that pass between the stages: frozen, typed, and free of any stage's package.

Shape legend, used as a suffix of tensor and array names everywhere:
B clips or rows of a batch, N frames (or seconds), H W pixels, C channels, S sound samples,
A audio patches, P visual patches, Q queries, D width, L tokens, V vocabulary, K boxes or objects.
Boxes are `xyxy` pixels of the frame they belong to, origin at the top left, right and bottom edge exclusive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
"""The one rate at which tgs hears. Source: the released audio processing (BEATs is trained at 16 kHz)."""

NULL_CATEGORY = "null"
"""Category of a reference that fits nobody, as the uid of Ref-AVSBench spells it."""


class Split(StrEnum):
    """The splits of Ref-AVSBench: seen categories, unseen categories, nobody there."""

    train = "train"
    val = "val"
    test_s = "test_s"
    test_u = "test_u"
    test_n = "test_n"


@dataclass(frozen=True)
class Clip:
    """One loaded video: what the agent sees and hears.

    Attributes:
        vid: folder name under `media/`.
        frames_NHWC: uint8 RGB, N frames of one size, one frame a second.
        wave_S: float32 mono in [-1, 1] at `SAMPLE_RATE_HZ`.
    """

    vid: str
    frames_NHWC: NDArray[np.uint8]
    wave_S: NDArray[np.float32]


@dataclass(frozen=True)
class Footage:
    """A clip that is read when somebody looks at it, and is known by its content before that.

    Attributes:
        vid: as in the clip.
        n_frames: of the clip.
        digest: digest of the files that it is read from, and of how.
        read: reads it. DataError if it is unusable.
    """

    vid: str
    n_frames: int
    digest: Callable[[], str] = field(repr=False)
    read: Callable[[], Clip] = field(repr=False)

    @classmethod
    def of(cls, clip: Clip, content: str = "") -> Footage:
        """One that is in memory already."""
        return cls(clip.vid, len(clip.frames_NHWC), lambda: content, lambda: clip)

    @cached_property
    def content(self) -> str:
        """What `digest` says, asked once."""
        return self.digest()

    @cached_property
    def clip(self) -> Clip:
        """The clip, read once."""
        return self.read()


@dataclass(frozen=True)
class Truth:
    """True masks of one object, read when somebody looks at them. Attributes as of `Footage`."""

    digest: Callable[[], str] = field(repr=False)
    read: Callable[[], NDArray[np.bool_]] = field(repr=False)

    @classmethod
    def of(cls, masks_NHW: NDArray[np.bool_], content: str = "") -> Truth:
        """Masks that are in memory already."""
        return cls(lambda: content, lambda: masks_NHW)

    @cached_property
    def content(self) -> str:
        """What `digest` says, asked once."""
        return self.digest()

    @cached_property
    def masks_NHW(self) -> NDArray[np.bool_]:  # noqa: N802 - shape suffix
        """The masks, read once."""
        return self.read()


@dataclass(frozen=True)
class Reference:
    """One row of a benchmark's csv.

    Attributes:
        row: 0-based data row in the csv. (uid, row) is the key: uids are not unique in Ref-AVSBench.
        uid: `{vid}_{category}_{n}`, null rows `null_{c|m}-{vid}_null_{n}`.
        folder: where media and masks lie: `uid.rsplit('_', 2)[0]`, which differs from the csv's vid on null rows.
        split: see `Split`.
        fid: number of the mask folder, `gt_mask/{folder}/fid_{fid}`.
        category: the object's name in the uid, `null` where nobody fits.
        text: the expression, edge blanks removed.
        kind: how the object is referred to, where the benchmark says so (stickers does), else "".
    """

    row: int
    uid: str
    folder: str
    split: Split
    fid: int
    category: str
    text: str
    kind: str = ""

    @property
    def is_null(self) -> bool:
        """Whether nobody in the clip fits the expression."""
        return self.category == NULL_CATEGORY


class ThoughtStatus(StrEnum):
    """What the parser made of a generated text."""

    ok = "ok"
    cut = "cut"  # ended before the answer was complete: raise max_new_tokens
    malformed = "malformed"  # complete, but a tag is missing, empty or out of order


@dataclass(frozen=True)
class Thought:
    """What Ref-Thinker said of one reference.

    Attributes:
        status: only an `ok` thought has descriptions, unless it was read by `Reading.by_tag`.
        reasoning: the text inside <think>.
        fine: T_f, the fine-grained description; None where there is none.
        simple: T_s, the category; None where there is none.
        is_null: the thinker answers that nobody fits, or was in too much doubt to be believed.
        raw: the whole generated text.
        doubt: 1 - the probability of the least likely token of the decision, in [0, 1], see `tgs.think.doubt`; None
            where it is not known. Its last digits depend on the batch, so that it is not compared.
    """

    status: ThoughtStatus
    reasoning: str
    fine: str | None
    simple: str | None
    is_null: bool
    raw: str
    doubt: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Detections:
    """Every box of one frame above the detector's low floor; thresholds are applied later.

    Attributes:
        boxes_K4: float32 xyxy pixels of the frame, in the detector's own query order.
        scores_K: float32 in [0, 1], best token logit of the query after the sigmoid.
    """

    boxes_K4: NDArray[np.float32]
    scores_K: NDArray[np.float32]


@dataclass(frozen=True)
class Masks:
    """The segmenter's answer for one reference: at the clip's own resolution, unless the segmenter saw it at another.

    Attributes:
        soft_NHW: uint8, the sigmoid of the logits in 255ths, so that an 8-bit image holds all of it; from 128 on, a
            pixel belongs to the object. All zero on a frame without a box, unless the segmenter tracks.
    """

    soft_NHW: NDArray[np.uint8]

    @property
    def binary_NHW(self) -> NDArray[np.bool_]:  # noqa: N802 - the axes' letters
        """The mask: logit > 0."""
        return self.soft_NHW >= INSIDE

    @classmethod
    def of_binary(cls, binary_NHW: NDArray[np.bool_]) -> Masks:
        """Certain masks: 0 or 255."""
        return cls(binary_NHW.astype(np.uint8) * 255)

    @classmethod
    def empty(cls, shape_NHW: tuple[int, int, int]) -> Masks:
        """Nobody on any frame."""
        return cls(np.zeros(shape_NHW, np.uint8))


INSIDE = 128
"""The lowest 255th that rounds from a probability of at least one half."""


class Foreground(StrEnum):
    """What the gray values of predicted masks on disk mean."""

    soft = "soft"  # probabilities in 255ths, from `INSIDE` on inside; masks of 0 and 255 are certain ones
    nonzero = "nonzero"  # everything but 0 is inside: masks of 0 and 1, palette images


class Policy(StrEnum):
    """Which text goes to the detector, or which truth takes its place."""

    fine = "fine"  # T_f
    simple = "simple"  # T_s
    adaptive = "adaptive"  # T_s, or T_f where several of a kind are in view
    raw = "raw"  # R: no thinking at all, the way of Grounded-SAM2
    category = "category"  # the true category: an oracle in place of Think
    box = "box"  # the true box: an oracle in place of Think and Ground


THINKING = frozenset({Policy.fine, Policy.simple, Policy.adaptive})
"""Policies that need a thought."""


class DecidedBy(StrEnum):
    """Which text a reference's boxes come from."""

    fine = "fine"
    simple = "simple"
    raw = "raw"
    category = "category"
    agreement = "agreement"  # a box of T_s, the one that T_f prefers
    error = "error"  # nobody's: the word "Error" in place of a thought that cannot be read


class Settle(StrEnum):
    """How T_f settles which of several T_s boxes is meant, under `Policy.adaptive`."""

    fine = "fine"  # its own box
    agreement = "agreement"  # the T_s box on which T_f scores best


class Unparsed(StrEnum):
    """What becomes of a thought that cannot be read."""

    none = "none"  # no box
    raw = "raw"  # the reference itself goes to the detector
    error = "error"  # the word "Error" does: the released code


class NullIn(StrEnum):
    """Splits in which a thought may say that nobody fits."""

    all = "all"
    test_n = "test_n"  # elsewhere the word "null" goes to the detector: the released code


class Wording(StrEnum):
    """How the thinker is asked."""

    train = "train"  # as it was taught
    test = "test"  # without colon and quotes around the expression: the released code, in testing only


class Padding(StrEnum):
    """What rows of one batch see of the tokens that make them equally long."""

    masked = "masked"  # nothing
    unmasked = "unmasked"  # all: they are read like text and counted in positions: the released code


class Reading(StrEnum):
    """How descriptions are found in a generated text."""

    strict = "strict"  # all tags, each once and in order, or none
    by_tag = "by_tag"  # each tag on its own, its first match: the released code


class Tracking(StrEnum):
    """Where the masks of a reference come from; see `tgs.segment.sam2.Sam2`."""

    image = "image"  # a frame's mask from its own boxes: the released code
    video = "video"  # SAM 2's memory, from the first frame that has a box, into all others
    video_filled = "video_filled"  # as image; frames without a box from the memory of all that have one


class Control(StrEnum):
    """What the thinker is given instead of its clip: does it really listen and look?"""

    none = "none"  # its clip
    audio_shuffled = "audio_shuffled"  # the sound of another clip of the split
    frames_shuffled = "frames_shuffled"  # the frames of another clip of the split
    reference_only = "reference_only"  # black frames and silence


SOUND_DEPENDENT = frozenset({"sound", "order", "audiovisual"})
"""Kinds of reference (`Reference.kind`) that cannot be told without ears: who sounds how, when, and beside whom."""


class Measure(StrEnum):
    """The numbers of a table, by the names that claims and records use: J&F where no letter is given."""

    seen = "seen"  # test_s
    seen_j = "seen_j"
    seen_f = "seen_f"
    seen_fb = "seen_fb"  # of outlines, protocol strict
    unseen = "unseen"  # test_u
    unseen_j = "unseen_j"
    unseen_f = "unseen_f"
    unseen_fb = "unseen_fb"
    mix = "mix"  # mean of seen and unseen
    null_s = "null_s"  # test_n; lower is better
    named = "named"  # share of thoughts that name the true category, null included; all splits
    val = "val"
    val_j = "val_j"
    val_f = "val_f"
    val_fb = "val_fb"
    val_s = "val_s"  # null rows of val

    @property
    def is_s(self) -> bool:
        """Whether it is a size of what was claimed, which tables do not print in percent."""
        return self in (Measure.null_s, Measure.val_s)
