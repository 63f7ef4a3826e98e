"""What mmseg's samples tell of small targets."""

from collections.abc import Mapping

import numpy as np
import torch
from mmengine.structures import BaseDataElement


def target_probability(sample: Mapping | BaseDataElement) -> np.ndarray:
    """How probable a target is, of the result of an mmseg segmentor.

    mmseg keeps the outputs of a head in ``seg_logits``, at the size of the
    image: with one channel its sigmoid already, with several their logits.

    Args:
        sample (Mapping | SegDataSample): Result of one image, with
            ``seg_logits`` of shape (1, H, W): probabilities; or (2, H, W):
            logits of background and target.

    Returns:
        np.ndarray: (H, W), float32.

    Raises:
        KeyError: If there is no ``seg_logits``.
        ValueError: If there are more channels.
    """
    outputs = _data(
        sample, 'seg_logits', 'the model must be an mmseg segmentor'
    )
    outputs = outputs.detach().float()
    if len(outputs) > 2:
        raise ValueError(
            f'{sample_name(sample)}: the head has {len(outputs)} outputs. '
            'Small targets take one (out_channels=1), or two: background, '
            'target.'
        )
    if len(outputs) == 2:
        outputs = outputs.softmax(0)[1:]
    return outputs[0].cpu().numpy()


def target_mask(sample: Mapping | BaseDataElement) -> np.ndarray:
    """The true mask of a sample that :class:`.LoadTargetMask` loaded.

    Args:
        sample (Mapping | SegDataSample): With ``gt_sem_seg`` of shape
            (1, H, W), values 0 and 1.

    Returns:
        np.ndarray: (H, W), bool.

    Raises:
        KeyError: If there is no ``gt_sem_seg``.
        ValueError: If it has other values.
    """
    mask = _data(sample, 'gt_sem_seg', 'the pipeline needs LoadTargetMask')
    mask = mask[0].cpu().numpy()
    if mask.max() > 1:
        raise ValueError(
            f'{sample_name(sample)}: the mask goes up to {mask.max()}, not '
            'to 1. Load it with LoadTargetMask.'
        )
    return mask.astype(bool)


def sample_name(sample: Mapping | BaseDataElement) -> str:
    """Path of the image of a sample."""
    return sample.get('img_path') or 'a sample without img_path'


def _data(
    sample: Mapping | BaseDataElement, field: str, source: str
) -> torch.Tensor:
    # metrics are given dicts, visualizers the samples themselves
    fields = sample if isinstance(sample, Mapping) else sample.to_dict()
    if field not in fields:
        raise KeyError(f'{sample_name(sample)} has no {field}: {source}.')
    return fields[field]['data']
