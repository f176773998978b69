"""The benchmark that tgs makes for itself: clips of emoji art with sound, in Ref-AVSBench's own layout."""
