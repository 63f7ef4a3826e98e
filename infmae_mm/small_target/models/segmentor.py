"""Segmentors of small targets: heads that see the image, views that agree."""

from collections.abc import Callable
from typing import Any

import torch
from mmseg.models.segmentors import EncoderDecoder
from mmseg.registry import MODELS
from torch import Tensor

FLIPS = ((3,), (2,), (2, 3))


@MODELS.register_module()
class AgreeingEncoderDecoder(EncoderDecoder):
    """mmseg's ``EncoderDecoder``; mirror images may have to agree.

    With ``test_cfg=dict(mode='whole', flips=True)`` the network also sees the
    image mirrored left to right, top to bottom, and both, and a pixel has the
    least of its four logits: it is a target where all four views say so.
    That takes four times as long, and has fewer false alarms, in every tool.

    Args:
        **kwargs (Any): The arguments of mmseg's ``EncoderDecoder``.

    Raises:
        ValueError: If views are to agree on more than one logit per pixel.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flips = bool((self.test_cfg or {}).get('flips'))
        if self.flips and self.out_channels != 1:
            raise ValueError(
                'test_cfg.flips takes the least logit of a pixel, which '
                f'means nothing where it has {self.out_channels}.'
            )

    def encode_decode(
        self, inputs: Tensor, batch_img_metas: list[dict]
    ) -> Tensor:
        """Logits ``(B, 1, H, W)`` of images ``(B, C, H, W)``."""
        predict = super().encode_decode
        return self._agreed(lambda x: predict(x, batch_img_metas), inputs)

    def _forward(
        self, inputs: Tensor, data_samples: list | None = None
    ) -> Tensor:
        return self._agreed(super()._forward, inputs)

    def _agreed(
        self, logits_of: Callable[[Tensor], Tensor], inputs: Tensor
    ) -> Tensor:
        logits = logits_of(inputs)
        if self.flips:
            for axes in FLIPS:
                mirrored = logits_of(inputs.flip(axes)).flip(axes)
                logits = torch.minimum(logits, mirrored)
        return logits


@MODELS.register_module()
class SmallTargetSegmentor(AgreeingEncoderDecoder):
    """A segmentor whose heads see the image too.

    The heads get ``(image, *maps)``: index 0 is the normalised image
    ``(B, C, H, W)``, the first map of the backbone has index 1.

    Args:
        **kwargs (Any): The arguments of :class:`AgreeingEncoderDecoder`.
    """

    image_first = True
    """Tells the check of a backbone's fit what index 0 is."""

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """The image, and what backbone and neck make of it."""
        return (inputs, *super().extract_feat(inputs))
