"""Datasets of boxes on infrared images, in COCO's format."""

import json

from mmdet.datasets import CocoDataset
from mmdet.registry import DATASETS
from mmengine import fileio

from ..classes import M3FD_CLASSES, M3FD_PALETTE


@DATASETS.register_module()
class InfraredCocoDataset(CocoDataset):
    """mmdet's CocoDataset that says what does not fit, before training.

    Without a word mmdet leaves out a class that the file does not have, and
    gives labels in the order of the file to the names in the order of
    ``metainfo``; it meets a missing image in the middle of the training.

    The arguments are those of :class:`mmdet.datasets.CocoDataset`;
    ``metainfo=dict(classes=...)`` names the classes to learn.

    Raises:
        FileNotFoundError: If the annotation file or an image is missing.
        ValueError: If the file does not have these classes in this order.
    """

    HINT = 'Set data_root, ann_file and data_prefix of the dataset.'

    def load_data_list(self) -> list[dict]:
        """Load the annotations and see that all is there."""
        if not fileio.exists(self.ann_file, self.backend_args):
            raise FileNotFoundError(
                f'{self.ann_file}: there is no such file. {self.HINT}'
            )
        self._check_classes()
        data_list = super().load_data_list()
        # An object store has no fast answer.
        if self.backend_args is None:
            paths = [data['img_path'] for data in data_list]
            missing = [path for path in paths if not fileio.exists(path)]
            if missing:
                raise FileNotFoundError(
                    f'{len(missing)} of the {len(paths)} images of '
                    f'{self.ann_file} are missing, such as {missing[0]}. '
                    f'{self.HINT}'
                )
        return data_list

    def _check_classes(self) -> None:
        classes = tuple(self.metainfo['classes'])
        text = fileio.get_text(self.ann_file, backend_args=self.backend_args)
        try:
            names = [c['name'] for c in json.loads(text)['categories']]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f'{self.ann_file} is not a COCO file with categories: {error}'
            ) from error
        if tuple(name for name in names if name in classes) != classes:
            raise ValueError(
                f'{self.ann_file} has the classes {names}, the dataset '
                f'expects {list(classes)}. Give it '
                'metainfo=dict(classes=...) with names of the file, in the '
                'order of the file.'
            )


@DATASETS.register_module()
class M3FDDataset(InfraredCocoDataset):
    """The infrared images of M3FD: 4,200 of 1024x768, boxes of six classes.

    The set lies as published, ``Ir/00000.png`` and ``Annotation/00000.xml``.
    ``tools/dataset_converters/m3fd2coco.py`` makes the annotation files of
    it, and a split, for the set has no official one.
    """

    METAINFO = dict(
        classes=M3FD_CLASSES,
        palette=list(M3FD_PALETTE),
    )
    HINT = (
        'In the folder of M3FD (Ir and Annotation), make the annotation files '
        'of a split: python tools/dataset_converters/m3fd2coco.py '
        'data/M3FD/Annotation data/M3FD/m3fd.json --ratio 0.8'
    )
