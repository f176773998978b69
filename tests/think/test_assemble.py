import pytest
import torch

from tgs.think.assemble import IGNORED, expand, fill, pad_rows, positions, shared_prefix

CPU = torch.device("cpu")


def test_placeholders_become_as_many_as_their_tokens():
    assert expand([1, 9, 5, 8, 6], {9: 3, 8: 2}) == [1, 9, 9, 9, 5, 8, 8, 6]
    assert expand([1, 9, 5], {9: 0}) == [1, 5]


def test_right_padding_puts_labels_on_the_answer_only():
    rows = pad_rows([[1, 5], [1, 5, 6]], [[7, 2], [2]], pad_id=0, side="right", device=CPU)
    assert rows.ids_BL.tolist() == [[1, 5, 7, 2], [1, 5, 6, 2]]
    assert rows.labels_BL.tolist() == [[IGNORED, IGNORED, 7, 2], [IGNORED, IGNORED, IGNORED, 2]]
    rows = pad_rows([[1], [1, 5, 6]], [[7], [2]], pad_id=0, side="right", device=CPU)
    assert rows.ids_BL.tolist() == [[1, 7, 0, 0], [1, 5, 6, 2]]
    assert rows.mask_BL.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert rows.labels_BL.tolist()[0] == [IGNORED, 7, IGNORED, IGNORED]


def test_left_padding_ends_every_row_in_the_last_column():
    rows = pad_rows([[1], [1, 5, 6]], [[], []], pad_id=2, side="left", device=CPU)
    assert rows.ids_BL.tolist() == [[2, 2, 1], [1, 5, 6]]
    assert rows.mask_BL.tolist() == [[0, 0, 1], [1, 1, 1]]
    assert positions(rows.mask_BL).tolist() == [[0, 0, 0], [0, 1, 2]]


def test_positions_skip_padding_in_the_middle():
    assert positions(torch.tensor([[1, 1, 0, 0, 1, 1]])).tolist() == [[0, 1, 1, 1, 2, 3]]


def test_tokens_land_where_their_placeholders_stand():
    embeds = torch.zeros(3, 4, 2)
    places = torch.tensor([[0, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 0]]).bool()
    filled = fill(embeds, places, [torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[5.0, 6]])])
    assert filled[0].tolist() == [[0, 0], [1, 2], [3, 4], [0, 0]]
    assert filled[1].abs().sum() == 0
    assert filled[2].tolist() == [[5, 6], [0, 0], [0, 0], [0, 0]]


def test_tokens_of_one_row_never_spill_into_the_next():
    places = torch.tensor([[1, 1, 0], [1, 0, 0]]).bool()
    with pytest.raises(ValueError, match=r"\[2, 1\] but branch tokens \[1, 2\]"):
        fill(torch.zeros(2, 3, 1), places, [torch.ones(1, 1), torch.ones(2, 1)])


def test_gradients_reach_tokens_and_words():
    words, tokens = torch.ones(1, 3, 2, requires_grad=True), torch.ones(1, 2, requires_grad=True)
    fill(words, torch.tensor([[False, True, False]]), [tokens]).sum().backward()
    assert words.grad is not None
    assert tokens.grad is not None
    assert words.grad.tolist() == [[[1, 1], [0, 0], [1, 1]]]
    assert tokens.grad.tolist() == [[1, 1]]


@pytest.mark.parametrize(
    ("rows", "shared"),
    [
        ([[1, 9, 9, 4, 5], [1, 9, 9, 7]], 3),
        ([[1, 9, 4]], 2),  # one token is left to continue from
        ([[1, 9, 4], [1, 9, 4]], 2),
        ([[1, 9], [1, 9, 4]], 1),  # a row that another one continues
        ([[1, 2], [3, 2]], 0),
    ],
)
def test_shared_prefix(rows, shared):
    assert shared_prefix(rows) == shared
