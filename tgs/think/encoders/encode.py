"""Clips through both frozen encoders."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tgs.think.encoders.beats import Beats
from tgs.think.encoders.clip import ClipEncoder
from tgs.think.encoders.fbank import equal_segments, whole_seconds
from tgs.think.features import Features
from tgs.types import Clip


@torch.no_grad()
def encode_clips(vision: ClipEncoder, audio: Beats, clips: Sequence[Clip]) -> Features:
    """See and hear some clips. One without frames has no video features, one without samples no audio features.

    Where there are frames, the sound is cut into as many equal segments (released, phase 2); a clip of sound alone
    is cut into true seconds (released, phase 1).

    Args:
        vision, audio: in eval mode.
        clips: of one number of frames or seconds.
    Returns:
        float32, on the encoders' device.
    Raises:
        DataError: clips that cannot be one batch; encode them one by one then.
    """
    device = next(audio.parameters()).device
    parts = []
    for clip in clips:
        n = len(clip.frames_NHWC)
        video_1NPD = vision(clip.frames_NHWC)[None] if n else None
        audio_1NAD = None
        if len(clip.wave_S):
            wave_S = torch.from_numpy(clip.wave_S).to(device)
            audio_1NAD = audio(equal_segments(wave_S, n) if n else whole_seconds(wave_S)).float()[None]
        parts.append(Features(video_1NPD, audio_1NAD))
    return Features.cat(parts)
