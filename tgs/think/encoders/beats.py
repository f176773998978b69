"""BEATs, the frozen ear: a transformer over 16 x 16 patches of the log-mel spectrogram of one second.

Written after the published architecture (Chen et al., "BEATs: Audio Pre-Training with Acoustic Tokenizers",
2212.09058; microsoft/unilm, folder beats, MIT), with the published parameter names, so that its checkpoints load.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tgs.errors import ConfigError, DataError, WeightsError
from tgs.think.encoders.fbank import MELS, equal_segments, log_mel
from tgs.think.encoders.relative_attention import RelativeAttention


@dataclass(frozen=True)
class BeatsConfig:
    """Sizes of a BEATs encoder, under their published names; the defaults are BEATs iter3+ (90 M parameters)."""

    input_patch_size: int = 16
    """Edge of a patch: frames of 10 ms by mel bins."""
    embed_dim: int = 512
    """Width of the patch embedding."""
    conv_bias: bool = False
    """Whether the patch embedding has a bias."""
    encoder_layers: int = 12
    encoder_embed_dim: int = 768
    """Width of the features that the thinker reads."""
    encoder_ffn_embed_dim: int = 3072
    encoder_attention_heads: int = 12
    dropout: float = 0.1
    """On the sums of every layer, in training only."""
    attention_dropout: float = 0.1
    activation_dropout: float = 0.0
    dropout_input: float = 0.0
    conv_pos: int = 128
    """Kernel of the convolutional position embedding, in patches."""
    conv_pos_groups: int = 16
    relative_position_embedding: bool = True
    num_buckets: int = 320
    """Buckets of relative distances, half of them for patches ahead."""
    max_distance: int = 800
    """Distance, in patches, from which on the last bucket is used."""
    gru_rel_pos: bool = True
    """Whether the content of a patch gates its position bias."""
    deep_norm: bool = True
    """Whether residuals are scaled up by (2 layers)^(1/4) before the norm."""

    def __post_init__(self) -> None:
        """Refuse sizes that do not divide.

        Raises:
            ConfigError: heads or convolution groups do not divide the width, or a patch does not divide 128 mels.
        """
        width = self.encoder_embed_dim
        for name in ("encoder_attention_heads", "conv_pos_groups"):
            if width % getattr(self, name):
                raise ConfigError(f"BeatsConfig: {name}={getattr(self, name)} must divide encoder_embed_dim={width}")
        if MELS % self.input_patch_size:
            raise ConfigError(f"BeatsConfig: input_patch_size={self.input_patch_size} must divide {MELS} mel bins")

    @classmethod
    def from_published(cls, cfg: Mapping[str, object]) -> BeatsConfig:
        """Read the `cfg` of a published checkpoint; settings of its training objective are passed over.

        Raises:
            WeightsError: the checkpoint is of a variant that this class does not build.
        """
        published = {"layer_norm_first": False, "activation_fn": "gelu", "deep_norm": False, "gru_rel_pos": False}
        published |= {"relative_position_embedding": False, "max_distance": 1280} | dict(cfg)
        for name, only in (("layer_norm_first", False), ("activation_fn", "gelu")):
            if published[name] != only:
                raise WeightsError(f"BEATs checkpoint: {name}={published[name]!r} is not supported, only {only!r}")
        return cls(**{field.name: published[field.name] for field in fields(cls) if field.name in published})


class Beats(nn.Module):
    """Sound in, one feature per patch out: 8 patches over frequency for every 0.16 s.

    Args:
        config: sizes; weights are random until a checkpoint is loaded (`beats_weights.load_beats`).
    """

    def __init__(self, config: BeatsConfig) -> None:
        super().__init__()
        self.config = config
        patch = config.input_patch_size
        self.patch_embedding = nn.Conv2d(1, config.embed_dim, patch, patch, bias=config.conv_bias)
        self.layer_norm = nn.LayerNorm(config.embed_dim)
        if config.embed_dim != config.encoder_embed_dim:
            self.post_extract_proj = nn.Linear(config.embed_dim, config.encoder_embed_dim)
        else:
            self.post_extract_proj = nn.Identity()
        self.dropout_input = nn.Dropout(config.dropout_input)
        self.encoder = _Encoder(config)
        _initialise(self)

    @property
    def width(self) -> int:
        """D of the features."""
        return self.config.encoder_embed_dim

    def forward(self, waves_BS: Tensor) -> Tensor:
        """Features of sounds of one length.

        Args:
            waves_BS: float, mono in [-1, 1] at 16 kHz, at least 0.175 s (one patch). Normally one second each.
        Returns:
            (B, A, D), A = 8 * (T // 16) patches in time-major order; a second gives 48.
        Raises:
            DataError: the sounds are shorter than one patch.
        """
        fbank_BTF = log_mel(waves_BS)
        if fbank_BTF.shape[1] < self.config.input_patch_size:
            raise DataError(
                f"BEATs needs {self.config.input_patch_size} frames of 10 ms for a patch, got {fbank_BTF.shape[1]} "
                f"from {waves_BS.shape[1]} samples: a segment must last 0.175 s or more"
            )
        return self.from_fbank(fbank_BTF)

    def from_fbank(self, fbank_BTF: Tensor) -> Tensor:
        """Features of normalised log-mel spectrograms (B, T, 128), see `forward`; gradients reach the weights."""
        patches_BDTF = self.patch_embedding(fbank_BTF.to(self.patch_embedding.weight.dtype)[:, None])
        x_BAD = self.layer_norm(patches_BDTF.flatten(2).transpose(1, 2))
        return self.encoder(self.dropout_input(self.post_extract_proj(x_BAD)))

    def segments(self, wave_S: Tensor, n: int) -> Tensor:
        """Features (n, A, D) of the n equal segments of one sound, as the released thinker hears it."""
        return self(equal_segments(wave_S, n))


class _Encoder(nn.Module):
    def __init__(self, config: BeatsConfig) -> None:
        super().__init__()
        # A Sequential, so that the convolution keeps its published name, pos_conv.0.
        self.pos_conv = nn.Sequential(_PositionConv(config), nn.GELU())
        self.layer_norm = nn.LayerNorm(config.encoder_embed_dim)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(_Layer(config, index) for index in range(config.encoder_layers))

    def forward(self, x_BAD: Tensor) -> Tensor:
        x_BAD = self.dropout(self.layer_norm(x_BAD + self.pos_conv(x_BAD.transpose(1, 2)).transpose(1, 2)))
        bias_HAA = cast(_Layer, self.layers[0]).self_attn.position_bias(x_BAD.shape[1])
        for layer in self.layers:
            x_BAD = layer(x_BAD, bias_HAA)
        return x_BAD


class _PositionConv(nn.Module):
    """Grouped convolution with weight norm over the kernel axis, as long as its input.

    The weight is normed by hand: torch's own weight norm renames the parameters, and warns.
    """

    def __init__(self, config: BeatsConfig) -> None:
        super().__init__()
        width, self.groups = config.encoder_embed_dim, config.conv_pos_groups
        self.weight_g = nn.Parameter(torch.empty(1, 1, config.conv_pos))
        self.weight_v = nn.Parameter(torch.empty(width, width // self.groups, config.conv_pos))
        self.bias = nn.Parameter(torch.zeros(width))
        nn.init.normal_(self.weight_v, std=math.sqrt(4 / (config.conv_pos * width)))
        with torch.no_grad():
            self.weight_g.copy_(self.weight_v.norm(dim=(0, 1), keepdim=True))

    def forward(self, x_BDA: Tensor) -> Tensor:
        weight = self.weight_g * self.weight_v / self.weight_v.norm(dim=(0, 1), keepdim=True)
        kernel = weight.shape[-1]
        y_BDA = F.conv1d(x_BDA, weight, self.bias, padding=kernel // 2, groups=self.groups)
        return y_BDA[..., : x_BDA.shape[-1]]  # an even kernel gives one position too many


class _Layer(nn.Module):
    """Post-norm transformer layer whose residuals are scaled (DeepNorm)."""

    def __init__(self, config: BeatsConfig, index: int) -> None:
        super().__init__()
        width = config.encoder_embed_dim
        buckets = config.num_buckets if config.relative_position_embedding else 0
        self.self_attn = RelativeAttention(
            width,
            heads=config.encoder_attention_heads,
            dropout=config.attention_dropout,
            gated=config.gru_rel_pos,
            # One table serves all layers; the first one holds it.
            buckets=buckets if index == 0 else 0,
            max_distance=config.max_distance,
        )
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, config.encoder_ffn_embed_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_embed_dim, width)
        self.final_layer_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)
        self.activation_dropout = nn.Dropout(config.activation_dropout)
        self.alpha = (2 * config.encoder_layers) ** 0.25 if config.deep_norm else 1.0

    def forward(self, x_BAD: Tensor, bias_HAA: Tensor | None) -> Tensor:
        x_BAD = self.self_attn_layer_norm(self.alpha * x_BAD + self.dropout(self.self_attn(x_BAD, bias_HAA)))
        y_BAD = self.fc2(self.activation_dropout(F.gelu(self.fc1(x_BAD))))
        return self.final_layer_norm(self.alpha * x_BAD + self.dropout(y_BAD))


def _initialise(model: Beats) -> None:
    """Published initialisation: N(0, 0.02), and Xavier scaled by (8 layers)^(-1/4) where DeepNorm asks for it."""
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
    nn.init.xavier_normal_(model.patch_embedding.weight)
    if isinstance(model.post_extract_proj, nn.Linear):
        nn.init.xavier_normal_(model.post_extract_proj.weight)
    if model.config.deep_norm:
        beta = (8 * model.config.encoder_layers) ** -0.25
        gains = {"q_proj": 1.0, "k_proj": 1.0, "v_proj": beta, "out_proj": beta, "fc1": beta, "fc2": beta}
        for name, module in model.encoder.layers.named_modules():
            if isinstance(module, nn.Linear) and (gain := gains.get(name.rpartition(".")[2])):
                nn.init.xavier_normal_(module.weight, gain=gain)
