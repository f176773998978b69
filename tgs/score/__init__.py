"""Scores of masks that lie on disk, whoever made them."""
