"""Kaldi's log-mel filter bank in torch: many rows at once, any device, no torchaudio."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from tgs.errors import DataError
from tgs.types import SAMPLE_RATE_HZ

MELS = 128
FRAME_SAMPLES = SAMPLE_RATE_HZ * 25 // 1000
SHIFT_SAMPLES = SAMPLE_RATE_HZ * 10 // 1000
FFT_SAMPLES = 512  # the next power of two above a frame
LOW_HZ, HIGH_HZ = 20.0, SAMPLE_RATE_HZ / 2
PREEMPHASIS = 0.97
INT16_SCALE = 2**15
MEAN, STD = 15.41663, 6.55582
"""Of AudioSet's log-mels. Source: BEATs, `BEATs.preprocess`; the released thinker divides by twice the std."""


def log_mel(waves_BS: Tensor) -> Tensor:
    """The normalised log-mel spectrogram that BEATs reads.

    Args:
        waves_BS: float, mono in [-1, 1] at `SAMPLE_RATE_HZ`; every row has the same length.
    Returns:
        float32 (B, T, 128); T = 1 + (S - 400) // 160 frames lie wholly inside the row (1 s gives 98).
    Raises:
        DataError: not two-dimensional, or shorter than one frame of 25 ms.
    Source:
        Kaldi compute-fbank-feats without dither (snip edges, Povey window, power), as BEATs calls it.
    """
    if waves_BS.ndim != 2 or waves_BS.shape[1] < FRAME_SAMPLES:
        raise DataError(
            f"log_mel: expected rows (B, S >= {FRAME_SAMPLES} samples), got shape {tuple(waves_BS.shape)}; "
            "pad or skip sounds shorter than 25 ms"
        )
    window_S, mel_FM = _constants(waves_BS.device)
    # Autocast would run the matrix product in half precision, where 2^15 squared overflows.
    with torch.no_grad(), torch.autocast(waves_BS.device.type, enabled=False):
        frames_BTS = (waves_BS.float() * INT16_SCALE).unfold(1, FRAME_SAMPLES, SHIFT_SAMPLES)
        frames_BTS = frames_BTS - frames_BTS.mean(dim=2, keepdim=True)
        before_BTS = torch.cat([frames_BTS[..., :1], frames_BTS[..., :-1]], dim=2)
        spectrum_BTF = torch.fft.rfft((frames_BTS - PREEMPHASIS * before_BTS) * window_S, n=FFT_SAMPLES).abs().square()
        floor = torch.finfo(torch.float32).eps
        return ((spectrum_BTF @ mel_FM).clamp(min=floor).log() - MEAN) / (2 * STD)


def equal_segments(wave_S: Tensor, n: int) -> Tensor:
    """Cut a sound into `n` equal segments of S // n samples; the remainder at the end is dropped.

    Returns:
        (n, S // n), a view.
    Raises:
        DataError: the sound has fewer samples than segments.
    Source:
        Released `unified_dataset.py`: a segment is a tenth of the sound, a second only if the sound lasts ten.
    """
    size = len(wave_S) // n
    if size == 0:
        raise DataError(f"a sound of {len(wave_S)} samples cannot be cut into {n} segments: is the file empty?")
    return wave_S[: size * n].view(n, size)


def whole_seconds(wave_S: Tensor) -> Tensor:
    """Cut a sound into true seconds; the last one is filled up with silence.

    Returns:
        (N, 16000), N = ceil(S / 16000).
    Raises:
        DataError: the sound is empty.
    Source:
        Released `pretrain_dataset.py` (phase 1, audio captions of any length).
    """
    if len(wave_S) == 0:
        raise DataError("a sound of 0 samples has no seconds: is the file empty?")
    return F.pad(wave_S, (0, -len(wave_S) % SAMPLE_RATE_HZ)).view(-1, SAMPLE_RATE_HZ)


@cache
def _constants(device: torch.device) -> tuple[Tensor, Tensor]:
    """Povey window (400,) and triangular mel weights (257, 128), float32 on `device`.

    In float32 from the start, as the public code has them: rounded later, they move quiet bins beside loud ones.
    """
    with torch.inference_mode(False):  # cached: must stay usable in training when first asked for during inference
        window_S = torch.hann_window(FRAME_SAMPLES, periodic=False, dtype=torch.float32).pow(0.85)
        return window_S.to(device), _mel_weights().to(device)


def _mel_weights() -> Tensor:
    low, high = (1127.0 * math.log(1.0 + hz / 700.0) for hz in (LOW_HZ, HIGH_HZ))
    edges_M = low + torch.arange(MELS + 2, dtype=torch.float32) * ((high - low) / (MELS + 1))
    hz_F1 = torch.arange(FFT_SAMPLES // 2 + 1, dtype=torch.float32)[:, None] * (SAMPLE_RATE_HZ / FFT_SAMPLES)
    mel_F1 = 1127.0 * (1.0 + hz_F1 / 700.0).log()
    left_M, centre_M, right_M = edges_M[:-2], edges_M[1:-1], edges_M[2:]
    up_FM = (mel_F1 - left_M) / (centre_M - left_M)
    down_FM = (right_M - mel_F1) / (right_M - centre_M)
    weights_FM = torch.minimum(up_FM, down_FM).clamp(min=0)
    weights_FM[-1] = 0  # Kaldi leaves the Nyquist bin out
    return weights_FM
