"""The typed root of every entry point, a file each, and the checks that need more than one key.

Value groups (paths, trainer, optim, prompt, asking, segmenting, thresholds, protocol, control) are typed here, so that
a wrong key fails at compose and is named. Component groups (task, data, benchmark, thinker, grounder, segmenter,
logger, callbacks) carry `_target_` and are typed by the signature they call. Nothing here imports torch.
"""
