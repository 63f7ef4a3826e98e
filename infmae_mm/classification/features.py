"""One vector for an image: the mean of a map of the backbone."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmcv.transforms import Compose
from torch import Tensor, nn

from ..backbone import InfMAE
from ..files import open_atomically

MEAN, STD = 108.375, 51.0  # of pre-training, of grey levels 0 to 255


class Features(NamedTuple):
    """Vectors of a set of images.

    Attributes:
        vectors (np.ndarray): float32, (N, C).
        names (np.ndarray): Of the images, str, (N,).
        labels (np.ndarray): Name of the folder of each, str, (N,).
    """

    vectors: np.ndarray
    names: np.ndarray
    labels: np.ndarray


def pooled(backbone: nn.Module, images: Tensor) -> Tensor:
    """The mean of a backbone's last map.

    Args:
        backbone (nn.Module): ``InfMAE``; the last of its ``out_indices``
            counts.
        images (Tensor): Normalised images ``(B, C, H, W)``.

    Returns:
        Tensor: ``(B, C)``.
    """
    return backbone(images)[-1].mean(dim=(2, 3))


@torch.inference_mode()
def embed(
    backbone: InfMAE,
    paths: Sequence[str],
    transforms: Compose,
    batch_size: int = 32,
) -> Iterator[np.ndarray]:
    """Embed images, batch by batch.

    Args:
        backbone (InfMAE): In eval mode.
        paths (Sequence[str]): Files.
        transforms (Compose): From ``img_path`` to ``inputs``, uint8,
            ``(1, H, W)`` of one size.
        batch_size (int): Images at once. Defaults to 32.

    Yields:
        np.ndarray: float32, ``(B, C)``, in the order of the paths.
    """
    device = next(backbone.parameters()).device
    for start in range(0, len(paths), batch_size):
        batch = [
            transforms(dict(img_path=path))['inputs']
            for path in paths[start : start + batch_size]
        ]
        images = torch.stack(batch).to(device).float()  # (B, 1, H, W)
        images = (images - MEAN) / STD
        images = images.expand(-1, backbone.in_channels, -1, -1)
        yield pooled(backbone, images).float().cpu().numpy()


def write_features(path: str | Path, features: Features) -> None:
    """Write a ``.npz`` file: absent, old or complete at any moment."""
    with open_atomically(path, 'wb') as file:
        np.savez(file, **features._asdict())


def read_features(path: str | Path) -> Features:
    """Read what :func:`write_features` wrote.

    Raises:
        ValueError: If the file is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Features(*(arrays[name] for name in Features._fields))
    except (KeyError, ValueError) as error:
        raise ValueError(
            f'{path} holds no features as tools/embed.py writes them: {error}'
        ) from error
