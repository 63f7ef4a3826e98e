"""Kinds of annotations, told by their files."""

from pathlib import Path

from ..thermal.formats import SUFFIXES
from .error import AnnotationError
from .names import existing_folder

KINDS = ('voc', 'yolo', 'masks', 'coco')
"""What annotations are written in."""


def kind_of(labels: str) -> str:
    """What annotations a file or folder holds.

    Args:
        labels (str): A file of JSON or YAML, or a folder.

    Returns:
        str: One of :data:`KINDS`.

    Raises:
        AnnotationError: If that is not clear.
    """
    path = Path(labels)
    if path.suffix.lower() == '.json':
        return 'coco'
    if path.suffix.lower() in ('.yaml', '.yml'):
        return 'yolo'
    files = existing_folder(path).rglob('*')
    endings = {file.suffix.lower() for file in files}
    found = [
        kind
        for kind, suffixes in (
            ('voc', {'.xml'}),
            ('yolo', {'.txt'}),
            ('masks', set(SUFFIXES)),
        )
        if suffixes & endings
    ]
    if found[:2] == ['yolo', 'masks']:
        found = ['yolo']  # labels beside their images
    if len(found) != 1:
        raise AnnotationError(
            f'{path} holds {" and ".join(found) or "no annotations"}: say '
            'with --from which is meant.'
        )
    return found[0]
