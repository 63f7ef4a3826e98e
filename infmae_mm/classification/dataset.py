"""Images in a folder for each class."""

import logging
import os
from collections.abc import Callable, Sequence

from mmengine.dataset import BaseDataset
from mmengine.logging import print_log
from mmpretrain.registry import DATASETS

from ..classes import LabelError, check_class_names
from ..files import is_folder
from ..thermal.dataset import scan_images
from ..thermal.formats import SUFFIXES


@DATASETS.register_module()
class ClassFolders(BaseDataset):
    """Images in a folder for each class: ``data_root/split/CLASS/...``.

    Samples have ``img_path`` and ``gt_label``, the place of the class in
    ``classes``.

    Args:
        data_root (str): Folder of the set.
        classes (Sequence[str]): Names of the folders, in the order of the
            labels. Given, not found, so that a split that lacks a class does
            not number the others anew.
        split (str): Folder in it, such as 'train'. Defaults to '', for
            classes that lie in ``data_root`` itself.
        pipeline (Sequence[dict | Callable]): Transforms.
        test_mode (bool): Whether this is no training set.
        indices (int | Sequence[int], optional): Take the first so many
            images, or these.
        serialize_data (bool): Keep the list of images as bytes that workers
            share. Defaults to True.
        lazy_init (bool): Look for the files at the first use, not now.
        max_refetch (int): How often another image is tried where the
            pipeline gives none. Defaults to 1000.

    Raises:
        FileNotFoundError: If there is no such folder, or no image in it.
        LabelError: If a folder is no class, or a class of a training set has
            no image; if ``classes`` is a string.
    """

    def __init__(
        self,
        data_root: str,
        classes: Sequence[str],
        split: str = '',
        pipeline: Sequence[dict | Callable] = (),
        test_mode: bool = False,
        indices: int | Sequence[int] | None = None,
        serialize_data: bool = True,
        lazy_init: bool = False,
        max_refetch: int = 1000,
    ) -> None:
        classes = check_class_names(classes)
        self._folder = os.path.join(str(data_root), split)
        super().__init__(
            ann_file='',
            metainfo=dict(classes=classes),
            data_root=str(data_root),
            data_prefix={},
            pipeline=list(pipeline),
            test_mode=test_mode,
            indices=indices,
            serialize_data=serialize_data,
            lazy_init=lazy_init,
            max_refetch=max_refetch,
        )

    def load_data_list(self) -> list[dict]:
        """Find the images; see the class for the errors."""
        folder, classes = self._folder, self.metainfo['classes']
        if not os.path.isdir(folder):
            raise FileNotFoundError(
                f'There is no folder {folder!r}, which should hold a folder '
                f'for each class: {", ".join(classes)}. The current folder '
                f'is {os.getcwd()}.'
            )
        found = sorted(
            entry.name
            for entry in os.scandir(folder)
            if is_folder(entry) and not entry.name.startswith('.')
        )
        strange = [name for name in found if name not in classes]
        if strange:
            raise LabelError(
                f'{folder} has folders that are no class: '
                f'{", ".join(strange)}. The classes are '
                f'{", ".join(classes)}: set `classes` in the config.'
            )
        samples = [
            dict(img_path=os.path.join(folder, name, path), gt_label=label)
            for label, name in enumerate(classes)
            if name in found
            for path in scan_images(os.path.join(folder, name))
        ]
        if not samples:
            raise FileNotFoundError(f'There is no image in {folder}.')
        loose = [
            name
            for name in os.listdir(folder)
            if name.lower().endswith(SUFFIXES) and not name.startswith('.')
        ]
        if loose:
            _warn(
                f'{folder} has {len(loose)} images that lie in no folder of '
                f'a class, such as {min(loose)}: they are left out.'
            )
        have = {sample['gt_label'] for sample in samples}
        without = [n for i, n in enumerate(classes) if i not in have]
        if without and not self.test_mode:
            raise LabelError(
                f'{folder} has no image of {", ".join(without)}: a network '
                'cannot learn a class without one. Take it out of `classes`.'
            )
        if without:
            _warn(
                f'{folder} has no image of {", ".join(without)}: in means '
                'over the classes, as of precision, recall and F1, each of '
                'them counts as 0.'
            )
        return samples


def _warn(message: str) -> None:
    print_log(message, 'current', logging.WARNING)
