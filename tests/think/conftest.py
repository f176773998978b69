"""A thinker of a few thousand random weights, and a tokenizer of whole words."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tgs.think.encoders.beats import Beats, BeatsConfig
from tgs.think.encoders.clip import ClipEncoder
from tgs.think.llm import add_tokens, random_llm
from tgs.think.projector import build_branch
from tgs.think.ref_thinker import RefThinker
from tgs.types import Clip

WORDS = ["<pad>", "<s>", "</s>", "<unk>", "expression", ":"]
WORDS += ["the", "a", "loud", "red", "guitar", "dog", "on", "left", "null", "describe", "it", "what", "sounds"]

VISION = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
    "image_size": 16, "patch_size": 8,
}  # fmt: skip
AUDIO = {
    "embed_dim": 12, "encoder_layers": 2, "encoder_embed_dim": 16, "encoder_ffn_embed_dim": 32,
    "encoder_attention_heads": 2, "conv_pos": 8, "conv_pos_groups": 4, "num_buckets": 16, "max_distance": 40,
}  # fmt: skip
QFORMER = {"width": 16, "layers": 2, "heads": 2, "ffn": 32, "dropout": 0.1}
LLM = {
    "vocab_size": len(WORDS), "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2,
    "num_attention_heads": 2, "max_position_embeddings": 512, "tie_word_embeddings": False,
    "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "initializer_range": 0.4,
}  # fmt: skip
"""Large initial weights, or every row would repeat one token for ever."""
QUERIES = {"video": 3, "audio": 2}


@pytest.fixture
def sizes():
    return SimpleNamespace(vision=VISION, audio=AUDIO, qformer=QFORMER, llm=LLM, queries=QUERIES)


@pytest.fixture
def sweep():
    """One second, a loud chirp plus a square wave, made by formula: no filled bin is near silence."""
    t = np.arange(16000) / 16000
    wave = 0.4 * np.sin(2 * np.pi * (200 * t + 1500 * t * t)) + 0.2 * np.sign(np.sin(2 * np.pi * 310 * t))
    return torch.from_numpy(wave.astype(np.float32))


@pytest.fixture
def tokenizer():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.normalizer = normalizers.Lowercase()
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )


@pytest.fixture
def llm(tokenizer):
    """Eval mode, special tokens added."""
    torch.manual_seed(7)
    model = random_llm(LLM).eval()
    add_tokens(model, tokenizer)
    return model


@pytest.fixture
def thinker(llm, tokenizer):
    torch.manual_seed(1)
    out = LLM["hidden_size"]
    branches = {name: build_branch(16, out=out, out_std=0.4, queries=n, **QFORMER) for name, n in QUERIES.items()}
    for parameter in (p for branch in branches.values() for p in branch.parameters() if p.ndim > 1):
        torch.nn.init.normal_(parameter, std=0.4)  # or all clips would look alike to the language model
    return RefThinker(
        vision=ClipEncoder(VISION, layer=-1),
        audio=Beats(BeatsConfig(**AUDIO)),
        branches=branches,
        llm=llm,
        tokenizer=tokenizer,
        template="brief",
        max_new_tokens=12,
    )


def make_clip(seed: int, n: int = 2, seconds: float = 2.0) -> Clip:
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 256, (n, 18, 32, 3), dtype=np.uint8)
    return Clip(f"v{seed}", frames, rng.normal(0, 0.1, int(16000 * seconds)).astype(np.float32))


@pytest.fixture
def clips():
    """Three clips of two frames and two seconds."""
    return [make_clip(seed) for seed in range(3)]
