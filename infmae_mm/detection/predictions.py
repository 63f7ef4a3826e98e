"""Detections of any program, from a list in COCO's format."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from mmengine.structures import InstanceData

from ..annotations.coco_boxes import MISFIT_SHARE

MAX_PER_IMAGE = 100
"""Detections of an image that count, the best first, as in COCO."""


class PredictionError(ValueError):
    """Predictions that cannot be read, or that belong to other images."""


def image_keys(annotations: dict, by: str) -> dict:
    """What an ``image_id`` of the predictions stands for.

    Args:
        annotations (dict): See :func:`..annotations.coco.read_coco`.
        by (str): 'annotations' where the ids are those of the file, 'stems'
            where they are names without ending, as numbers if they have
            digits only.

    Returns:
        dict: From an ``image_id`` of the predictions to that of the file.

    Raises:
        PredictionError: If two images have one stem.
    """
    if by == 'annotations':
        return {image['id']: image['id'] for image in annotations['images']}
    keys: dict = {}
    for image in annotations['images']:
        stem = Path(image['file_name']).stem
        names = {stem, int(stem)} if stem.isdecimal() else {stem}
        for name in names:
            if name in keys:
                raise PredictionError(
                    f'Two images are called {name!r}: their predictions '
                    'cannot be told apart by the name.'
                )
            keys[name] = image['id']
    return keys


def class_labels(
    annotations: dict, ids: str, classes: Sequence[str] | None
) -> dict[int, int]:
    """What a ``category_id`` of the predictions stands for.

    Args:
        annotations (dict): See :func:`..annotations.coco.read_coco`.
        ids (str): 'annotations' where the ids are those of the file, '0' or
            '1' where they count from there.
        classes (Sequence[str], optional): The names that the program counts.
            By default they are those of the file, in its order.

    Returns:
        dict[int, int]: From a ``category_id`` to the index of the class in
        the file.

    Raises:
        PredictionError: If the names are not those of the file.
    """
    names = [category['name'] for category in annotations['categories']]
    if ids == 'annotations':
        if classes is not None:
            raise PredictionError(
                'Names of classes have no use where the ids of the '
                'predictions are those of the annotations.'
            )
        return {c['id']: i for i, c in enumerate(annotations['categories'])}
    classes = names if classes is None else list(classes)
    if sorted(classes) != sorted(names):
        raise PredictionError(
            f'The classes {classes} are not those of the annotations: {names}.'
        )
    return {
        number: names.index(name)
        for number, name in enumerate(classes, int(ids))
    }


def read_predictions(
    path: Path, images: dict, labels: dict[int, int]
) -> dict[int, InstanceData]:
    """Read a list of detections in COCO's format.

    Args:
        path (Path): JSON: a list of dicts with ``image_id``,
            ``category_id``, ``bbox`` (left, top, width and height in pixels
            of the whole image) and ``score``, 0 to 1.
        images (dict): See :func:`image_keys`.
        labels (dict[int, int]): See :func:`class_labels`.

    Returns:
        dict[int, InstanceData]: For every image that is known, also without
        a detection: ``bboxes`` ``(N, 4)``, left, top, right and bottom,
        ``scores`` ``(N,)`` and ``labels`` ``(N,)``, the best first and at
        most 100.

    Raises:
        PredictionError: If an entry is broken, or its image or class is not
            known.
    """
    entries = _read_json(path)
    if not isinstance(entries, list):
        raise PredictionError(f'{path} is no list of detections.')
    found = defaultdict(list)
    for number, entry in enumerate(entries):
        image, *detection = _parse(entry, f'{path}, entry {number}')
        if image not in images:
            raise PredictionError(
                f'{path}, entry {number}: no image of the annotations has the '
                f'id {image!r}. They have ids such as '
                f'{", ".join(map(repr, list(images)[:3]))}.'
            )
        if detection[0] not in labels:
            raise PredictionError(
                f'{path}, entry {number}: the category_id {detection[0]} is '
                f'none of {sorted(labels)}. From which number does the '
                'program count?'
            )
        detection[0] = labels[detection[0]]
        found[images[image]].append(detection)
    return {
        image: _instances(found[image])
        for image in dict.fromkeys(images.values())
    }


def check_places(
    path: Path, annotations: dict, predictions: dict[int, InstanceData]
) -> None:
    """See that boxes lie in their images, as left, top, width and height do.

    Args:
        path (Path): The file of the predictions, for messages.
        annotations (dict): See :func:`..annotations.coco.read_coco`.
        predictions (dict): See :func:`read_predictions`.

    Raises:
        PredictionError: If all boxes lie in the first pixels, or more than
            one of twenty is for the most part outside of its image.
    """
    count = outside = 0
    furthest = 0.0
    for sample in samples(annotations, predictions):
        height, width = sample['ori_shape']
        boxes = sample['pred_instances'].bboxes
        if not len(boxes):
            continue
        border = boxes.new_tensor([width, height, width, height])
        inside = boxes.clamp(min=0).minimum(border)
        outside += int((_areas(inside) < _areas(boxes) / 2).sum())
        count += len(boxes)
        furthest = max(furthest, float(boxes.max()))
    if count and furthest <= 2:
        raise PredictionError(
            f'{path}: no box reaches beyond {furthest:g} pixels, so they are '
            'in fractions of the image. A box is left, top, width and height '
            'in pixels of the whole image.'
        )
    if outside > MISFIT_SHARE * count:
        raise PredictionError(
            f'{path}: {outside} of {count} boxes lie outside of their image '
            'for the most part. Are they corners in place of left, top, '
            'width and height, or in pixels of other images?'
        )


def samples(
    annotations: dict, predictions: dict[int, InstanceData]
) -> Iterator[dict]:
    """What mmdet's metrics take, one dict for each image."""
    for image in annotations['images']:
        yield dict(
            img_id=image['id'],
            ori_shape=(image['height'], image['width']),
            pred_instances=predictions[image['id']],
        )


def _read_json(path: Path) -> dict | list:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise PredictionError(f'Cannot read {path}: {error}') from error
    except ValueError as error:
        raise PredictionError(f'{path} is no JSON file: {error}') from error


def _parse(entry: dict, where: str) -> tuple[int | str, int, float, list]:
    """Image, class, score and box of an entry."""
    try:
        box = [float(number) for number in entry['bbox']]
        score = float(entry['score'])
        image, category = entry['image_id'], entry['category_id']
    except (KeyError, TypeError, ValueError) as error:
        raise PredictionError(
            f'{where}: a detection has image_id, category_id, bbox and '
            f'score; {type(error).__name__}: {error}.'
        ) from error
    if (
        len(box) != 4
        or not all(map(math.isfinite, box))
        or min(box[2:]) < 0
        or not 0 <= score <= 1
        or not isinstance(image, (int, str))
        or not isinstance(category, int)
    ):
        raise PredictionError(
            f'{where}: bbox is left, top, width and height, score is 0 to 1, '
            f'image_id a number or a name, category_id a number; got {entry}.'
        )
    return image, category, score, box


def _instances(detections: list[list]) -> InstanceData:
    best = sorted(detections, key=lambda d: -d[1])[:MAX_PER_IMAGE]
    boxes = torch.tensor([d[2] for d in best], dtype=torch.float64)
    boxes = boxes.view(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return InstanceData(
        bboxes=boxes,
        scores=torch.tensor([d[1] for d in best], dtype=torch.float64),
        labels=torch.tensor([d[0] for d in best], dtype=torch.int64),
    )


def _areas(boxes: torch.Tensor) -> torch.Tensor:
    """Of corners (N, 4): (N,)."""
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)
