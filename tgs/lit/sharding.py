"""FSDP2 on Ref-Thinker: which weights are brought together when, and how they end up whole."""

from __future__ import annotations

from torch import nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor

from tgs.errors import ConfigError
from tgs.think.ref_thinker import RefThinker


def shard(thinker: RefThinker, mesh: DeviceMesh) -> None:
    """Give every process a part of each weight; a layer's are whole while it runs, and no longer.

    The encoders are torn on their own, so that nobody brings them together: clips are encoded before. Branches,
    embeddings, head and norm are whole while the thinker learns or answers. bfloat16 weights may stand beside float32
    ones in a layer, as those that learn are all float32.

    Args:
        mesh: of one dimension, all processes.
    Raises:
        ConfigError: weights in 4 bits, which are whole or nothing.
    """
    if not all(parameter.is_floating_point() for parameter in thinker.parameters()):
        raise ConfigError(
            "thinker.llm.quantize=4bit does not go with trainer=fsdp: a quarter as large, it may fit trainer=ddp"
        )
    for part in (*thinker.llm.model.layers, thinker.vision, thinker.audio):
        fully_shard(part, mesh=mesh)
    fully_shard(thinker, mesh=mesh, reshard_after_forward=True)
    for entrance in ("loss", "think_each", "caption"):
        register_fsdp_forward_method(thinker, entrance)


def gather(module: nn.Module) -> None:
    """Make what learns whole again in every process, for the export. All processes call it; nothing trains after it."""
    for name, parameter in list(module.named_parameters()):
        if parameter.requires_grad and isinstance(parameter, DTensor):
            owner, _, own = name.rpartition(".")
            setattr(module.get_submodule(owner), own, nn.Parameter(parameter.full_tensor()))
