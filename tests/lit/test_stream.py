"""Made examples are the same after a resume, and differ by epoch."""

import lightning as L

from tgs.lit.zoo.stream import StreamData


def make(rng):
    return int(rng.integers(1 << 30))


def data(seed=0):
    return StreamData(make, make, list, batch_size=2, steps_per_epoch=3, val_batches=1, seed=seed)


class AtEpoch:
    def __init__(self, epoch):
        self.current_epoch = epoch


def batches(stream, epoch):
    stream.trainer = AtEpoch(epoch)
    return list(stream.train_dataloader())


def test_an_epoch_is_the_same_whenever_it_is_made():
    later = data()
    assert batches(later, 5) == batches(data(), 5)
    assert len(batches(later, 5)) == 3


def test_epochs_seeds_and_validation_differ():
    drawn = [batches(data(), 0), batches(data(), 1), batches(data(seed=1), 0)]
    assert len({str(one) for one in drawn}) == 3
    assert list(data().val_dataloader()) == list(data(seed=7).val_dataloader())
    assert isinstance(data(), L.LightningDataModule)
