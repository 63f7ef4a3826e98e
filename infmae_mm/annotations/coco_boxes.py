"""Boxes of COCO's JSON, held against the sizes of their images."""

import math
from collections import Counter
from collections.abc import Sequence

from .coco_values import (
    are_polygons,
    box_of,
    box_of_runs,
    box_values,
    flag_of,
    polygon_area,
    runs_of,
)
from .error import AnnotationError
from .records import ROUNDING, area_of, clip

MISFIT_SHARE = 0.05
"""Share of boxes, more than half outside their image, that is too much."""


class BoxChecker:
    """Checks, fills in, clips and drops boxes.

    Args:
        path (str): The file, for messages.
        need_masks (bool): Whether each box needs a segmentation.
        least_side (float): Boxes narrower or lower are dropped, in pixels.
        filled (Counter[str]): Counts what is filled in, in words.
        dropped (Counter[str]): Counts what is dropped, in words.
    """

    def __init__(
        self,
        path: str,
        need_masks: bool,
        least_side: float,
        filled: Counter,
        dropped: Counter,
    ) -> None:
        self.path = path
        self.need_masks = need_masks
        self.least_side = least_side
        self.filled = filled
        self.dropped = dropped

    def __call__(self, coco: dict) -> None:
        """Check the boxes of a file whose ids and sizes are right.

        Args:
            coco (dict): See :func:`.coco.read_coco`. It is changed.

        Raises:
            AnnotationError: If something is doubtful.
        """
        images = {image['id']: image for image in coco['images']}
        kept, problems, misfits, seen = [], [], [], set()
        for i, annotation in enumerate(coco['annotations']):
            image = images[annotation['image_id']]
            size = image['height'], image['width']
            where = f'{title_of(i, annotation)} (image {image["file_name"]})'
            problem = self._problem_of(annotation, size)
            if problem:
                problems.append(f'{where} {problem}')
                continue
            left, top, width, height = annotation['bbox']
            corners = left, top, left + width, top + height
            inside = clip(corners, size)
            if area_of(inside) < width * height / 2:
                misfits.append(
                    f'{where} has the box {annotation["bbox"]} in an image '
                    f'of {size[1]}x{size[0]}'
                )
            reason = self._reason_to_drop(annotation, inside, seen)
            if reason:
                self.dropped[reason] += 1
                continue
            cut = max(abs(a - b) for a, b in zip(inside, corners, strict=True))
            if cut:
                self.filled['boxes clipped to their image'] += cut > ROUNDING
                left, top, right, bottom = inside
                annotation['bbox'] = [left, top, right - left, bottom - top]
            self._fill_area(annotation, size)
            kept.append(annotation)
        refuse(
            self.path,
            problems,
            'A box is [left, top, width, height] in pixels. Correct the '
            'annotations, or remove them.',
        )
        if len(misfits) > MISFIT_SHARE * len(coco['annotations']):
            refuse(
                self.path,
                [f'{len(misfits)} boxes lie outside of their image', *misfits],
                'Are they corners in place of [left, top, width, height], or '
                'in pixels of other images?',
            )
        coco['annotations'] = kept

    def _problem_of(
        self, annotation: dict, size: tuple[int, int]
    ) -> str | None:
        """What is doubtful of a box, which becomes four floats."""
        for key in ('iscrowd', 'ignore'):
            if key in annotation:
                flag = flag_of(annotation[key])
                if flag is None:
                    return f'has {key} {annotation[key]!r}, not 0 or 1'
                annotation[key] = int(flag)
        if annotation.get('bbox') is None:
            self._fill_box(annotation, size)
        box = box_values(annotation.get('bbox'))
        if box is None:
            return f'has the box {annotation.get("bbox")!r}'
        annotation['bbox'] = box
        left, top, width, height = box
        if width < 0 or height < 0:
            return f'has the box {box}, of negative size'
        in_first_pixel = (
            min(left, top) > -1 and max(left + width, top + height) <= 1
        )
        if in_first_pixel and width and height and any(v % 1 for v in box):
            return f'has the box {box}, in fractions of the image'
        return self._problem_of_mask(annotation, size)

    def _problem_of_mask(
        self, annotation: dict, size: tuple[int, int]
    ) -> str | None:
        """What is doubtful of a mask that is to be learnt."""
        shape, box = annotation.get('segmentation'), annotation['bbox']
        if not self.need_masks:
            return None
        if isinstance(shape, dict) and 'counts' in shape:
            if shape.get('size') != list(size):
                return f'has a mask of the size {shape.get("size")!r}'
            runs = runs_of(shape, size)
            if runs is None:
                return 'has a mask whose counts do not fill its image'
            inside = box_of_runs(runs, size[0])
            if inside is None:
                return 'has a mask without a pixel'
            if not _touch(inside, box):
                return f'has the box {box}, and a mask elsewhere'
        elif are_polygons(shape):
            if not _touch(box_of(shape), box):
                return f'has the box {box}, and a polygon elsewhere'
        elif annotation.get('iscrowd'):
            # it is not learnt, but mmdet reads the shape of every box
            (left, top), right = box[:2], box[0] + box[2]
            bottom = top + box[3]
            annotation['segmentation'] = [
                [left, top, right, top, right, bottom, left, bottom]
            ]
            self.filled['shapes of crowds'] += 1
        else:
            return 'has no segmentation, which masks are learnt from'
        return None

    def _reason_to_drop(
        self,
        annotation: dict,
        inside: tuple[float, ...] | None,
        seen: set[tuple],
    ) -> str | None:
        _, _, width, height = annotation['bbox']
        if annotation.get('ignore'):
            return 'marked to be ignored'
        if width == 0 or height == 0:
            return 'without area'
        if inside is None:
            return 'outside of their image'
        if min(inside[2] - inside[0], inside[3] - inside[1]) < self.least_side:
            return f'narrower than {self.least_side:g} pixel'
        key = (
            annotation['image_id'],
            annotation['category_id'],
            *annotation['bbox'],
            bool(annotation.get('iscrowd')),
        )
        if key in seen:
            return 'there twice'
        seen.add(key)
        return None

    def _fill_box(self, annotation: dict, size: tuple[int, int]) -> None:
        """Take the box of the shape, where that is valid."""
        shape = annotation.get('segmentation')
        if are_polygons(shape):
            annotation['bbox'] = box_of(shape)
            self.filled['boxes of polygons'] += 1
        elif runs := runs_of(shape, size):
            annotation['bbox'] = box_of_runs(runs, size[0])
            self.filled['boxes of masks'] += annotation['bbox'] is not None

    def _fill_area(self, annotation: dict, size: tuple[int, int]) -> None:
        area = annotation.get('area')
        valid = isinstance(area, (int, float)) and not isinstance(area, bool)
        if valid and math.isfinite(area) and area > 0:
            return
        self.filled['areas'] += 1
        shape = annotation.get('segmentation')
        area = 0.0
        if are_polygons(shape):
            area = sum(map(polygon_area, shape))
        elif runs := runs_of(shape, size):
            area = float(sum(runs[1::2]))
        _, _, width, height = annotation['bbox']
        annotation['area'] = area or width * height


def refuse(path: str, problems: Sequence[str], advice: str) -> None:
    """Raise the first problems of a file, if there are any.

    Raises:
        AnnotationError: With three of them, and how many more there are.
    """
    if problems:
        more = len(problems) - 3
        listed = '; '.join(problems[:3])
        listed += f'; and {more} more' if more > 0 else ''
        raise AnnotationError(f'{path}: {listed}. {advice}')


def title_of(i: int, annotation: dict) -> str:
    """An annotation by its id, or by its place, for messages."""
    if 'id' in annotation:
        return f'annotation {annotation["id"]!r}'
    return f'annotations[{i}]'


def _touch(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two boxes have a point in common."""
    return all(
        one[i] <= other[i] + other[i + 2] and other[i] <= one[i] + one[i + 2]
        for i in (0, 1)
    )
