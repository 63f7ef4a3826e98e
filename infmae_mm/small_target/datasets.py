"""Sets of infrared images with a mask of the small targets in each."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from mmengine import fileio
from mmengine.dataset import BaseDataset
from mmengine.logging import print_log
from mmengine.registry import DATASETS

from ..annotations.masks import read_mask
from ..annotations.pairs import Size, check_sizes, check_some
from ..classes import SMALL_TARGET_CLASSES, SMALL_TARGET_PALETTE
from ..files import is_folder, parse_list
from ..thermal.formats import SUFFIXES


@DATASETS.register_module()
class SmallTargetDataset(BaseDataset):
    """A folder of images and a folder of masks, any formats of each.

    The mask of ``a.png`` is the file ``a<mask_suffix>`` of the mask folder,
    with any ending of an image. Images without a target are kept. A sample
    starts as a dict of ``img_path``, ``seg_map_path`` and ``seg_fields``,
    as mmseg's transforms expect it: load the image with
    ``LoadThermalImage``, the mask with :class:`.transforms.LoadTargetMask`.

    The folder in the layout of a published set: :class:`IRSTD1kDataset`,
    :class:`NUDTSIRSTDataset`, :class:`SIRSTDataset`.

    Args:
        data_root (str): Folder of the set.
        ann_file (str): Split: a file of names, one a line, with or without
            ending, relative to ``data_root``. All images of the folder
            without it.
        pipeline (Sequence[dict | Callable]): Transforms.
        data_prefix (Mapping, optional): Folders of the images
            (``img_path``) and of the masks (``seg_map_path``), relative to
            ``data_root``. Defaults to those of the layout.
        mask_suffix (str, optional): What follows the name of the image in
            the name of its mask. Defaults to that of the layout.
        indices (int | Sequence[int], optional): Take the first so many
            images of the split, or these.
        test_mode (bool): Whether the set is for validation or test.
        metainfo (dict, optional): Other names or colours of the two classes.
        serialize_data (bool): Keep the list of images as bytes that workers
            share. Defaults to True.
        lazy_init (bool): Look for the files at the first use, not now.
        max_refetch (int): How often another image is tried where the
            pipeline gives none. Defaults to 1000.
        backend_args (dict, optional): Arguments of the file backend, for
            sets that are not local.

    Raises:
        FileNotFoundError: If a folder, the split, an image of the split, or
            a mask does not exist, or there is no image.
        ValueError: If the split is empty or names an image twice, if two
            files have the name of one, ``data_prefix`` has another key, an
            image would be its own mask, masks are of other sizes than their
            images, or one of those that are looked at beforehand is no mask
            (see :func:`.read_mask`).
    """

    METAINFO = dict(
        classes=SMALL_TARGET_CLASSES,
        palette=[list(colour) for colour in SMALL_TARGET_PALETTE],
    )
    IMAGES, MASKS, MASK_SUFFIX = 'images', 'masks', ''
    RESIZED_MASKS: Mapping[str, tuple[Size, Size]] = {}
    """Images whose published mask is of another size, and scaled to theirs:
    height and width of the image, and of the mask."""

    def __init__(
        self,
        data_root: str,
        ann_file: str = '',
        pipeline: Sequence[dict | Callable] = (),
        data_prefix: Mapping[str, str] | None = None,
        mask_suffix: str | None = None,
        indices: int | Sequence[int] | None = None,
        test_mode: bool = False,
        metainfo: dict | None = None,
        serialize_data: bool = True,
        lazy_init: bool = False,
        max_refetch: int = 1000,
        backend_args: dict | None = None,
    ) -> None:
        folders = dict(img_path=self.IMAGES, seg_map_path=self.MASKS)
        unknown = set(data_prefix or {}) - set(folders)
        if unknown:
            raise ValueError(
                f'data_prefix has the keys {sorted(folders)}, got '
                f'{sorted(unknown)}.'
            )
        if mask_suffix is None:
            mask_suffix = self.MASK_SUFFIX
        self.mask_suffix = mask_suffix
        self.backend_args = backend_args
        super().__init__(
            ann_file=ann_file,
            data_root=str(data_root),
            data_prefix={**folders, **(data_prefix or {})},
            pipeline=list(pipeline),
            indices=indices,
            test_mode=test_mode,
            metainfo=metainfo,
            serialize_data=serialize_data,
            lazy_init=lazy_init,
            max_refetch=max_refetch,
        )

    def load_data_list(self) -> list[dict]:
        """Pair images and masks; see the class for the errors."""
        image_dir = self.data_prefix['img_path']
        mask_dir = self.data_prefix['seg_map_path']
        images = _files(image_dir, 'images', self.backend_args)
        masks = _files(mask_dir, 'masks', self.backend_args)
        names = self._names_of_split() if self.ann_file else sorted(images)
        missing = [name for name in names if name not in images]
        if missing:
            raise FileNotFoundError(
                f'{missing[0]!r} of the split {self.ann_file} is no image in '
                f'{image_dir} ({len(missing)} of {len(names)} are not there).'
            )
        missing = [
            name for name in names if name + self.mask_suffix not in masks
        ]
        if missing:
            raise FileNotFoundError(
                f'{fileio.join_path(image_dir, images[missing[0]])} has no '
                f'mask: there is no {missing[0]}{self.mask_suffix}.png in '
                f'{mask_dir} ({len(missing)} of {len(names)} masks are '
                'missing). An image without a target needs a black mask; '
                'another way to name masks is set by mask_suffix.'
            )
        pairs = {
            self._join(image_dir, images[name]): self._join(
                mask_dir, masks[name + self.mask_suffix]
            )
            for name in names
        }
        own = [image for image, mask in pairs.items() if image == mask]
        if own:
            raise ValueError(
                f'{own[0]} would be its own mask ({len(own)} of {len(pairs)} '
                'images would): set data_prefix to the two folders, or '
                'mask_suffix.'
            )
        resized: list[str] = []
        # An object store has no fast answer.
        if '://' not in image_dir and not self.backend_args:
            known = {
                image: self.RESIZED_MASKS[name]
                for name, image in zip(names, pairs, strict=True)
                if name in self.RESIZED_MASKS
            }
            resized = check_sizes(pairs, 'mask', known)
            check_some(list(pairs.values()), read_mask)
        for image in resized:
            print_log(
                f'{image}: its published mask is of another size and is '
                'scaled to the image by nearest neighbour (a known slip of '
                'this set, see docs/small_target.md).',
                logger='current',
            )
        return [
            dict(
                img_path=image,
                seg_map_path=mask,
                seg_fields=[],
                resize_mask=image in resized,
            )
            for image, mask in pairs.items()
        ]

    def _join(self, folder: str, file: str) -> str:
        return fileio.join_path(folder, file, backend_args=self.backend_args)

    def _names_of_split(self) -> list[str]:
        try:
            content = fileio.get(self.ann_file, self.backend_args)
        except FileNotFoundError:
            raise FileNotFoundError(
                f'There is no split {self.ann_file} (ann_file, relative to '
                'data_root).'
            ) from None
        names = [_stem(line) for line in parse_list(content, self.ann_file)]
        if not names:
            raise ValueError(
                f'The split {self.ann_file} is empty: it names the images, '
                'one a line.'
            )
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f'The split {self.ann_file} has {twice!r} twice.')
        return names


@DATASETS.register_module()
class IRSTD1kDataset(SmallTargetDataset):
    """IRSTD-1k: 1,001 images of 512x512, in its published layout.

    ``IRSTD1k_Img/XDU0.png``, ``IRSTD1k_Label/XDU0.png``, and split files.
    Zhang et al., *ISNet*, CVPR 2022. See :class:`SmallTargetDataset` for
    the arguments.
    """

    IMAGES, MASKS = 'IRSTD1k_Img', 'IRSTD1k_Label'


@DATASETS.register_module()
class NUDTSIRSTDataset(SmallTargetDataset):
    """NUDT-SIRST: 1,327 images of 256x256, in its published layout.

    ``images/000001.png``, ``masks/000001.png``, and split files. Li et al.,
    *Dense Nested Attention Network*, TIP 2022. See
    :class:`SmallTargetDataset` for the arguments.
    """


@DATASETS.register_module()
class SIRSTDataset(SmallTargetDataset):
    """SIRST: 427 images of many sizes and modes, in its published layout.

    ``images/Misc_1.png``, ``masks/Misc_1_pixels0.png``, and split files.
    Dai et al., *Asymmetric Contextual Modulation*, WACV 2021. See
    :class:`SmallTargetDataset` for the arguments.

    Its test split has an image of 325x220, ``Misc_111``, whose mask is of
    592x400. The mask is scaled to the image by nearest neighbour: published
    code that resizes images and masks to a square, as DNANet and MSHNet do,
    scales it as well. Code that pads images and then cuts the mask to the
    size of the image measures another part of the mask.
    """

    MASK_SUFFIX = '_pixels0'
    RESIZED_MASKS = {'Misc_111': ((220, 325), (400, 592))}


def _stem(file: str) -> str:
    """Name of a file without the ending of an image, if it has one."""
    path = PurePath(file)
    return path.stem if path.suffix.lower() in SUFFIXES else path.name


def _files(
    folder: str, what: str, backend_args: dict | None
) -> dict[str, str]:
    """Image files of a folder by their names without ending."""
    local = '://' not in folder and not backend_args
    if local and not os.path.isdir(folder):
        raise FileNotFoundError(
            f'There is no folder {folder} for the {what} (data_root and '
            f'data_prefix; the current folder is {os.getcwd()}).'
        )
    files = {}
    if local:
        # links that lead nowhere as well: they are told of when they are read
        found = [e.name for e in os.scandir(folder) if not is_folder(e)]
    else:
        found = fileio.list_dir_or_file(
            folder, list_dir=False, backend_args=backend_args
        )
    for file in sorted(found):
        if file.startswith('.') or not file.lower().endswith(SUFFIXES):
            continue
        other = files.setdefault(_stem(file), file)
        if other != file:
            raise ValueError(
                f'{other} and {file} in {folder} have one name: remove one.'
            )
    if not files:
        raise FileNotFoundError(
            f'There is no image in {folder} ({what}): looked for '
            f'{", ".join(SUFFIXES)}.'
        )
    return files
