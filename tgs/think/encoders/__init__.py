"""Frozen encoders: what the thinker sees (CLIP) and hears (BEATs)."""
