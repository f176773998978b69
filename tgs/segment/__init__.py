"""Segment: boxes of an object become its outline, frame by frame."""
