"""What can go wrong with a training before or between its steps."""


class TrainingError(ValueError):
    """A training was asked for what it cannot do; the message says what is allowed."""


class CheckpointError(TrainingError):
    """A checkpoint is of another training, or no checkpoint at all."""


class ModelFileError(TrainingError):
    """A model file is damaged, or holds a model of another structure."""
