"""Pictures of what a model predicts, over the thermal image."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from mmengine.visualization import Visualizer

from ..files import check_new_folder
from .loading import LoadThermalImage


@HOOKS.register_module()
class ThermalVisualizationHook(Hook):
    """Draws every test image with labels and prediction, into a folder.

    Upstream's hooks read the image once more with OpenCV, to which raw counts
    are black. This one reads it as the test pipeline does, with the same
    mapping, and leaves the drawing to the visualizer of the config: that of
    mmseg, of mmdet or one of this project.

    A picture has the name of its image, with the folders below the dataset's
    ``data_root`` (of an image elsewhere: all folders). Every process draws its
    own images.

    Args:
        out_dir (str): Folder for the pictures (PNG).

    Raises:
        FileExistsError: If the folder exists and is not empty.
        ValueError: If the config's visualizer cannot draw samples.
    """

    def __init__(self, out_dir: str) -> None:
        self.out_dir = Path(out_dir)
        check_new_folder(out_dir)

    def before_test(self, runner: Runner) -> None:
        """Find the loader and the root of the test set."""
        visualizer = runner.visualizer
        if type(visualizer).add_datasample is Visualizer.add_datasample:
            raise ValueError(
                f'The visualizer of the config, {type(visualizer).__name__}, '
                'cannot draw predictions. Set for example '
                "visualizer = dict(type='SegLocalVisualizer', ...) for mmseg "
                "or 'DetLocalVisualizer' for mmdet."
            )
        dataset = runner.test_dataloader.dataset
        self._root = os.path.abspath(getattr(dataset, 'data_root', None) or '')
        transforms = getattr(dataset, 'pipeline', None)
        loaders = [
            transform
            for transform in getattr(transforms, 'transforms', ())
            if isinstance(transform, LoadThermalImage)
        ]
        self._load = loaders[0] if loaders else LoadThermalImage()

    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: Sequence[BaseDataElement] | None = None,
    ) -> None:
        """Draw the images of a batch."""
        for sample in outputs:
            image = self._load(dict(img_path=sample.img_path))['img']
            image = image.clip(0, 255).astype(np.uint8)  # (H, W, 1 or 3)
            file = self.picture_path(sample.img_path)
            file.parent.mkdir(parents=True, exist_ok=True)
            runner.visualizer.add_datasample(
                file.stem,
                np.repeat(image[..., :1], 3, axis=2),  # (H, W, 3)
                data_sample=sample,
                out_file=str(file),
            )

    def picture_path(self, image: str) -> Path:
        """The file for the picture of an image: no two share one."""
        image = os.path.abspath(image)
        relative = os.path.relpath(image, self._root)
        if relative.startswith(os.pardir):
            relative = image.lstrip(os.sep)
        picture = self.out_dir / relative
        if picture.suffix.lower() != '.png':
            picture = picture.with_name(f'{picture.name}.png')
        return picture
