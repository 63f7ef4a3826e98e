"""What the backbone of a cell starts from."""

from pathlib import Path

from mmengine.config import Config

from ..checkpoint import SCHEME, published_sha256
from ..files import sha256
from .plan import PlanError


def set_start(cfg: Config, checkpoint: str | None, name: str) -> None:
    """Start the backbone from a file, or from random weights.

    Raises:
        PlanError: If the model has no backbone.
    """
    backbone = cfg.model.get('backbone')
    if backbone is None:
        raise PlanError(f'error: {name}: the model has no backbone to start')
    backbone.init_cfg = (
        None
        if checkpoint is None
        else dict(type='Pretrained', checkpoint=checkpoint)
    )


def start_of(cfg: Config) -> str | None:
    """The file that the backbone of a config starts from."""
    init_cfg = cfg.model.get('backbone', {}).get('init_cfg') or {}
    return init_cfg.get('checkpoint') if isinstance(init_cfg, dict) else None


def sha256_of_start(checkpoint: str) -> str | None:
    """SHA-256 of weights that ship or lie here; None of all others."""
    if (found := published_sha256(checkpoint)) is not None:
        return found
    return sha256(checkpoint) if Path(checkpoint).is_file() else None


def is_missing(checkpoint: str) -> bool:
    """Whether a local file, or an address of a shipped one, is not there."""
    if checkpoint.startswith(SCHEME):
        return published_sha256(checkpoint) is None
    return '://' not in checkpoint and not Path(checkpoint).is_file()
