"""The published detector with a short transformer and random weights, and its checkpoint as it is published."""

import json
from pathlib import Path

import pytest
import torch

from tgs.ground.groundingdino import build
from tgs.lit.zoo.grounder_words import tokenizer

CONFIG = """
modelname = "groundingdino"
backbone = "swin_T_224_1k"
position_embedding = "sine"
pe_temperatureH = 20
pe_temperatureW = 20
return_interm_indices = [1, 2, 3]
backbone_freeze_keywords = None
enc_layers = 2
dec_layers = 2
pre_norm = False
dim_feedforward = 64
hidden_dim = 256
dropout = 0.0
nheads = 8
num_queries = 8
query_dim = 4
num_patterns = 0
num_feature_levels = 4
enc_n_points = 4
dec_n_points = 4
two_stage_type = "standard"
two_stage_bbox_embed_share = False
two_stage_class_embed_share = False
transformer_activation = "relu"
dec_pred_bbox_embed_share = True
dn_box_noise_scale = 1.0
dn_label_noise_ratio = 0.5
embed_init_tgt = True
dn_labelbook_size = 2000
max_text_len = 256
text_encoder_type = "bert-base-uncased"
use_text_enhancer = True
use_fusion_layer = True
use_checkpoint = True
use_transformer_ckpt = True
use_text_cross_attention = True
text_dropout = 0.0
fusion_dropout = 0.0
fusion_droppath = 0.1
sub_sentence_present = True
"""
BERT = {
    "model_type": "bert",
    "vocab_size": 1030,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}


def shake(model: torch.nn.Module) -> None:
    """Noise on every weight: many are born as zeros or ones, and a wrong place would not show."""
    chance = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            std = 0.1 if weight.ndim == 1 else 0.5 if "word_embeddings" in name else 0.05
            weight += std * torch.randn(weight.shape, generator=chance)


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    (folder / "config.json").write_text(json.dumps(BERT))
    tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "BertTokenizer", "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]",
        "sep_token": "[SEP]", "mask_token": "[MASK]",
    }))  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def config(text: Path) -> Path:
    file = text / "short.py"
    file.write_text(CONFIG)
    return file


@pytest.fixture(scope="session")
def plain(text: Path, config: Path) -> torch.nn.Module:
    torch.manual_seed(0)
    model = build(text, config)
    shake(model)
    return model


@pytest.fixture(scope="session")
def checkpoint(text: Path, plain: torch.nn.Module) -> Path:
    """As published: under "model", with a wrapper's prefix and the two keys that nothing reads."""
    state = {f"module.{key}": value for key, value in plain.state_dict().items()}
    state |= {"module.label_enc.weight": torch.zeros(3, 3), "module.bert.embeddings.position_ids": torch.zeros(1, 9)}
    file = text / "weights.pth"
    torch.save({"model": state}, file)
    return file
