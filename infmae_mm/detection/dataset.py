"""Datasets of boxes on infrared images, in COCO's format."""

import logging

from mmdet.datasets import CocoDataset
from mmdet.registry import DATASETS
from mmengine import fileio
from mmengine.logging import print_log

from ..annotations.coco import local_sizes, missing_images, read_coco
from ..annotations.coco_checks import CocoChecker
from ..annotations.error import AnnotationError
from ..classes import M3FD_CLASSES, M3FD_PALETTE, check_class_names


@DATASETS.register_module()
class InfraredCocoDataset(CocoDataset):
    """mmdet's CocoDataset that says what does not fit, before training.

    Without a word mmdet leaves out a class that the file does not have, and
    gives labels in the order of the file to the names in the order of
    ``metainfo``; it drops boxes and images whose sizes, ids or areas are
    wrong or missing, and meets a missing image in the middle of the training.
    Here the annotations go through
    :class:`..annotations.coco_checks.CocoChecker`, which holds them against
    the headers of the images, and the log says what was filled in and what
    was dropped.

    The arguments are those of :class:`mmdet.datasets.CocoDataset`;
    ``metainfo=dict(classes=...)`` names the classes to learn.

    Raises:
        FileNotFoundError: If the annotation file or an image is missing.
        ValueError: If the file does not have these classes in this order; if
            ``classes`` is a string; if an annotation cannot be used; or if
            no image, or no box to learn from, is left.
    """

    HINT = 'Set data_root, ann_file and data_prefix of the dataset.'

    def load_data_list(self) -> list[dict]:
        """Load the annotations and see that all is there."""
        classes = check_class_names(self.metainfo['classes'])
        if not fileio.exists(self.ann_file, self.backend_args):
            raise FileNotFoundError(
                f'{self.ann_file}: there is no such file. {self.HINT}'
            )
        coco = read_coco(self.ann_file, self.backend_args)
        names = [category.get('name') for category in coco['categories']]
        if tuple(name for name in names if name in classes) != classes:
            raise AnnotationError(
                f'{self.ann_file} has the classes {names}, the dataset '
                f'expects {list(classes)}. Give it '
                'metainfo=dict(classes=...) with names of the file, in the '
                'order of the file.'
            )
        # An object store has no fast answer.
        local = '://' not in self.data_prefix['img'] and not self.backend_args
        if local:
            self._check_images(coco)
        given = len(coco['annotations'])
        checker = CocoChecker(
            self.ann_file,
            local_sizes(self.data_prefix['img']) if local else None,
            need_masks=any(
                getattr(transform, 'with_mask', False)
                for transform in self.pipeline.transforms
            ),
        )
        coco = checker(coco)
        return self._parse(coco, given, checker.summary())

    def _parse(self, coco: dict, given: int, changes: str) -> list[dict]:
        """Bring checked annotations into mmdet's form."""
        classes = self.metainfo['classes']
        self.cat_ids = [
            c['id'] for c in coco['categories'] if c['name'] in classes
        ]
        self.cat2label = {id_: i for i, id_ in enumerate(self.cat_ids)}
        self.cat_img_map = {c['id']: [] for c in coco['categories']}
        annotations = {image['id']: [] for image in coco['images']}
        for annotation in coco['annotations']:
            annotations[annotation['image_id']].append(annotation)
            self.cat_img_map[annotation['category_id']].append(
                annotation['image_id']
            )
        data_list = [
            self.parse_data_info(
                dict(
                    raw_img_info=dict(image, img_id=image['id']),
                    raw_ann_info=annotations[image['id']],
                )
            )
            for image in coco['images']
        ]
        boxes = [box for data in data_list for box in data['instances']]
        kept = len(boxes)
        others = len(coco['annotations']) - kept
        crowds = sum(box['ignore_flag'] for box in boxes)
        parts = [f'{kept} of {given} boxes on {len(data_list)} images']
        if others:
            parts.append(f'boxes of classes that are not learnt: {others}')
        if crowds:
            parts.append(f'regions of crowds, not learnt: {crowds}')
        found = {box['bbox_label'] for box in boxes}
        absent = [name for i, name in enumerate(classes) if i not in found]
        if kept and absent:
            parts.append(f'classes without a box: {", ".join(absent)}')
        if changes:
            parts.append(changes)
        self._log('; '.join(parts))
        if given and kept == crowds:
            raise AnnotationError(
                f'{self.ann_file}: no box is left of {given} for the classes '
                f'{list(classes)} ({"; ".join(parts[1:])}).'
            )
        if not given:
            nothing = f'{self.ann_file} has no annotations, so there is '
            if not self.test_mode:
                raise AnnotationError(f'{nothing}nothing to learn from.')
            print_log(
                f'{nothing}nothing to measure with.',
                logger='current',
                level=logging.WARNING,
            )
        return data_list

    def filter_data(self) -> list[dict]:
        """Leave out what ``filter_cfg`` asks for, and tell how many.

        Raises:
            AnnotationError: If no image is left.
        """
        kept = super().filter_data()
        dropped = len(self.data_list) - len(kept)
        if not kept:
            raise AnnotationError(
                f'{self.ann_file}: none of {dropped} images is left by '
                f'filter_cfg={self.filter_cfg}.'
            )
        if dropped:
            self._log(
                f'{dropped} of {len(self.data_list)} images left out by '
                f'filter_cfg={dict(self.filter_cfg)}: they have no box to '
                'learn from, or are too small'
            )
        return kept

    def _check_images(self, coco: dict) -> None:
        missing = missing_images(coco, self.data_prefix['img'])
        if missing:
            raise FileNotFoundError(
                f'{len(missing)} of the {len(coco["images"])} images of '
                f'{self.ann_file} are missing, such as {missing[0]}. '
                f'{self.HINT}'
            )

    def _log(self, text: str) -> None:
        print_log(f'{self.ann_file}: {text}.', logger='current')


@DATASETS.register_module()
class M3FDDataset(InfraredCocoDataset):
    """The infrared images of M3FD: 4,200 of 1024x768, boxes of six classes.

    The set lies as published, ``Ir/00000.png`` and ``Annotation/00000.xml``.
    ``tools/dataset_converters/m3fd2coco.py`` makes the annotation files of
    it, and a split, for the set has no official one.
    """

    METAINFO = dict(classes=M3FD_CLASSES, palette=list(M3FD_PALETTE))
    HINT = (
        'In the folder of M3FD (Ir and Annotation), make the annotation files '
        'of a split: python tools/dataset_converters/m3fd2coco.py '
        'data/M3FD/Annotation data/M3FD/m3fd.json --ratio 0.8'
    )
