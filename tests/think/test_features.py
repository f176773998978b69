import pytest
import torch

from tgs.errors import DataError
from tgs.think.features import Features


@pytest.fixture
def features():
    torch.manual_seed(0)
    return Features(torch.randn(3, 2, 4, 8), torch.randn(3, 2, 6, 5))


def test_features_are_picked_joined_and_halved(features):
    assert len(features) == 3
    swapped = features[[2, 0]]
    assert torch.equal(swapped.audio_BNAD[0], features.audio_BNAD[2])
    joined = Features.cat([features[:1], features[1:]])
    assert torch.equal(joined.video_BNPD, features.video_BNPD)
    assert features.to(dtype=torch.float16).video_BNPD.dtype is torch.float16


@pytest.mark.parametrize("shapes", [(None, None), ((2, 3, 4), None), ((2, 1, 1, 1), (3, 1, 1, 1))])
def test_what_is_no_batch_of_clips_is_refused(shapes):
    with pytest.raises(DataError, match="same B clips"):
        Features(*(None if shape is None else torch.zeros(shape) for shape in shapes))
