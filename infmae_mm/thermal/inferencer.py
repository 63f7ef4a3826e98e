"""Upstream's inferencers on thermal images of any depth."""

import inspect
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import DefaultScope
from mmengine.structures import BaseDataElement
from torch import nn

from ..checkpoint import extract_state_dict, load_complete, read_checkpoint
from .dataset import scan_images
from .loading import LoadThermalImage, split_pipeline

ThermalImage = str | os.PathLike | np.ndarray
ThermalInputs = ThermalImage | Sequence[ThermalImage]


class ThermalInferencerMixin:
    """Lets an inferencer of mmseg, mmdet or mmpretrain read thermal images.

    Upstream's inferencers look for ``LoadImageFromFile`` in the test
    pipeline, put a loader of their own in its place, and read the image with
    OpenCV once more to draw on it: raw counts are black to both. With this
    class before them they read with the ``LoadThermalImage`` of the config::

        class ThermalSegInferencer(ThermalInferencerMixin, MMSegInferencer):
            ...

    Images are paths, or arrays in memory (:func:`.loading.array_to_grey`),
    which are mapped alike. A picture has the name of its image, with
    ``.png`` behind it where it is of another format. Images whose names
    differ by folder or suffix alone keep those in the names of their results.
    """

    # of images in this call whose results would share a file
    _names: Mapping[str, str] = {}
    _picture_names: Mapping[str, str] = {}
    # where the results of this call go, if anywhere
    _out_dir = ''

    def __call__(self, inputs: ThermalInputs, *args, **kwargs) -> dict:
        """Predict as upstream does.

        What lies in ``out_dir`` (``show_dir`` of mmpretrain) is no image of
        a folder around it: a second call would predict on drawings.

        Args:
            inputs (ThermalInputs): A folder, images or arrays.
            *args: Upstream's options.
            **kwargs: Upstream's options.

        Returns:
            dict: Upstream's results.

        Raises:
            UnreadableImageError: If an image cannot be read: the call ends,
                for results are counted by the inputs.
            ValueError: If there is no image in a folder, or the results
                would lie among its images.
        """
        call = super().__call__
        given = inspect.signature(call).bind(inputs, *args, **kwargs).arguments
        given = {**given, **given.get('kwargs', {})}
        self._out_dir = given.get('out_dir') or given.get('show_dir') or ''
        return call(inputs, *args, **kwargs)

    def _init_model(
        self, cfg: Config, weights: str | None, device: str = 'cpu'
    ) -> nn.Module:
        """Build the model with all of its weights, or refuse.

        Raises:
            ValueError: If no config is given. Upstream would take the text
                in the checkpoint, and run it.
            CheckpointError: If the file cannot be read, or does not fit.
        """
        if not cfg:
            raise ValueError(
                f'{type(self).__name__} needs the config beside the weights: '
                'the copy of it in a checkpoint is Python code, which is not '
                f'run. Give model=CONFIG, weights={weights!r}.'
            )
        if weights is None:
            print_log(
                f'{type(self).__name__} was given no weights: it predicts '
                'from weights at random.',
                logger='current',
                level=logging.WARNING,
            )
        self._source = weights
        return super()._init_model(cfg, None, device)

    def _load_weights_to_model(
        self, model: nn.Module, checkpoint: dict | None, cfg: Config
    ) -> None:
        """Let upstream take the classes of what is loaded here."""
        if self._source is not None:
            checkpoint = read_checkpoint(self._source)
            weights = extract_state_dict(checkpoint)
            load_complete(model, self._source, checkpoint)
            checkpoint = {**checkpoint, 'state_dict': weights}
        super()._load_weights_to_model(model, checkpoint, cfg)

    def _init_pipeline(self, cfg: Config) -> Compose:
        """Take the test pipeline as it is, but for what loads labels.

        Raises:
            ValueError: If the pipeline does not load thermal images.
        """
        pipeline = cfg.test_dataloader.dataset.pipeline
        loaders, others = split_pipeline(pipeline)
        if len(loaders) != 1:
            raise ValueError(
                f'{type(self).__name__} needs one LoadThermalImage in the '
                f'pipeline of the test set, and found {len(loaders)}. For '
                "ordinary pictures take upstream's inferencer."
            )
        # what is drawn on: 8 bits, three channels
        options = {k: v for k, v in loaders[0].items() if k != 'type'}
        options.update(channels=3, to_float32=False)
        self._read_picture = LoadThermalImage(**options)
        with DefaultScope.overwrite_default_scope(cfg.get('default_scope')):
            return Compose([_to_results, *loaders, *others])

    def _inputs_to_list(self, inputs: ThermalInputs) -> list:
        """List the images of a folder as the datasets do; keep names apart.

        Raises:
            ValueError: See the call.
        """
        if isinstance(inputs, (str, os.PathLike)) and os.path.isdir(inputs):
            folder = os.fspath(inputs)
            results = f'{self._results_in(folder)}/'
            inputs = [
                os.path.join(folder, name)
                for name in scan_images(folder)
                if not name.startswith(results)
            ]
            if not inputs:
                raise ValueError(f'There is no image in the folder {folder}.')
        inputs = [
            os.fspath(image) if isinstance(image, os.PathLike) else image
            for image in super()._inputs_to_list(inputs)
        ]
        paths = [i for i in inputs if isinstance(i, str)]
        self._names = _names_apart(paths, lambda path: Path(path).stem)
        self._picture_names = _names_apart(paths, _picture_name)
        return inputs

    def _results_in(self, folder: str) -> str:
        """Where in a folder the results go; if anywhere else, no name."""
        if not self._out_dir:
            return ''
        out_dir, folder = map(os.path.realpath, (self._out_dir, folder))
        if out_dir == folder:
            raise ValueError(
                f'The results would lie among the images of {folder}: choose '
                'another folder for them.'
            )
        return os.path.relpath(out_dir, folder)

    def visualize(
        self,
        inputs: Sequence[str | np.ndarray],
        preds: Sequence[BaseDataElement],
        **kwargs,
    ) -> list[np.ndarray] | None:
        """Draw as upstream does, on the mapped images.

        Args:
            inputs (Sequence[str | np.ndarray]): Images.
            preds (Sequence[BaseDataElement]): Their predictions.
            **kwargs: Upstream's options.

        Returns:
            list[np.ndarray] | None: The pictures; None where none is wanted.
        """
        with TemporaryDirectory() as folder:
            # read one by one, and only if upstream draws
            pictures = self._pictures(inputs, Path(folder))
            return super().visualize(pictures, preds, **kwargs)

    def _pictures(
        self, inputs: Sequence[str | np.ndarray], folder: Path
    ) -> Iterator[str | np.ndarray]:
        for source in inputs:
            image = self._read_picture(_to_results(source))['img']
            if isinstance(source, np.ndarray):
                yield image
                continue
            # a file, for upstream names its pictures after files
            name = self._picture_names.get(source, _picture_name(source))
            file = folder / name
            file.write_bytes(cv2.imencode('.png', image)[1].tobytes())
            yield str(file)
            file.unlink()


