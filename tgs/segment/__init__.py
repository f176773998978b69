"""Segment: boxes of an object become its outline, frame by frame or by SAM 2's memory."""
