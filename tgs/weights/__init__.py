"""The weights that a config needs: whether they fit, and where they come from."""
