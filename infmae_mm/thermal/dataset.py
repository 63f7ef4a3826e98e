"""Infrared images without labels: a folder or a list."""

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

import numpy as np
from mmengine import fileio
from mmengine.dataset import BaseDataset
from mmengine.registry import DATASETS

from ..files import parse_list, scan
from .formats import SUFFIXES
from .reading import UnreadableImageError
from .shards import member_of


def scan_images(folder: str) -> Iterator[str]:
    """Find the images below a folder by :func:`..files.scan`.

    Args:
        folder (str): A local folder.

    Yields:
        str: Path relative to ``folder``, with ``/`` between its parts.
    """
    return scan(folder, SUFFIXES)


def split_paths(
    paths: Sequence[str], holdout: float
) -> tuple[list[str], list[str]]:
    """Split images by a hash of their path.

    The side of an image does not depend on which others there are, on
    their order, or on a seed. There is one exception: where all of at least
    two images fall on one side, the nearest one goes to the other.
    Neighbouring frames of a video may fall on both sides; hold out whole
    videos with list files.

    Args:
        paths (Sequence[str]): Relative paths.
        holdout (float): Share of the second list, within (0, 1).

    Returns:
        tuple[list[str], list[str]]: Training and validation paths, in their
        order.
    """
    place = np.array(
        [
            int.from_bytes(
                blake2b(os.fsencode(p), digest_size=8).digest(), 'big'
            )
            for p in paths
        ],
        dtype=np.uint64,
    ) / float(2**64)
    held_out = place < holdout
    if len(paths) == 1:
        held_out[:] = False
    elif not held_out.any():
        held_out[place.argmin()] = True
    elif held_out.all():
        held_out[place.argmax()] = False
    return (
        [p for p, held in zip(paths, held_out, strict=True) if not held],
        [p for p, held in zip(paths, held_out, strict=True) if held],
    )


def _find_list(data_root: str, ann_file: str) -> tuple[str, str]:
    """Allow a list as ``data_root``, and one that lies elsewhere."""
    if not ann_file and data_root.lower().endswith('.txt'):
        folder, name = os.path.split(data_root)
        return folder, name
    elsewhere = (
        '://' not in ann_file
        and not os.path.isfile(os.path.join(data_root, ann_file))
        and os.path.isfile(ann_file)
    )
    return data_root, os.path.abspath(ann_file) if elsewhere else ann_file


