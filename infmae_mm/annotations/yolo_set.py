"""A set for programs that train on YOLO's files."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from .records import LabelledImage
from .yolo import yolo_lines

PARTS = ('train', 'val', 'test')
"""Parts of a set, as ``data.yaml`` names them."""


def write_yolo(
    out: Path,
    parts: Mapping[str, tuple[Path, Sequence[LabelledImage]]],
    classes: Sequence[str],
) -> None:
    """Write labels, links to the images, and ``data.yaml``.

    ``images/PART/NAME.jpg`` are links to the image files, as these programs
    look for labels in the folder beside them, ``labels/PART/NAME.txt``. The
    folder appears when all of it is written.

    Args:
        out (Path): New or empty folder.
        parts (Mapping): Of each part: the folder of the images, and its
            images.
        classes (Sequence[str]): In the order of their numbers.

    Raises:
        OSError: If it cannot be written; nothing is left then.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f'.{out.name}.', dir=out.parent
    ) as folder:
        root = Path(folder) / out.name
        for part, (image_dir, images) in parts.items():
            for image in images:
                link = root / 'images' / part / image.file_name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to((image_dir / image.file_name).resolve())
                label = root / 'labels' / part / image.file_name
                label = label.with_suffix('.txt')
                label.parent.mkdir(parents=True, exist_ok=True)
                label.write_text(yolo_lines(image, classes))
        description = dict(
            path=str(out.resolve()),
            **{part: f'images/{part}' for part in parts},
            names=dict(enumerate(classes)),
        )
        text = yaml.safe_dump(description, sort_keys=False, allow_unicode=True)
        (root / 'data.yaml').write_text(text, 'utf-8')
        if out.is_dir():
            out.rmdir()  # it is empty
        os.replace(root, out)
