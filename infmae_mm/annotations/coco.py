"""Boxes in COCO's JSON: read with every check, and written."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from mmengine import fileio

from ..thermal.headers import image_sizes
from .coco_checks import CocoChecker
from .error import AnnotationError
from .names import existing_folder, images_by_name
from .records import AnnotationSource, LabelledImage, without
from .sequences import natural_order


def read_coco(path: str, backend_args: dict | None = None) -> dict:
    """Read the JSON of an annotation file, in UTF-8, 16 or 32.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        backend_args (dict, optional): Arguments of the file backend.

    Returns:
        dict: ``images``, ``annotations`` (empty where the file has none) and
        ``categories``, lists of dicts; without a root of Roboflow's that has
        the name of a class.

    Raises:
        FileNotFoundError: If there is no such file.
        AnnotationError: If it is no JSON, or no annotation file of COCO.
    """
    content = fileio.get(path, backend_args=backend_args)
    try:
        coco = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise AnnotationError(
            f'{path} is not a COCO file with categories: {error}'
        ) from error
    if not isinstance(coco, dict):
        raise AnnotationError(
            f'{path} is not a COCO file with categories: it holds a '
            f'{type(coco).__name__}. A list of detections is a result, not '
            'an annotation file.'
        )
    coco.setdefault('annotations', [])
    for key in ('categories', 'images', 'annotations'):
        items = coco.get(key)
        if not isinstance(items, list) or not all(
            isinstance(item, dict) for item in items
        ):
            raise AnnotationError(
                f'{path} is not a COCO file with categories: it has no list '
                f'of {key}, but {", ".join(map(str, coco)) or "nothing"}.'
            )
    _leave_out_root(coco)
    return coco


def _leave_out_root(coco: dict) -> None:
    """Leave out the root that Roboflow puts above its classes.

    It has no box, and the name of the project, which often is that of a
    class.
    """
    used = {str(a.get('category_id')) for a in coco['annotations']}
    below = [
        c.get('name')
        for c in coco['categories']
        if c.get('name') == c.get('supercategory')
    ]
    coco['categories'] = [
        c
        for c in coco['categories']
        if c.get('supercategory') != 'none'
        or c.get('name') not in below
        or str(c.get('id')) in used
    ]


def missing_images(coco: dict, image_dir: str) -> list[str]:
    """Paths of the images that are not in a local folder.

    Names with backslashes, as Windows writes paths, are put right where that
    finds the file.

    Args:
        coco (dict): See :func:`read_coco`. Its file names may be changed.
        image_dir (str): The folder that they start from.
    """
    missing = []
    for image in coco['images']:
        name = image.get('file_name')
        if not isinstance(name, str):
            continue  # which the checks refuse
        tried = [name, name.replace('\\', '/')]
        found = next(
            (n for n in tried if os.path.exists(os.path.join(image_dir, n))),
            None,
        )
        if found is None:
            missing.append(os.path.join(image_dir, name))
        else:
            image['file_name'] = found
    return missing


def read_checked(
    path: str, backend_args: dict | None = None
) -> tuple[dict, str]:
    """Read an annotation file whose images are not at hand.

    Args:
        path (str): Path or address, read with ``mmengine.fileio``.
        backend_args (dict, optional): Arguments of the file backend.

    Returns:
        tuple[dict, str]: What :class:`.coco_checks.CocoChecker` makes of it,
        and what was filled in and dropped, in words.

    Raises:
        FileNotFoundError: If there is no such file.
        AnnotationError: If something in the file is wrong.
    """
    checker = CocoChecker(path, sizes=None)
    return checker(read_coco(path, backend_args)), checker.summary()


def local_sizes(
    image_dir: str,
) -> Callable[[list[str]], dict[str, tuple[int, int] | Exception]]:
    """What tells the sizes of image files of a local folder."""

    def sizes(
        files: list[str],
    ) -> dict[str, tuple[int, int] | Exception]:
        paths = {file: os.path.join(image_dir, file) for file in files}
        found = image_sizes(paths.values())
        return {file: found[path] for file, path in paths.items()}

    return sizes


class CocoFile(AnnotationSource):
    """Reads an annotation file of COCO.

    Args:
        path (str): The JSON file.
        image_dir (str, optional): Folder that its file names start from.
            Defaults to the one folder beside it that has the first image.
        classes (Sequence[str], optional): Classes to keep. None takes all
            that the file has, in its order.
        ignore_classes (Sequence[str]): Classes to leave out.
        trust_files (bool): Whether the sizes of the image files count where
            those in the JSON contradict them.

    Raises:
        AnnotationError: If something in the file is wrong, see
            :class:`.coco_checks.CocoChecker`.
    """

    def __init__(
        self,
        path: str,
        image_dir: str | None = None,
        classes: Sequence[str] | None = None,
        ignore_classes: Sequence[str] = (),
        trust_files: bool = False,
    ) -> None:
        self.path = Path(path)
        coco = read_coco(path)
        names = [str(c.get('name')) for c in coco['categories']]
        if classes is None:
            classes = without(dict.fromkeys(names), ignore_classes)
        super().__init__(classes, ignore_classes)
        self.image_dir = _image_folder(self.path, coco, image_dir)
        missing = missing_images(coco, str(self.image_dir))
        if missing:
            raise AnnotationError(
                f'{len(missing)} of the {len(coco["images"])} images of '
                f'{path} are missing, such as {missing[0]}: give their folder '
                'with --image-dir.'
            )
        self.checker = CocoChecker(
            path,
            local_sizes(str(self.image_dir)),
            trust_files=trust_files,
            least_side=0.0,
        )
        coco = self.checker(coco)
        self._categories = {c['id']: c['name'] for c in coco['categories']}
        by_name = images_by_name([i['file_name'] for i in coco['images']])
        twice = [files for files in by_name.values() if len(files) > 1]
        if twice:
            raise AnnotationError(f'{path}: {twice[0]} have one name.')
        files = {i['file_name']: i for i in coco['images']}
        self._images = {name: files[f] for name, [f] in by_name.items()}
        self._boxes: dict[int | str, list[dict]] = {}
        for annotation in coco['annotations']:
            self._boxes.setdefault(annotation['image_id'], []).append(
                annotation
            )

    def names(self) -> list[str]:
        """Names of all images, without ending, in natural order."""
        return sorted(self._images, key=natural_order)

    def label(self, name: str) -> str:
        """The file and the image."""
        return f'image {name} in {self.path}'

    def read(self, name: str) -> LabelledImage:
        """Boxes of one image.

        Raises:
            AnnotationError: If a class is unknown.
        """
        info = self._images[name]
        image = LabelledImage(
            info['file_name'], (info['height'], info['width'])
        )
        for annotation in self._boxes.get(info['id'], []):
            class_ = self.class_of(
                self._categories[annotation['category_id']], self.label(name)
            )
            if class_ is None:
                image.counts['ignored'] += 1
                continue
            left, top, width, height = annotation['bbox']
            image.add(
                class_,
                (left, top, left + width, top + height),
                annotation.get('segmentation') or None,
                bool(annotation.get('iscrowd')),
                annotation['area'],
            )
        return image


def to_coco(images: Sequence[LabelledImage], classes: Sequence[str]) -> dict:
    """Images and boxes as COCO has them; ids count from 1.

    Args:
        images (Sequence[LabelledImage]): In the order of their ids.
        classes (Sequence[str]): In the order of their ids.

    Returns:
        dict: ``images``, ``annotations`` and ``categories``. A box is
        left, top, width, height in pixels.
    """
    ids = {name: i for i, name in enumerate(classes, 1)}
    coco: dict[str, list] = dict(
        images=[],
        annotations=[],
        categories=[dict(id=i, name=name) for name, i in ids.items()],
    )
    for image_id, image in enumerate(images, 1):
        height, width = image.size
        coco['images'].append(
            dict(
                id=image_id,
                file_name=image.file_name,
                width=width,
                height=height,
            )
        )
        for box in image.boxes:
            left, top, right, bottom = box.corners
            annotation = dict(
                id=len(coco['annotations']) + 1,
                image_id=image_id,
                category_id=ids[box.name],
                bbox=[left, top, right - left, bottom - top],
                area=box.area or (right - left) * (bottom - top),
                iscrowd=int(box.crowd),
            )
            if box.segmentation is not None:
                annotation['segmentation'] = box.segmentation
            coco['annotations'].append(annotation)
    return coco


def _image_folder(path: Path, coco: dict, image_dir: str | None) -> Path:
    if image_dir is not None:
        return existing_folder(image_dir)
    if not coco['images']:
        raise AnnotationError(f'{path} has no images.')
    first = str(coco['images'][0].get('file_name')).replace('\\', '/')
    parent = path.resolve().parent
    folders = [parent, *(p for p in parent.iterdir() if p.is_dir())]
    found = [folder for folder in folders if (folder / first).is_file()]
    if len(found) != 1:
        raise AnnotationError(
            f'{len(found)} of the folders beside {path} have its first image '
            f'{first!r}: give the folder of images with --image-dir.'
        )
    return found[0]
