"""Loading of masks of small targets."""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.registry import TRANSFORMS

from ..annotations.masks import read_mask
from ..annotations.pairs import Size


def scaled_mask(mask: np.ndarray, size: Size) -> np.ndarray:
    """Scale a mask by nearest neighbour, (H, W), bool, to another size."""
    return cv2.resize(
        mask.astype(np.uint8),
        size[::-1],
        interpolation=cv2.INTER_NEAREST_EXACT,
    ).astype(bool)


@TRANSFORMS.register_module()
class LoadTargetMask(BaseTransform):
    """Load the mask of an image, after the image.

    Required keys: ``seg_map_path``, ``img_path``, ``ori_shape``,
    ``seg_fields``. Optional key: ``resize_mask``, whether a mask of another
    size is scaled by nearest neighbour, for known slips of published sets
    (:attr:`.SmallTargetDataset.RESIZED_MASKS`). Added keys: ``gt_seg_map``
    (uint8, (H, W): 1 in targets, else 0), also named in ``seg_fields``.

    Args:
        backend_args (dict, optional): Arguments of the file backend.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Load.

        Raises:
            UnreadableImageError: See :func:`read_mask`.
            ValueError: Also if the mask is not as large as the image is in
                its file.
        """
        path = results['seg_map_path']
        mask = read_mask(path, self.backend_args)
        (h, w), (height, width) = mask.shape, results['ori_shape'][:2]
        if results.get('resize_mask'):
            mask = scaled_mask(mask, (height, width))
        elif (h, w) != (height, width):
            raise ValueError(
                f'The mask {path} is {w}x{h}, its image '
                f'{results["img_path"]} is {width}x{height} (width x '
                'height): a mask must have the size of its image.'
            )
        results['gt_seg_map'] = mask.astype(np.uint8)
        results['seg_fields'].append('gt_seg_map')
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'
