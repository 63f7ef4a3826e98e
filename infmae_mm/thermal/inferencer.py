"""Upstream's inferencers on thermal images of any depth."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.structures import BaseDataElement
from torch import nn

from ..checkpoint import extract_state_dict, load_complete, read_checkpoint
from ..files import scan
from .loading import LoadThermalImage
from .reading import SUFFIXES


class ThermalInferencerMixin:
    """Lets an inferencer of mmseg, mmdet or mmpretrain read thermal images.

    Upstream's inferencers look for ``LoadImageFromFile`` in the test
    pipeline, put a loader of their own in its place, and read the image with
    OpenCV once more to draw on it: raw counts are black to both. With this
    class before them they read with the ``LoadThermalImage`` of the config::

        class ThermalSegInferencer(ThermalInferencerMixin, MMSegInferencer):
            ...

    Images are paths, or arrays in memory (:func:`.loading.array_to_grey`),
    which are mapped alike. Folders are searched at any depth. A picture has
    the name of its image, with ``.png`` behind it where it is of another
    format, and before it the folders where two images have one name.
    """

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
        self._source = weights
        return super()._init_model(cfg, None, device)

    def _load_weights_to_model(
        self, model: nn.Module, checkpoint: dict | None, cfg: Config
    ) -> None:
        """Let upstream take the classes of what is loaded here."""
        if self._source is not None:
            checkpoint = read_checkpoint(self._source)
            weights = extract_state_dict(checkpoint)
            load_complete(model, self._source, weights)
            checkpoint = {**checkpoint, 'state_dict': weights}
        super()._load_weights_to_model(model, checkpoint, cfg)

    def _init_pipeline(self, cfg: Config) -> Compose:
        """Take the test pipeline as it is, but for what loads labels.

        Raises:
            ValueError: If the pipeline does not load thermal images.
        """
        loaders, others = [], []
        for step in cfg.test_dataloader.dataset.pipeline:
            name = step['type']
            name = name if isinstance(name, str) else name.__name__
            name = name.split('.')[-1]
            if name == 'LoadThermalImage':
                loaders.append(step)
            elif not name.startswith('Load'):
                others.append(step)
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

    def _inputs_to_list(
        self, inputs: str | os.PathLike | np.ndarray | Sequence
    ) -> list[str | np.ndarray]:
        """Find the images of a folder, at any depth, as datasets do."""
        if isinstance(inputs, (str, os.PathLike)):
            inputs = os.fspath(inputs)
            if os.path.isdir(inputs):
                found = scan(inputs, SUFFIXES)
                return [os.path.join(inputs, name) for name in found]
            return [inputs]
        return (
            [inputs]
            if isinstance(inputs, np.ndarray)
            else [*map(_plain, inputs)]
        )

    def output_name(self, source: str, suffix: str) -> str:
        """Name for a result of an image; no two images share one.

        That of the file: pictures with ``.png`` behind it where it is of
        another format, other results in place of its ending. Where another
        image has that name, the whole name, then the folders before it,
        joined by ``__``.

        Args:
            source (str): Path or address of the image.
            suffix (str): Ending of the result: ``.png`` or another.
        """
        names = self.__dict__.setdefault('_output_names', {})
        path = source if '://' in source else os.path.abspath(source)
        if (path, suffix) not in names:
            taken = set(names.values())
            parts = path.replace(os.sep, '/').split('/')
            for n in range(1, len(parts) + 1):
                whole = '__'.join(parts[-n:])
                stem, ending = os.path.splitext(whole)
                shortened = suffix != '.png' or ending.lower() == '.png'
                choices = [stem + suffix] if shortened else []
                choices.append(whole + suffix)
                free = [name for name in choices if name not in taken]
                if free:
                    break
            else:  # only where names hold the joint itself
                free = [f'{len(taken)}__{parts[-1]}{suffix}']
            names[path, suffix] = free[0]
        return names[path, suffix]

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
            file = folder / self.output_name(source, '.png')
            file.write_bytes(cv2.imencode('.png', image)[1].tobytes())
            yield str(file)
            file.unlink()


def _plain(source: str | os.PathLike | np.ndarray) -> str | np.ndarray:
    return source if isinstance(source, np.ndarray) else os.fspath(source)


def _to_results(source: str | os.PathLike | np.ndarray) -> dict:
    """Make what a pipeline starts with of an image."""
    if isinstance(source, np.ndarray):
        return dict(img=source)
    return dict(img_path=os.fspath(source))
