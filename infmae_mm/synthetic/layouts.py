"""Writing of rendered scenes in the layouts of public infrared sets."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
from PIL import Image

from ..classes import MSRS_PALETTE
from ..files import check_new_folder, open_atomically, write_atomically
from .scenes import Scene, render_scene

# MSRS has cars, people and bikes; buses count as cars, the rest as nothing
_MSRS_IDS = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 0], np.uint8)

M3FD_NAMES = {
    'person': 'People',
    'car': 'Car',
    'bus': 'Bus',
    'bike': 'Motorcycle',
    'lamp': 'Lamp',
}
"""Classes of M3FD (it has Truck too, which is not rendered)."""

MANIFEST = 'infmae_scenes.json'
"""File in a written set that tells how it was made."""


def _png(image: np.ndarray) -> bytes:
    return cv2.imencode('.png', image)[1].tobytes()


def _pretrain(scene: Scene, i: int) -> dict[str, bytes]:
    return {f'{i // 1000:03}/{i:06}.png': _png(scene.image)}


def _msrs(scene: Scene, i: int) -> dict[str, bytes]:
    labels = Image.fromarray(_MSRS_IDS[scene.labels])
    labels.putpalette([v for colour in MSRS_PALETTE for v in colour])
    file = BytesIO()
    labels.save(file, 'PNG')
    # every fourth to the test part, as in the original
    part, name = 'test' if i % 4 == 3 else 'train', f'{i:05}N.png'
    return {
        f'{part}/ir/{name}': _png(scene.image),
        f'{part}/Segmentation_labels/{name}': file.getvalue(),
    }


def _m3fd(scene: Scene, i: int) -> dict[str, bytes]:
    root = ElementTree.Element('annotation')
    ElementTree.SubElement(root, 'filename').text = f'{i:05}.png'
    size = ElementTree.SubElement(root, 'size')
    height, width = scene.image.shape
    for key, value in (('width', width), ('height', height), ('depth', 3)):
        ElementTree.SubElement(size, key).text = str(value)
    for box, name in zip(scene.boxes.tolist(), scene.names, strict=True):
        node = ElementTree.SubElement(root, 'object')
        ElementTree.SubElement(node, 'name').text = M3FD_NAMES[name]
        ElementTree.SubElement(node, 'difficult').text = '0'
        node = ElementTree.SubElement(node, 'bndbox')
        # Pascal VOC counts pixels from 1 and includes the last
        left, top, right, bottom = box
        corners = (left + 1, top + 1, right, bottom)
        for key, value in zip(
            ('xmin', 'ymin', 'xmax', 'ymax'), corners, strict=True
        ):
            ElementTree.SubElement(node, key).text = str(value)
    ElementTree.indent(root)
    return {
        f'Ir/{i:05}.png': _png(np.repeat(scene.image[..., None], 3, 2)),
        f'Annotation/{i:05}.xml': ElementTree.tostring(root),
    }


def _targets(image: str, label: str) -> Callable[[Scene, int], dict]:
    def files(scene: Scene, i: int) -> dict[str, bytes]:
        mask = scene.targets.astype(np.uint8) * 255
        return {
            image.format(i=i): _png(scene.image),
            label.format(i=i): _png(mask),
        }

    return files


LAYOUTS: dict[str, tuple[str, Callable[[Scene, int], dict[str, bytes]]]] = {
    # name: (kind of scene, files of a scene)
    'pretrain': ('mixed', _pretrain),
    'msrs': ('street', _msrs),
    'm3fd': ('street', _m3fd),
    'irstd1k': (
        'sky',
        _targets('IRSTD1k_Img/XDU{i}.png', 'IRSTD1k_Label/XDU{i}.png'),
    ),
    'sirst': (
        'sky',
        _targets('images/Misc_{i}.png', 'masks/Misc_{i}_pixels0.png'),
    ),
    'nudt': ('sky', _targets('images/{i:06}.png', 'masks/{i:06}.png')),
}
"""Layouts by name."""


def write_scenes(
    out: str,
    layout: str = 'pretrain',
    num: int = 64,
    size: tuple[int, int] = (480, 640),
    bits: int = 8,
    seed: int = 0,
) -> int:
    """Render a set of scenes into a folder.

    A scene depends on ``seed`` and its own number, not on ``num``. The call
    can be repeated: what is there is kept, what is missing (after an
    interruption) is added. A folder with anything else in it is refused.

    Args:
        out (str): Folder to write, made where it does not exist.
        layout (str): One of :data:`LAYOUTS`: ``'pretrain'`` (folders of
            images), ``'msrs'`` (``ir`` and ``Segmentation_labels`` only,
            labels as ids with the palette), ``'m3fd'`` (``Ir`` and
            ``Annotation``), ``'irstd1k'``, ``'sirst'``, ``'nudt'``.
        num (int): Number of images, at least 1.
        size (tuple[int, int]): Height and width of the images.
        bits (int): 8; 16 with ``'pretrain'`` only.
        seed (int): Seed, 0 or more.

    Returns:
        int: Number of images that were written now.

    Raises:
        ValueError: If an option is out of range.
        FileExistsError: If the folder holds something else.
    """
    if layout not in LAYOUTS:
        raise ValueError(
            f'layout must be one of {", ".join(LAYOUTS)}, got {layout!r}.'
        )
    if bits != 8 and layout != 'pretrain':
        raise ValueError(f'{layout} is a set of 8 bit images, got {bits} bit.')
    if bits not in (8, 16):
        raise ValueError(f'bits must be 8 or 16, got {bits}.')
    if min(size) < 32:
        raise ValueError(f'size must be at least 32x32, got {size}.')
    if num < 1 or seed < 0:
        raise ValueError(f'num must be 1 or more, seed 0 or more: {num, seed}')
    kind, files_of = LAYOUTS[layout]
    root = Path(out)

    def files(i: int) -> dict[str, bytes]:
        rng = np.random.default_rng([seed, i])
        this = kind
        if kind == 'mixed':
            this = 'sky' if i % 4 == 3 else 'street'
        return files_of(render_scene(rng, tuple(size), this, bits), i)

    # for the names of the files, which do not depend on what is seen
    blank = Scene(*np.zeros((3, 32, 32), np.uint8), np.zeros((0, 4)), [])
    recipe = dict(
        layout=layout, num=num, size=list(size), bits=bits, seed=seed
    )
    _claim(root, recipe)
    written = 0
    for i in range(num):
        if all((root / name).exists() for name in files_of(blank, i)):
            continue
        for name, content in files(i).items():
            path = root / name
            write_atomically(content, path)
        written += 1
    return written


def _claim(root: Path, recipe: dict) -> None:
    """Make the folder, or see that it holds this very set."""
    manifest = root / MANIFEST
    if manifest.exists():
        found = json.loads(manifest.read_text())
        if found != recipe:
            raise FileExistsError(
                f'{root} holds rendered scenes made with {found}, not with '
                f'{recipe}: choose another folder, or delete this one.'
            )
        return
    check_new_folder(root)
    with open_atomically(manifest) as file:
        file.write(json.dumps(recipe, indent=2) + '\n')
