"""Pictures of the reconstruction while training goes on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor

from .visualization import draw_view, fixed_randomness, reconstruct_view


@HOOKS.register_module()
class ReconstructionViewHook(Hook):
    """Draws the reconstruction of the same images again and again.

    The pictures go to the visualizer: to ``vis_data`` of the work directory
    and to TensorBoard, whichever the config has. Training is the same, bit for
    bit, with and without this hook. Only the main process draws.

    Args:
        interval (int): Epochs, or iterations, from one drawing to the next.
            Defaults to 1.
        by_epoch (bool): Whether ``interval`` counts epochs. Defaults to True.
        images (int | Sequence[str]): How many images to take, evenly spread
            over the validation set, or the paths of images. Defaults to 4.
        seed (int): Of random masking, so that the mask stays the same.

    Raises:
        ValueError: If an argument is out of range, or training has no
            validation set to take images and their transforms from.
    """

    priority = 'LOW'

    def __init__(
        self,
        interval: int = 1,
        by_epoch: bool = True,
        images: int | Sequence[str] = 4,
        seed: int = 0,
    ) -> None:
        if interval < 1:
            raise ValueError(f'interval must be 1 or more, got {interval}.')
        if isinstance(images, str):
            images = [images]
        if not images or (isinstance(images, int) and images < 1):
            raise ValueError(
                f'images must be a number from 1 on, or paths, got {images!r}.'
            )
        self.interval = interval
        self.by_epoch = by_epoch
        self.images = images
        self.seed = seed
        self._samples: list[tuple[str, Tensor]] = []

    @master_only
    def before_train(self, runner: Runner) -> None:
        """Load the images, through the transforms of validation."""
        if runner.val_loop is None:
            raise ValueError(
                'ReconstructionViewHook takes images and transforms from the '
                'validation set, but the config has no val_dataloader. Add '
                'one, or remove the hook.'
            )
        dataset = runner.val_dataloader.dataset
        with fixed_randomness(self.seed, torch.device('cpu')):
            if isinstance(self.images, int):
                count = min(self.images, len(dataset))
                ids = np.linspace(0, len(dataset) - 1, count).round()
                samples = [dataset[int(i)] for i in ids]
            else:
                samples = [
                    dataset.pipeline(dict(img_path=str(path), unreadable=()))
                    for path in self.images
                ]
        self._samples = [
            (Path(s['data_samples'].img_path).name, s['inputs'])
            for s in samples
        ]

    def after_train_epoch(self, runner: Runner) -> None:
        """Draw at the end of every ``interval`` epochs."""
        if self.by_epoch and (
            self.every_n_epochs(runner, self.interval)
            or self.is_last_train_epoch(runner)
        ):
            self._draw(runner, runner.iter)

    def after_train_iter(self, runner: Runner, *args, **kwargs) -> None:
        """Draw after every ``interval`` iterations."""
        if not self.by_epoch and (
            self.every_n_train_iters(runner, self.interval)
            or self.is_last_train_iter(runner)
        ):
            self._draw(runner, runner.iter + 1)

    @master_only
    def _draw(self, runner: Runner, iterations: int) -> None:
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        for i, (name, image) in enumerate(self._samples):
            view = reconstruct_view(model, image, self.seed)
            title = f'{name}, after {iterations} iterations'
            runner.visualizer.add_image(
                f'reconstruction_{i}', draw_view(view, title), step=iterations
            )
