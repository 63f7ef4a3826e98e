"""What an annotation file of COCO says, held against itself and the images.

mmdet takes a file as it is: with wrong sizes, unknown ids or boxes in
fractions it trains on what is left, on nothing at times. Here what is certain
is filled in, what is doubtful is an error, and what is dropped is counted.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from .coco_values import (
    are_polygons,
    box_of,
    box_values,
    declared_size,
    is_id,
    plain_id,
    polygon_area,
)
from .records import ROUNDING, AnnotationError, clip

Sizes = Callable[[list[str]], Mapping[str, tuple[int, int] | Exception]]
"""Heights and widths of image files, or why there is none."""

MISFIT_SHARE = 0.05
"""Share of boxes, more than half outside their image, that is too much."""


class CocoChecker:
    """Checks an annotation file and fills in what is certain.

    Filled in: sizes that are missing, 0 or negative, from the headers of the
    files; ``area``, from polygons or the box; ``bbox``, from polygons; ids
    that are strings in one place and numbers in another; missing or repeated
    ids of annotations. Dropped and counted: boxes without area, narrower
    than ``least_side``, outside of their image, or there twice. Clipped and
    counted: boxes that reach out of their image.

    Args:
        path (str): The file, for messages.
        sizes (Callable, optional): Tells the sizes of image files. None
            where they lie on another machine: sizes are taken as given.
        need_masks (bool): Whether each box needs a segmentation.
        trust_files (bool): Whether sizes of the files count where those in
            the annotations contradict them. Otherwise that is an error.
        least_side (float): Boxes narrower or lower are dropped, in pixels.
            mmdet drops those below 1.

    Attributes:
        filled (Counter[str]): What was filled in, in words.
        dropped (Counter[str]): What was dropped, in words.
    """

    def __init__(
        self,
        path: str,
        sizes: Sizes | None,
        need_masks: bool = False,
        trust_files: bool = False,
        least_side: float = 1.0,
    ) -> None:
        self.path = path
        self.sizes = sizes
        self.need_masks = need_masks
        self.trust_files = trust_files
        self.least_side = least_side
        self.filled: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()

    def __call__(self, coco: dict) -> dict:
        """Check a file.

        Args:
            coco (dict): See :func:`.coco.read_coco`. It is changed.

        Returns:
            dict: The same, whose annotations can be used as they are.

        Raises:
            AnnotationError: If something is doubtful; it names the first
                images or annotations, and how many there are.
        """
        self._check_categories(coco['categories'])
        self._check_images(coco['images'])
        self._fill_sizes(coco['images'])
        self._resolve_ids(coco)
        self._check_boxes(coco)
        return coco

    def summary(self) -> str:
        """What was filled in and dropped, '' if nothing was."""
        texts = []
        for title, counts in (
            ('filled in', self.filled),
            ('boxes dropped', self.dropped),
        ):
            if counts:
                what = ', '.join(f'{k}: {n}' for k, n in counts.items())
                texts.append(f'{title}: {what}')
        return '; '.join(texts)

    def _refuse(self, problems: Sequence[str], advice: str) -> None:
        if problems:
            more = len(problems) - 3
            listed = '; '.join(problems[:3])
            listed += f'; and {more} more' if more > 0 else ''
            raise AnnotationError(f'{self.path}: {listed}. {advice}')

    def _check_categories(self, categories: list[dict]) -> None:
        seen: dict[str, int] = {}
        problems = []
        for i, category in enumerate(categories):
            category['id'] = plain_id(category.get('id'))
            name, id_ = category.get('name'), category['id']
            if not isinstance(name, str) or not is_id(id_):
                problems.append(
                    f'categories[{i}] has the id {id_!r} and the name {name!r}'
                )
            for what in (f'name {name!r}', f'id {id_!r}'):
                if seen.setdefault(what, i) != i:
                    problems.append(f'two categories have the {what}')
        self._refuse(problems, 'Each category needs a name and an id.')

    def _check_images(self, images: list[dict]) -> None:
        if not images:
            raise AnnotationError(f'{self.path} has no images.')
        seen: dict[str, int] = {}
        problems = []
        for i, image in enumerate(images):
            image['id'] = plain_id(image.get('id'))
            name, id_ = image.get('file_name'), image['id']
            if not isinstance(name, str) or not name or not is_id(id_):
                problems.append(
                    f'images[{i}] has the id {id_!r} and the file_name '
                    f'{name!r}'
                )
            for what in (f'file_name {name!r}', f'id {id_!r}'):
                if seen.setdefault(what, i) != i:
                    problems.append(f'two images have the {what}')
        self._refuse(
            problems,
            'Each image needs a file_name and an id of its own: files of two '
            'exports have to be numbered through when they are joined.',
        )

    def _fill_sizes(self, images: list[dict]) -> None:
        found = {}
        if self.sizes is not None:
            found = self.sizes([image['file_name'] for image in images])
        problems = []
        for image in images:
            name = image['file_name']
            given, size = declared_size(image), found.get(name)
            if isinstance(size, Exception):
                problems.append(str(size))
                continue
            if size is None and given is None:
                problems.append(
                    f'image {name} has the height {image.get("height")!r} '
                    f'and the width {image.get("width")!r}'
                )
            elif given is None:
                self.filled['sizes of images'] += 1
            elif size is not None and size != given:
                if self.trust_files:
                    self.filled['sizes of images, other than given'] += 1
                else:
                    swapped = ', exchanged' if size == given[::-1] else ''
                    problems.append(
                        f'image {name} has {size[1]}x{size[0]} pixels, but '
                        f'{given[1]}x{given[0]} in the annotations{swapped}'
                    )
                    continue
            image['height'], image['width'] = size or given or (0, 0)
        self._refuse(
            problems,
            'Boxes must be in pixels of the files as they are loaded '
            '(upright, width x height). If they are, '
            'tools/dataset_converters/to_coco.py --trust-files corrects the '
            'sizes; if not, convert the set again.',
        )

    def _resolve_ids(self, coco: dict) -> None:
        """Let annotations have the very ids of images and categories."""
        problems = []
        for key, items in (
            ('image_id', coco['images']),
            ('category_id', coco['categories']),
        ):
            ids = {item['id']: item['id'] for item in items}
            by_text = {str(id_): id_ for id_ in ids}
            for i, annotation in enumerate(coco['annotations']):
                id_ = plain_id(annotation.get(key))
                known = ids.get(id_) if is_id(id_) else None
                if known is None and is_id(id_):
                    known = by_text.get(str(id_).strip())
                    self.filled[f'{key} of another type'] += known is not None
                if known is None:
                    problems.append(
                        f'{_title(i, annotation)} has the {key} {id_!r}, '
                        'which the file does not have'
                    )
                annotation[key] = known
        self._refuse(
            problems,
            'Remove these annotations, or add what they belong to.',
        )
        ids = [annotation.get('id') for annotation in coco['annotations']]
        if None in ids or len(set(map(str, ids))) < len(ids):
            self.filled['ids of annotations'] += len(ids)
            for i, annotation in enumerate(coco['annotations'], 1):
                annotation['id'] = i

    def _check_boxes(self, coco: dict) -> None:
        images = {image['id']: image for image in coco['images']}
        kept, problems, misfits, seen = [], [], [], set()
        for i, annotation in enumerate(coco['annotations']):
            image = images[annotation['image_id']]
            size = image['height'], image['width']
            where = f'{_title(i, annotation)} (image {image["file_name"]})'
            problem = self._problem_of(annotation, size)
            if problem:
                problems.append(f'{where} {problem}')
                continue
            left, top, width, height = annotation['bbox']
            corners = left, top, left + width, top + height
            inside = clip(corners, size)
            if width > 0 and height > 0:
                area = _area(inside) if inside else 0.0
                if area < width * height / 2:
                    misfits.append(
                        f'{where} has the box {annotation["bbox"]} in an '
                        f'image of {size[1]}x{size[0]}'
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
            self._fill_area(annotation)
            kept.append(annotation)
        self._refuse(
            problems,
            'A box is [left, top, width, height] in pixels. Correct the '
            'annotations, or remove them.',
        )
        if len(misfits) > MISFIT_SHARE * len(coco['annotations']):
            self._refuse(
                [f'{len(misfits)} boxes lie outside of their image', *misfits],
                'Are they corners in place of [left, top, width, height], or '
                'in pixels of other images?',
            )
        coco['annotations'] = kept
        self.filled = +self.filled  # without zeros

    def _problem_of(
        self, annotation: dict, size: tuple[int, int]
    ) -> str | None:
        """What is doubtful of a box, which becomes four floats."""
        shape = annotation.get('segmentation')
        if annotation.get('bbox') is None and are_polygons(shape):
            annotation['bbox'] = box_of(shape)
            self.filled['boxes of polygons'] += 1
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
        if self.need_masks and not annotation.get('iscrowd'):
            runs = isinstance(shape, dict) and 'counts' in shape
            if runs and shape.get('size') != list(size):
                return f'has a mask of the size {shape.get("size")!r}'
            if not runs and not are_polygons(shape):
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

    def _fill_area(self, annotation: dict) -> None:
        area = annotation.get('area')
        valid = isinstance(area, (int, float)) and not isinstance(area, bool)
        if valid and math.isfinite(area) and area > 0:
            return
        self.filled['areas'] += 1
        shape = annotation.get('segmentation')
        area = 0.0
        if are_polygons(shape):
            area = sum(map(polygon_area, shape))
        _, _, width, height = annotation['bbox']
        annotation['area'] = area or width * height


def _title(i: int, annotation: dict) -> str:
    if 'id' in annotation:
        return f'annotation {annotation["id"]!r}'
    return f'annotations[{i}]'


def _area(corners: tuple[float, ...]) -> float:
    return (corners[2] - corners[0]) * (corners[3] - corners[1])
