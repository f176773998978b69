"""The error family. Every message says what is wrong, where (file, row, key), and what to do next."""


class TgsError(Exception):
    """Root of the family: entry points print these without a traceback."""


class ConfigError(TgsError):
    """A setting is unknown, out of range, or contradicts another one."""


class DataError(TgsError):
    """A csv, frame, sound, mask or caption file is missing, damaged or inconsistent."""


class WeightsError(TgsError):
    """A checkpoint is missing, of another scale, or its keys do not fit the model."""


class GateError(TgsError):
    """A run ended below the score that whatever is built on it needs."""


class DiagnosisError(TgsError):
    """The doctor has found errors."""
