"""Before 0.1.0, the name of what :mod:`infmae_mm.checkpoint` holds now."""

import warnings

from .checkpoint.names import *  # noqa: F403

warnings.warn(
    'infmae_mm.conversion is called infmae_mm.checkpoint now.',
    UserWarning,
    stacklevel=2,
)
