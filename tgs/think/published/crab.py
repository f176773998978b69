"""Phase 1 as Crab published it: `visual_pretrain.bin` and `audio_pretrain.bin`, a branch each."""

from __future__ import annotations

from pathlib import Path

from tgs.errors import WeightsError
from tgs.think.published.branch_names import MODULE, PASSED_OVER, in_our_shape, published_names
from tgs.think.published.mapped import Mapped, flat_state, map_names
from tgs.weight_files import read_checkpoint

REMEDY = "visual_pretrain.bin and audio_pretrain.bin are in the repository ahsgdxhs/Crab of the Hugging Face hub."

_LANGUAGE_MODEL = {
    "word embeddings: the released phase 2 drops them, too": r"(.+\.)?embed_tokens\.weight",
    # DEPARTS: where the file has it, the released phase 2 would start from it. It is not of the branch.
    "head of the language model: phase 2 starts from the language model's own": r"(.+\.)?lm_head\.weight",
}


def read_crab(file: Path, *, allow_partial: bool = False) -> tuple[str, Mapped]:
    """What phase 1 taught a branch.

    Returns:
        `video` or `audio`, and the state of that `Branch`.
    Raises:
        WeightsError: missing, damaged, of another kind; holds no branch or two; or is not whole, which is not allowed.
    Source:
        TGS-Agent 4e144c9, scripts/pretrain/pretrain.py (written) and scripts/finetune/finetune_hyperlora.py (read).
    """
    state = flat_state(read_checkpoint(file, REMEDY), file)
    prefixes = {
        (name, key[: key.index(f"{module}.") + len(module) + 1])
        for name, module in MODULE.items()
        for key in state
        if f"{module}." in key
    }
    if len(prefixes) != 1:
        found = ", ".join(sorted(prefix for _, prefix in prefixes)) or "neither"
        raise WeightsError(f"{file}: expected one branch, {' or '.join(MODULE.values())}; it holds {found}. {REMEDY}")
    ((name, prefix),) = prefixes
    mapped = map_names(state, published_names(name, prefix, state), PASSED_OVER | _LANGUAGE_MODEL)
    mapped.state = {own: in_our_shape(own, value) for own, value in mapped.state.items()}
    return name, mapped.require_whole(str(file), allow_partial=allow_partial)
