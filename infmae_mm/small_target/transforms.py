"""Loading of masks of small targets."""

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.registry import TRANSFORMS

from ..annotations.masks import read_mask


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
            mask = cv2.resize(
                mask.astype(np.uint8),
                (width, height),
                interpolation=cv2.INTER_NEAREST_EXACT,
            )
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


@TRANSFORMS.register_module()
class CopyTargets(BaseTransform):
    """Copy targets of an image to other places of it, brighter or fainter.

    A set of a few hundred images shows few targets, each before one
    background, which a network learns by heart. Copying small objects is the
    augmentation of Kisantal et al., *Augmentation for small object
    detection*, 2019. What is copied is the difference from the grey around
    the target, so that a copy lies on the ground of its new place. Copies
    are turned and mirrored, and never touch a target.

    Required and modified keys: ``img`` ((H, W) or (H, W, C)), ``gt_seg_map``
    (uint8, (H, W): 1 in targets, else 0).

    Args:
        num (int): Most copies in an image; their number is drawn from 0 to
            it. Defaults to 3.
        strength (tuple[float, float]): Range of the factor of a copy's
            difference from its ground. Defaults to (0.5, 1.5).
        max_area (int): Area in pixels above which a target is not copied.
            Defaults to 400.
        margin (int): Pixels around a target that its grey is blended over.
            Defaults to 3.

    Raises:
        ValueError: If a number is negative or the range is none.
    """

    def __init__(
        self,
        num: int = 3,
        strength: tuple[float, float] = (0.5, 1.5),
        max_area: int = 400,
        margin: int = 3,
    ) -> None:
        if (
            min(num, max_area, margin) < 0
            or not 0 < strength[0] <= strength[1]
        ):
            raise ValueError(
                'num, max_area and margin are 0 or more, strength a range '
                f'above 0; got {num}, {max_area}, {margin} and {strength}.'
            )
        self.num = num
        self.strength = tuple(strength)
        self.max_area = max_area
        self.margin = margin

    def transform(self, results: dict) -> dict:
        """Copy targets."""
        image, mask = results['img'], results['gt_seg_map']
        _, labels, stats, _ = cv2.connectedComponentsWithStats(
            (mask == 1).astype(np.uint8)
        )
        small = [
            i
            for i in range(1, len(stats))
            if stats[i, cv2.CC_STAT_AREA] <= self.max_area
        ]
        if not small:
            return results
        targets = [self._cut(image, labels, i, stats[i]) for i in small]
        image, mask = image.copy(), mask.copy()
        for _ in range(np.random.randint(self.num + 1)):
            target = targets[np.random.randint(len(targets))]
            self._paste(image, mask, *target)
        results['img'], results['gt_seg_map'] = image, mask
        return results

    def _cut(
        self, image: np.ndarray, labels: np.ndarray, i: int, stat: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Difference from the ground around (h, w[, C]), and mask (h, w)."""
        left, top, width, height = stat[:4].tolist()
        top, bottom = max(top - self.margin, 0), top + height + self.margin
        left, right = max(left - self.margin, 0), left + width + self.margin
        window = np.s_[top:bottom, left:right]
        mask, grey = labels[window] == i, image[window].astype(np.float32)
        around = labels[window] == 0
        ground = np.median(grey[around], axis=0) if around.any() else 0
        side = 2 * self.margin + 1
        weight = cv2.blur(
            cv2.dilate(mask.astype(np.float32), np.ones((3, 3), np.uint8)),
            (side, side) if self.margin else (1, 1),
        )
        weight = np.maximum(weight, mask)
        return (grey - ground) * weight.reshape(
            *weight.shape, *[1] * (grey.ndim - 2)
        ), mask

    def _paste(
        self,
        image: np.ndarray,
        mask: np.ndarray,
        difference: np.ndarray,
        target: np.ndarray,
    ) -> None:
        turns, mirrored = np.random.randint(4), np.random.randint(2)
        difference, target = (
            np.rot90(difference, turns),
            np.rot90(target, turns),
        )
        if mirrored:
            difference, target = difference[:, ::-1], target[:, ::-1]
        height, width = target.shape
        free_y, free_x = mask.shape[0] - height, mask.shape[1] - width
        if min(free_y, free_x) < 0:
            return
        top = np.random.randint(free_y + 1)
        left = np.random.randint(free_x + 1)
        window = np.s_[top : top + height, left : left + width]
        if mask[window].any():
            return
        factor = np.random.uniform(*self.strength)
        grey = image[window] + factor * difference
        if image.dtype.kind in 'ui':
            grey = grey.round().clip(0, np.iinfo(image.dtype).max)
        image[window] = grey
        mask[window] = target

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(num={self.num}, strength={self.strength}, '
            f'max_area={self.max_area}, margin={self.margin})'
        )