@DATASETS.register_module()
class InfraredImages(BaseDataset):
    """Infrared images of a folder tree or of a list, for pre-training.

    An image that cannot be read is replaced by another one: a random one in
    training, the next one with ``test_mode``. The sample names what it
    stands in for (metainfo ``unreadable``, a tuple of paths). A worker
    tries such a file only once.

    With :class:`.transforms.PackInfrared` at the end of the pipeline, a
    sample is a dict of ``inputs`` (uint8 tensor, (1, H, W)) and
    ``data_samples`` (``BaseDataElement``).

    Args:
        data_root (str): Folder that holds the images, at any depth; or a
            list of images, a file that ends in ``.txt``, with one path a
            line: absolute, or relative to the folder of the list.
        ann_file (str): List of images, one path a line, instead of all
            images of the folder. The paths are absolute or relative to
            ``data_root``; that of the list itself too, or, where
            ``data_root`` has no such file, to the current folder. Needed
            where ``data_root`` is not a local folder. Addresses of any
            backend of mmengine may stand in it, such as those of
            :class:`.shards.TarBackend`. Of the files of a list
            only the first few are looked for when it is read.
        pipeline (Sequence[dict | Callable]): Transforms.
        subset (str): ``'all'`` or, by :func:`split_paths`, ``'train'`` or
            ``'val'``. Defaults to ``'all'``.
        holdout (float): Share of the images in ``'val'``. Defaults to 0.01.
        max_images (int, optional): Take at most so many images of the
            subset, spread evenly over their sorted paths: Inf10 and Inf15 of
            the paper (Table 8) are such samples. Defaults to None, all.
        test_mode (bool): Replace unreadable images deterministically.
        max_refetch (int): Unreadable images in a row at which to give up.
            Defaults to 100.
        indices (int | Sequence[int], optional): Take the first so many
            images of the subset, or these.
        serialize_data (bool): Keep the list of images as bytes that workers
            share. Defaults to True.
        lazy_init (bool): Look for the images at the first use, not now.

    Raises:
        FileNotFoundError: If the folder or the list does not exist, or the
            folder or the list holds no image.
        NotADirectoryError: If ``data_root`` is a file.
        ValueError: If an option is out of range, or ``'val'`` is asked of
            a single image.
    """

    def __init__(
        self,
        data_root: str,
        ann_file: str = '',
        pipeline: Sequence[dict | Callable] = (),
        subset: str = 'all',
        holdout: float = 0.01,
        max_images: int | None = None,
        test_mode: bool = False,
        max_refetch: int = 100,
        indices: int | Sequence[int] | None = None,
        serialize_data: bool = True,
        lazy_init: bool = False,
    ) -> None:
        if subset not in ('all', 'train', 'val'):
            raise ValueError(
                f"subset must be 'all', 'train' or 'val', got {subset!r}."
            )
        if not 0 < holdout < 1:
            raise ValueError(f'holdout must be within (0, 1), got {holdout}.')
        if max_images is not None and max_images < 1:
            raise ValueError(f'max_images must be 1 or more: {max_images}.')
        if max_refetch < 1:
            raise ValueError(f'max_refetch must be 1 or more: {max_refetch}.')
        self.subset = subset
        self.max_images = max_images
        self.holdout = holdout
        data_root, ann_file = _find_list(str(data_root), ann_file)
        # of this process: what it found unreadable, by index
        self._unreadable: dict[int, UnreadableImageError] = {}
        super().__init__(
            ann_file=ann_file,
            data_root=data_root,
            data_prefix={},
            pipeline=list(pipeline),
            test_mode=test_mode,
            max_refetch=max_refetch,
            indices=indices,
            serialize_data=serialize_data,
            lazy_init=lazy_init,
        )

    def load_data_list(self) -> list[dict]:
        """Find the images; see the class for the errors."""
        paths = self._listed() if self.ann_file else self._found()
        if self.subset != 'all':
            train, val = split_paths(paths, self.holdout)
            paths = train if self.subset == 'train' else val
        if not paths:
            raise ValueError(
                f'There is one image in {self.data_root}: none is left for '
                "the subset 'val'."
            )
        if self.max_images is not None and self.max_images < len(paths):
            spread = np.linspace(0, len(paths) - 1, self.max_images)
            paths = [paths[i] for i in spread.round().astype(int)]
        return [dict(img_path=self._full_path(path)) for path in paths]

    def _full_path(self, path: str) -> str:
        if '://' in path:
            return path
        if '://' in self.data_root:
            return fileio.join_path(self.data_root, path)
        return os.path.join(self.data_root, path)

    def _found(self) -> list[str]:
        root = self.data_root
        if '://' in root:
            raise FileNotFoundError(
                f'{root} is not a local folder, so it cannot be searched for '
                'images: give their list as ann_file.'
            )
        if not os.path.exists(root):
            raise FileNotFoundError(
                f'There is no folder {root!r} (data_root; the current folder '
                f'is {os.getcwd()}).'
            )
        if not os.path.isdir(root):
            raise NotADirectoryError(
                f'{root} (data_root) is a file: give the folder that holds '
                'the images, or a list of them as ann_file.'
            )
        paths = list(scan_images(root))
        if not paths:
            raise FileNotFoundError(
                f'There is no image in {root} (data_root) and its folders: '
                f'looked for {", ".join(SUFFIXES)} in any case.'
            )
        return paths

    def _listed(self) -> list[str]:
        try:
            paths = parse_list(fileio.get(self.ann_file), self.ann_file)
        except FileNotFoundError:
            raise FileNotFoundError(
                f'There is no list of images {self.ann_file!r} (ann_file, '
                'relative to data_root or to the current folder, '
                f'{os.getcwd()}).'
            ) from None
        for path in paths:
            if not member_of(path).lower().endswith(SUFFIXES):
                raise ValueError(
                    f'{self.ann_file} names {ascii(path)}, which ends in none '
                    f'of {", ".join(SUFFIXES)}: each line is the path of an '
                    'image, absolute or relative to data_root.'
                )
        # some may be missing, which is reported in training, but not all
        if not paths:
            raise FileNotFoundError(
                f'The list of images {self.ann_file} is empty.'
            )
        first = [self._full_path(path) for path in paths[:100]]
        if not any(map(fileio.exists, first)):
            raise FileNotFoundError(
                f'None of the first images of {self.ann_file} exists, such '
                f'as {first[0]!r}: its paths are absolute or relative to '
                f'{self.data_root!r} (data_root).'
            )
        return paths

    def __getitem__(self, idx: int) -> dict:
        """Get a sample, or what stands in for it.

        Raises:
            RuntimeError: If ``max_refetch`` images in a row are unreadable.
        """
        errors = []
        while len(errors) < self.max_refetch:
            error = self._unreadable.get(idx)
            if error is None:
                info = self.get_data_info(idx)
                info['unreadable'] = tuple(e.path for e in errors)
                try:
                    return self.pipeline(info)
                except UnreadableImageError as e:
                    # not `e`, whose traceback keeps what was read
                    error = UnreadableImageError(e.path, e.reason)
                    self._unreadable[idx] = error
            errors.append(error)
            following = (idx + 1) % len(self)
            idx = following if self.test_mode else self._rand_another()
        raise RuntimeError(
            f'{len(errors)} images in a row could not be read, so the folder '
            f'{self.data_root} seems broken. The last: {errors[-1]}'
        )
