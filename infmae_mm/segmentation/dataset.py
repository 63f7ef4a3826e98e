"""Images and label maps in two folders."""

import os
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import numpy as np
from mmengine import fileio
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from ..files import parse_list, scan
from ..thermal.reading import SUFFIXES

IGNORED = 255
"""Label of pixels which losses and measures leave out, as in mmseg."""

NO_CLASS = -1
"""Entry of a label table for a value that stands for no class."""


def listed(names: Sequence[str], count: int = 3) -> str:
    """The first of some names, and how many there are."""
    more = f' and {len(names) - count} more' if len(names) > count else ''
    return ', '.join(names[:count]) + more


@DATASETS.register_module()
class InfraredSegDataset(BaseSegDataset):
    """Images in one folder, label maps of the same names in another.

    mmseg's dataset, with a pair for each image or an error that says what
    is missing. The folders may have folders inside. Labels are read by
    :class:`.labels.LoadLabels`, which checks them against ``label_values``.

    Args:
        data_root (str): Folder of the set.
        data_prefix (dict[str, str]): ``img_path`` and ``seg_map_path``, the
            folders of images and of label maps in it.
        metainfo (dict, optional): ``classes``, the names in the order of
            their ids, and ``palette``, their colours (RGB, 0 to 255). Black
            is left unpainted in drawings. Needed where the class has none.
        ann_file (str): List of the images to take, a line each: the path in
            ``img_path``, with or without its ending. Itself relative to
            ``data_root``. Defaults to '', all of the folder.
        seg_map_suffix (str): What follows an image's name, without its
            ending, in the name of its label map. Defaults to '.png'.
        label_values (Sequence[int], optional): The value that stands for
            each class in the files, such as ``(0, 255)`` for masks in black
            and white. Defaults to None: 0 to the number of classes - 1.
        ignore_value (int, optional): The value of pixels that are to be left
            out. Defaults to None: every pixel has a class.
        pipeline (Sequence[dict | Callable]): Transforms.
        test_mode (bool): Whether this is no training. Defaults to False.

    Raises:
        FileNotFoundError: If a folder is missing or holds no image, if a
            list is missing or names an image that is, or if an image has no
            label map.
        ValueError: If there are no classes, or ``label_values`` is not one
            value of 0 to 255 for each.
    """

    layout = (
        'Set data_root, and data_prefix=dict(img_path=..., '
        'seg_map_path=...) relative to it.'
    )

    def __init__(
        self,
        data_root: str,
        data_prefix: dict[str, str],
        metainfo: dict | None = None,
        ann_file: str = '',
        seg_map_suffix: str = '.png',
        label_values: Sequence[int] | None = None,
        ignore_value: int | None = None,
        pipeline: Sequence[dict | Callable] = (),
        test_mode: bool = False,
    ) -> None:
        self.label_values = label_values
        self.ignore_value = ignore_value
        super().__init__(
            ann_file=ann_file,
            seg_map_suffix=seg_map_suffix,
            metainfo=metainfo,
            data_root=str(data_root),
            data_prefix=data_prefix,
            pipeline=list(pipeline),
            test_mode=test_mode,
        )

    def full_init(self) -> None:
        """Find the pairs, and settle what the label values stand for."""
        self.label_table = self._label_table()
        super().full_init()

    def _label_table(self) -> np.ndarray:
        """Class, IGNORED or NO_CLASS of each value of a file: (256,)."""
        # Of METAINFO, if a config takes some of its classes only.
        classes = self.METAINFO.get('classes') or self.metainfo.get('classes')
        if not classes:
            raise ValueError(
                f'{type(self).__name__} needs the names of the classes: set '
                "metainfo=dict(classes=('background', ...))."
            )
        values = self.label_values
        if values is None:
            values = range(len(classes))
        if len(set(values)) != len(classes) or set(values) - {*range(256)}:
            raise ValueError(
                'label_values must be one value of 0 to 255 for each of the '
                f'{len(classes)} classes, got {list(values)}.'
            )
        table = np.full(256, NO_CLASS, np.int16)
        if self.ignore_value is not None:
            table[self.ignore_value] = IGNORED
        for i, value in enumerate(values):
            table[value] = self.label_map[i] if self.label_map else i
        return table

    def load_data_list(self) -> list[dict]:
        """Pair images and label maps; see the class for the errors."""
        images = self._folder('img_path')
        labels = self._folder('seg_map_path')
        found = list(scan(images, SUFFIXES))
        if self.ann_file:
            found = self._listed(found, images)
        if not found:
            raise FileNotFoundError(
                f'There is no image in {images}: looked for '
                f'{", ".join(SUFFIXES)}. {self.layout}'
            )
        pairs = {
            name: str(PurePosixPath(name).with_suffix(''))
            + (self.seg_map_suffix)
            for name in found
        }
        # the ends of their names in this case: they are paired by name
        suffix = self.seg_map_suffix
        there = {
            name
            for name in scan(labels, [suffix.lower()])
            if name.endswith(suffix)
        }
        without = [name for name in found if pairs[name] not in there]
        if without:
            raise FileNotFoundError(
                f'{len(without)} of {len(found)} images in {images} have no '
                f'label map in {labels}: {listed(without)}. Add '
                f'{pairs[without[0]]}, or list the images that have one in '
                'ann_file.'
            )
        return [
            dict(
                img_path=os.path.join(images, name),
                seg_map_path=os.path.join(labels, label),
                label_map=self.label_map,
                reduce_zero_label=False,
                seg_fields=[],
            )
            for name, label in pairs.items()
        ]

    def _folder(self, key: str) -> str:
        folder = self.data_prefix[key]
        if not os.path.isdir(folder):
            raise FileNotFoundError(
                f'There is no folder {folder} (the current folder is '
                f'{os.getcwd()}). {self.layout}'
            )
        return folder

    def _listed(self, found: list[str], images: str) -> list[str]:
        """Of the images found, those of the list, in its order."""
        if not os.path.isfile(self.ann_file):
            raise FileNotFoundError(
                f'There is no list of images {self.ann_file} (ann_file, '
                'relative to data_root).'
            )
        names = parse_list(fileio.get(self.ann_file), self.ann_file)
        by_name = {os.path.splitext(name)[0]: name for name in found}
        by_name.update(zip(found, found, strict=True))
        absent = [name for name in names if name not in by_name]
        if absent:
            raise FileNotFoundError(
                f'{self.ann_file} names {len(absent)} images that are not in '
                f'{images}: {listed(absent)}.'
            )
        return [by_name[name] for name in names]

    def get_data_info(self, idx: int) -> dict:
        """Paths of a pair, and the ``label_table`` that reads its labels."""
        info = super().get_data_info(idx)
        info['label_table'] = self.label_table
        return info
