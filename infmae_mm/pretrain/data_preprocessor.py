"""From batches of 8-bit images to the model's input, on the device."""

import warnings
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from mmpretrain.registry import MODELS


@MODELS.register_module()
class InfraredDataPreprocessor(BaseDataPreprocessor):
    """Normalises grey images on the device.

    Images travel as one channel of 8 bits, a twelfth of three float32
    channels. The channels that the model wants are a view, not copies.

    Args:
        mean (float): Mean of the images, 0 to 255. Defaults to 108.375, the
            0.425 of the authors' code.
        std (float): Standard deviation, 0 to 255. Defaults to 51, their
            0.200. Of 1 or less, it and the mean are taken to be on [0, 1], as
            they were before 0.1.0, with a warning.
        in_channels (int): Channels of the model's input. Defaults to 3.
        non_blocking (bool): Whether the copy to the device may overlap.
    """

    def __init__(
        self,
        mean: float = 108.375,
        std: float = 51.0,
        in_channels: int = 3,
        non_blocking: bool = True,
    ) -> None:
        super().__init__(non_blocking=non_blocking)
        if std <= 1:
            warnings.warn(
                f'InfraredDataPreprocessor(mean={mean}, std={std}): both are '
                'of images from 0 to 255 now, as everywhere else. Write '
                f'mean={mean * 255:g}, std={std * 255:g}.',
                UserWarning,
                stacklevel=2,
            )
            mean, std = mean * 255, std * 255
        self.mean = mean
        self.std = std
        self.in_channels = in_channels

    def forward(
        self, data: dict[str, Any], training: bool = False
    ) -> dict[str, Any]:
        """Stack, move and normalise a batch.

        Args:
            data (dict): ``inputs``, uint8 or float images of the range 0 to
                255, ``(B, C, H, W)`` or a list of ``(C, H, W)`` of one size,
                where C is 1 or ``in_channels``; and ``data_samples``.
            training (bool): Not used; part of mmengine's interface.

        Returns:
            dict: ``inputs`` as ``(B, in_channels, H, W)``, float32, and
            ``data_samples``.

        Raises:
            ValueError: If sizes differ or the channels do not fit.
        """
        inputs = data['inputs']
        if not isinstance(inputs, torch.Tensor):
            sizes = {tuple(image.shape) for image in inputs}
            if len(sizes) > 1:
                raise ValueError(
                    f'The images of a batch differ in size: {sorted(sizes)}. '
                    'Crop or resize them in the data pipeline.'
                )
            inputs = torch.stack(list(inputs))
        if inputs.shape[1] not in (1, self.in_channels):
            raise ValueError(
                f'Images have {inputs.shape[1]} channels; '
                f'InfraredDataPreprocessor(in_channels={self.in_channels}) '
                f'takes 1 or {self.in_channels}.'
            )
        inputs = inputs.to(self.device, non_blocking=self._non_blocking)
        inputs = inputs.float().mul_(1 / self.std)
        inputs = inputs.sub_(self.mean / self.std)
        inputs = inputs.expand(-1, self.in_channels, -1, -1)
        return {**data, 'inputs': inputs}  # data_samples hold no tensors
