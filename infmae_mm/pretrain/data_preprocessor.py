"""From batches of 8-bit images to the model's input, on the device."""

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
        mean (float): Mean of the images on [0, 1]. Defaults to 0.425, as in
            the authors' code.
        std (float): Standard deviation on [0, 1]. Defaults to 0.200.
        in_channels (int): Channels of the model's input. Defaults to 3.
        non_blocking (bool): Whether the copy to the device may overlap.
    """

    def __init__(
        self,
        mean: float = 0.425,
        std: float = 0.200,
        in_channels: int = 3,
        non_blocking: bool = True,
    ) -> None:
        super().__init__(non_blocking=non_blocking)
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
        inputs = inputs.float().mul_(1 / (255 * self.std))
        inputs = inputs.sub_(self.mean / self.std)
        inputs = inputs.expand(-1, self.in_channels, -1, -1)
        return {**data, 'inputs': inputs}  # data_samples hold no tensors
