"""Metrics: masks and truth in, numbers between 0 and 1 out, under a named protocol."""
