"""Ground: a text becomes boxes on every frame of a clip."""
