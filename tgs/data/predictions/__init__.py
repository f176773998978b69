"""Masks that some system predicted, on disk: images (`images.py`) or run lengths (`rle.py`), one entry a reference."""
