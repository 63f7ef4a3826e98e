"""What an annotation file of COCO says, held against itself and the images.

mmdet takes a file as it is: with wrong sizes, unknown ids or boxes in
fractions it trains on what is left, on nothing at times. Here what is certain
is filled in, what is doubtful is an error, and what is dropped is counted.
"""

import os
from collections import Counter
from collections.abc import Callable, Mapping

from .coco_boxes import BoxChecker, refuse, title_of
from .coco_values import declared_size, is_id, plain_id
from .error import AnnotationError

Sizes = Callable[[list[str]], Mapping[str, tuple[int, int] | Exception]]
"""Heights and widths of image files, or why there is none."""


class CocoChecker:
    """Checks an annotation file and fills in what is certain.

    Filled in: sizes that are missing, 0 or negative, from the headers of the
    files; ``area``, from the shape or the box; ``bbox``, from the shape, be
    it polygons or run lengths; the shape of a crowd without one, where masks
    are learnt, from its box; ids that are strings in one place and numbers in
    another; ids of annotations that are missing, 0 or repeated. Dropped and
    counted: boxes without area, narrower than ``least_side``, outside of
    their image, or there twice. Clipped and counted: boxes that reach out of
    their image.

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
        self.trust_files = trust_files
        self.filled: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self._check_boxes = BoxChecker(
            path, need_masks, least_side, self.filled, self.dropped
        )

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
        self._number(coco['annotations'])
        return coco

    def summary(self) -> str:
        """What was filled in and dropped, '' if nothing was."""
        texts = []
        for title, counts in (
            ('filled in', self.filled),
            ('boxes dropped', self.dropped),
        ):
            what = ', '.join(f'{k}: {n}' for k, n in counts.items() if n)
            if what:
                texts.append(f'{title}: {what}')
        return '; '.join(texts)

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
        refuse(self.path, problems, 'Each category needs a name and an id.')

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
            # './a.png' is 'a.png'
            file = os.path.normpath(name) if isinstance(name, str) else name
            for what in (f'file_name {file!r}', f'id {id_!r}'):
                if seen.setdefault(what, i) != i:
                    problems.append(f'two images have the {what}')
        refuse(
            self.path,
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
        refuse(
            self.path,
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
                        f'{title_of(i, annotation)} has the {key} {id_!r}, '
                        'which the file does not have'
                    )
                annotation[key] = known
        refuse(
            self.path,
            problems,
            'Remove these annotations, or add what they belong to.',
        )

    def _number(self, annotations: list[dict]) -> None:
        """Number them anew where ids do not serve; last, for messages."""
        ids = [annotation.get('id') for annotation in annotations]
        # 0 is what COCO's program calls an annotation that was not found
        wrong = not all(map(is_id, ids)) or '0' in map(str, ids)
        if wrong or len(set(map(str, ids))) < len(ids):
            self.filled['ids of annotations'] += len(ids)
            for i, annotation in enumerate(annotations, 1):
                annotation['id'] = i
