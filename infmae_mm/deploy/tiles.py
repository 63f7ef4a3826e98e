"""Large images in tiles, and what is found in them brought together."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

Box = tuple[int, int, int, int]
"""Left, top, right and bottom of a tile, in pixels."""


def tile_boxes(
    shape: tuple[int, int], size: tuple[int, int], stride: tuple[int, int]
) -> Iterator[Box]:
    """Cover an image; the last tile of a row or column ends at its edge.

    These are mmseg's sliding windows.

    Args:
        shape (tuple[int, int]): Height and width of the image.
        size (tuple[int, int]): Height and width of a tile.
        stride (tuple[int, int]): Pixels from tile to tile, down and across.

    Yields:
        Box: One, the image, where it is not larger than a tile.
    """
    for bottom in _ends(shape[0], size[0], stride[0]):
        top = max(bottom - size[0], 0)
        for right in _ends(shape[1], size[1], stride[1]):
            yield max(right - size[1], 0), top, right, bottom


def _ends(length: int, size: int, stride: int) -> list[int]:
    steps = max(length - size + stride - 1, 0) // stride
    return [min(i * stride + size, length) for i in range(steps + 1)]


def blend(maps: Sequence[np.ndarray], boxes: Sequence[Box]) -> np.ndarray:
    """Average maps where tiles overlap, the middle of a tile counting most.

    A network sees less around a pixel at the edge of its tile, so that the
    weight falls towards edges.

    Args:
        maps (Sequence[np.ndarray]): (h, w), float32, one for each tile.
        boxes (Sequence[Box]): Where they lie; together they cover the image.

    Returns:
        np.ndarray: (H, W), float32; of one tile the map itself.
    """
    weights = [
        np.outer(_ramp(bottom - top), _ramp(right - left))
        for left, top, right, bottom in boxes
    ]
    return _weigh(maps, boxes, weights)


def _ramp(length: int) -> np.ndarray:
    at = np.arange(1, length + 1, dtype=np.float32)
    return np.minimum(at, at[::-1]) / length


def average(maps: Sequence[np.ndarray], boxes: Sequence[Box]) -> np.ndarray:
    """Average the logits of sliding windows, as mmseg does.

    Args:
        maps (Sequence[np.ndarray]): (C, h, w), float32.
        boxes (Sequence[Box]): Where they lie.

    Returns:
        np.ndarray: (C, H, W), float32.
    """
    return _weigh(maps, boxes, [1] * len(maps))


def _weigh(
    maps: Sequence[np.ndarray],
    boxes: Sequence[Box],
    weights: Sequence[np.ndarray | int],
) -> np.ndarray:
    """The weighted mean of maps (..., h, w); of one map the map itself."""
    if len(maps) == 1:
        return maps[0]
    _, _, width, height = np.max(boxes, 0)
    total = np.zeros((*maps[0].shape[:-2], height, width), np.float32)
    sums = np.zeros((height, width), np.float32)
    for tile, (left, top, right, bottom), weight in zip(
        maps, boxes, weights, strict=True
    ):
        total[..., top:bottom, left:right] += weight * tile
        sums[top:bottom, left:right] += weight
    return total / sums


def merge_boxes(
    boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, iou: float
) -> np.ndarray:
    """Of boxes of one class that overlap, keep the best (OpenCV's NMS).

    Args:
        boxes (np.ndarray): (N, 4), left, top, right, bottom.
        scores (np.ndarray): (N,).
        labels (np.ndarray): (N,), classes.
        iou (float): Overlap above which two boxes are one object.

    Returns:
        np.ndarray: Indices that are kept, best first.
    """
    if not len(boxes):
        return np.zeros(0, int)
    sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    kept = cv2.dnn.NMSBoxesBatched(
        sizes.astype(np.float64).tolist(),
        scores.astype(np.float32).tolist(),
        labels.astype(np.int32).tolist(),
        score_threshold=0.0,
        nms_threshold=iou,
    )
    kept = np.asarray(kept, int).ravel()
    return kept[np.argsort(-scores[kept], kind='stable')]


def drop_fragments(
    boxes: np.ndarray, labels: np.ndarray, cut: np.ndarray, share: float = 0.8
) -> np.ndarray:
    """Leave out the pieces of objects that another tile shows whole.

    Args:
        boxes (np.ndarray): (N, 4).
        labels (np.ndarray): (N,), classes.
        cut (np.ndarray): (N,), bool: boxes that end at an edge of their
            tile which is no edge of the image.
        share (float): Of a piece's area that lies in another box of its
            class. Defaults to 0.8.

    Returns:
        np.ndarray: (N,), bool: boxes to keep.
    """
    keep = np.ones(len(boxes), bool)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], 1)
    for i in np.flatnonzero(cut):
        low = np.maximum(boxes[:, :2], boxes[i, :2])
        high = np.minimum(boxes[:, 2:], boxes[i, 2:])
        common = np.prod((high - low).clip(0), 1)
        others = (labels == labels[i]) & (areas > areas[i]) & keep
        keep[i] = not (common[others] >= share * areas[i]).any()
    return keep
