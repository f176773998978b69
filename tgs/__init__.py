"""tgs: think, ground, segment. Referring Audio-Visual Segmentation, one command line per ablation."""

__version__ = "0.1.0"
