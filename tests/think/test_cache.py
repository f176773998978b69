"""A cache with room against transformers' own."""

import torch
from transformers import DynamicCache, LlamaConfig, MistralConfig
from transformers.cache_utils import DynamicSlidingWindowLayer

from tgs.think.cache import RoomyLayer, roomy_cache

CONFIG = LlamaConfig(num_hidden_layers=2, hidden_size=8, num_attention_heads=2)


def step(seed, rows, tokens):
    made = torch.Generator().manual_seed(seed)
    return torch.randn(rows, 2, tokens, 4, generator=made), torch.randn(rows, 2, tokens, 4, generator=made)


def test_it_holds_what_transformers_own_holds():
    ours, plain = roomy_cache(CONFIG, tokens=4), DynamicCache(config=CONFIG)
    assert [type(layer) for layer in ours.layers] == [RoomyLayer, RoomyLayer]
    seed, rows = 0, 2
    for tokens, kept in ((7, [0, 1, 1]), (2, None), (1, [2, 0]), (1, None), (1, None), (2, None), (1, None), (2, [1])):
        for layer in (0, 1):
            seed += 1
            new = step(seed, rows, tokens)
            for one, other in zip(ours.update(*new, layer), plain.update(*new, layer), strict=True):
                torch.testing.assert_close(one, other, rtol=0, atol=0)
        assert ours.get_seq_length() == plain.get_seq_length()
        if kept is not None:
            rows = len(kept)
            ours.batch_select_indices(torch.tensor(kept))
            plain.batch_select_indices(torch.tensor(kept))


def test_a_token_is_written_beside_the_others_while_there_is_room():
    layer = RoomyLayer(2)
    layer.update(*step(0, 2, 7))
    layer.batch_select_indices(torch.tensor([1, 0]))
    places = [layer.update(*step(seed, 2, 1))[0].data_ptr() for seed in range(3)]
    assert places[0] == places[1] != places[2]


def test_layers_that_look_back_a_while_stay_as_they_are():
    config = MistralConfig(num_hidden_layers=1, hidden_size=8, num_attention_heads=2, sliding_window=4)
    assert [type(layer) for layer in roomy_cache(config, 3).layers] == [DynamicSlidingWindowLayer]
