"""What is raised of every checkpoint that is not taken."""


class CheckpointError(RuntimeError):
    """A checkpoint cannot be read, or does not fit the model."""
