"""Data: csv rows, frames, sounds, masks and captions in, clips and examples out."""