def _picture_name(path: str) -> str:
    name = os.path.basename(path)
    return name if name.lower().endswith('.png') else f'{name}.png'


def _names_apart(
    paths: Sequence[str], name_of: Callable[[str], str]
) -> dict[str, str]:
    """Names for results of images that upstream would give one name.

    The last of two would replace the first.

    Args:
        paths (Sequence[str]): Paths of images.
        name_of (Callable): What upstream names a result after.

    Returns:
        dict[str, str]: Of such images alone: ``a/0001.jpg`` and
        ``b/0001.jpg`` become ``a_0001_jpg.png`` and ``b_0001_jpg.png``.
    """
    paths = list(dict.fromkeys(paths))
    given = Counter(name_of(path).lower() for path in paths)
    alike = [path for path in paths if given[name_of(path).lower()] > 1]
    if not alike:
        return {}
    folders = [os.path.dirname(os.path.abspath(path)) for path in alike]
    common = os.path.commonpath(folders)
    names: dict[str, str] = {}
    taken = {Path(name).stem for name in given}
    for path in alike:
        name = os.path.relpath(os.path.abspath(path), common)
        name = name.replace(os.sep, '_').replace('.', '_')
        number = 1
        while (unique := f'{name}_{number}' if number > 1 else name) in taken:
            number += 1
        taken.add(unique)
        names[path] = f'{unique}.png'
    return names


def _to_results(source: str | os.PathLike | np.ndarray) -> dict:
    """Make what a pipeline starts with of an image."""
    if isinstance(source, np.ndarray):
        return dict(img=source)
    return dict(img_path=os.fspath(source))
