"""Images and label maps in two folders."""

import os
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import numpy as np
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from ..annotations.masks import PaletteChecker, read_label_values
from ..annotations.pairs import check_sizes, check_some
from ..classes import LabelError, check_class_names
from ..files import read_list, scan
from ..thermal.dataset import scan_images
from ..thermal.formats import SUFFIXES

IGNORED = 255
"""Label of pixels which losses and measures leave out, as in mmseg."""

NO_CLASS = -1
"""Entry of a label table for a value that stands for no class."""


def listed(names: Sequence[str], count: int = 3) -> str:
    """The first of some names, and how many there are."""
    more = f' and {len(names) - count} more' if len(names) > count else ''
    return ', '.join(names[:count]) + more


def labels_of(values: np.ndarray, table: np.ndarray, path: str) -> np.ndarray:
    """Classes of the values of a label map.

    Args:
        values (np.ndarray): (H, W), integers.
        table (np.ndarray): Class, IGNORED or NO_CLASS of each value: (256,).
        path (str): The label map, for messages.

    Returns:
        np.ndarray: (H, W), uint8.

    Raises:
        ValueError: If a value stands for no class.
    """
    if values.max() >= len(table) or values.min() < 0:
        labels = np.full(values.shape, NO_CLASS)
        known = (values >= 0) & (values < len(table))
        labels[known] = table[values[known]]
    else:
        labels = table[values]
    if labels.min() == NO_CLASS:
        wrong = [str(v) for v in np.unique(values[labels == NO_CLASS])]
        right = [str(v) for v in np.flatnonzero(table != NO_CLASS)]
        raise LabelError(
            f'the label map {path} has pixels of value {listed(wrong)}. The '
            f'values of this dataset are {listed(right, 20)}. Correct the '
            'file. For a set with other values, InfraredSegDataset has '
            'label_values and ignore_value.'
        )
    return labels.astype(np.uint8)


@DATASETS.register_module()
class InfraredSegDataset(BaseSegDataset):
    """Images in one folder, label maps of the same names in another.

    mmseg's dataset, with a pair for each image or an error that says what
    is missing. The folders may have folders inside. Labels are read by
    :class:`.labels.LoadInfraredLabels`, which checks them against
    ``label_values``.

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
        indices (int | Sequence[int], optional): Take the first so many
            images, or these.
        serialize_data (bool): Keep the list of images as bytes that workers
            share. Defaults to True.
        lazy_init (bool): Look for the files at the first use, not now.
        max_refetch (int): How often another image is tried where the
            pipeline gives none. Defaults to 1000.

    Raises:
        FileNotFoundError: If a folder is missing or holds no image, if a
            list is missing or names an image that is, or if an image has no
            label map.
        ValueError: If there are no classes, ``classes`` is a string,
            ``label_values`` is not one value of 0 to 255 for each,
            ``ignore_value`` is one of them, images are their own label maps,
            label maps are of other sizes than their images, or one of those
            that are looked at beforehand has a value that stands for no
            class, or a palette that contradicts that of another.
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
        indices: int | Sequence[int] | None = None,
        serialize_data: bool = True,
        lazy_init: bool = False,
        max_refetch: int = 1000,
    ) -> None:
        # Before mmseg counts the letters of a string.
        classes = (metainfo or {}).get('classes', ())
        if classes and not os.path.isfile(str(classes)):
            check_class_names(classes)
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
            indices=indices,
            serialize_data=serialize_data,
            lazy_init=lazy_init,
            max_refetch=max_refetch,
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
            raise LabelError(
                f'{type(self).__name__} needs the names of the classes: set '
                "metainfo=dict(classes=('background', ...))."
            )
        check_class_names(classes)
        values = self.label_values
        if values is None:
            values = range(len(classes))
        if len(set(values)) != len(classes) or set(values) - {*range(256)}:
            raise LabelError(
                'label_values must be one value of 0 to 255 for each of the '
                f'{len(classes)} classes, got {list(values)}.'
            )
        table = np.full(256, NO_CLASS, np.int16)
        if self.ignore_value is not None:
            if self.ignore_value not in {*range(256)} - {*values}:
                raise LabelError(
                    f'ignore_value={self.ignore_value} must be of 0 to 255, '
                    f'and no value of a class: these are {list(values)}. Set '
                    'label_values to those of the classes that are learnt.'
                )
            table[self.ignore_value] = IGNORED
        for i, value in enumerate(values):
            table[value] = self.label_map[i] if self.label_map else i
        return table

    def load_data_list(self) -> list[dict]:
        """Pair images and label maps; see the class for the errors."""
        images = self._folder('img_path')
        labels = self._folder('seg_map_path')
        found = list(scan_images(images))
        if self.ann_file:
            found = self._listed(found, images)
        if not found:
            raise FileNotFoundError(
                f'There is no image in {images}: looked for '
                f'{", ".join(SUFFIXES)}. {self.layout}'
            )
        pairs = {
            name: f'{PurePosixPath(name).with_suffix("")}{self.seg_map_suffix}'
            for name in found
        }
        ending = os.path.basename(self.seg_map_suffix).lower()
        there = set(scan(labels, [ending]))
        own = [name for name in found if pairs[name] == name]
        if own and os.path.samefile(images, labels):
            raise LabelError(
                f'{len(own)} of {len(found)} images in {images} would be '
                f'their own label maps: {listed(own)}. Put label maps into a '
                'folder of their own, or list the images in ann_file.'
            )
        without = [name for name in found if pairs[name] not in there]
        if without:
            raise FileNotFoundError(
                f'{len(without)} of {len(found)} images in {images} have no '
                f'label map in {labels}: {listed(without)}. Add '
                f'{pairs[without[0]]}, or list the images that have one in '
                'ann_file.'
            )
        self._check_labels(
            {
                os.path.join(images, name): os.path.join(labels, label)
                for name, label in pairs.items()
            }
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

    def _check_labels(self, pairs: dict[str, str]) -> None:
        check_sizes(pairs, 'label map')
        check_palette = PaletteChecker()

        def check(path: str) -> None:
            labels_of(read_label_values(path), self.label_table, path)
            check_palette(path)

        check_some(list(pairs.values()), check)

    def _folder(self, key: str) -> str:
        folder = self.data_prefix.get(key, '')
        if not os.path.isdir(folder):
            raise FileNotFoundError(
                f'There is no folder {folder!r} for {key} (the current folder '
                f'is {os.getcwd()}). {self.layout}'
            )
        return folder

    def _listed(self, found: list[str], images: str) -> list[str]:
        """Of the images found, those of the list, in its order."""
        if not os.path.isfile(self.ann_file):
            raise FileNotFoundError(
                f'There is no list of images {self.ann_file} (ann_file, '
                'relative to data_root).'
            )
        names = read_list(self.ann_file)
        if not names:
            raise LabelError(f'The list of images {self.ann_file} is empty.')
        by_name: dict[str, str] = {}
        doubled = {}
        for name in found:
            stem = os.path.splitext(name)[0]
            if by_name.setdefault(stem, name) != name:
                doubled[stem] = [by_name[stem], name]
        by_name.update(zip(found, found, strict=True))
        unclear = [name for name in names if name in doubled]
        if unclear:
            raise LabelError(
                f'{self.ann_file} names {unclear[0]}: which of '
                f'{" and ".join(doubled[unclear[0]])} in {images} is it? Give '
                'its ending in the list, or remove one.'
            )
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
