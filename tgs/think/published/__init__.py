"""Weights of the released code, read under its own names: Crab's phase 1, TGS-Agent's phase 2, BEATs."""
