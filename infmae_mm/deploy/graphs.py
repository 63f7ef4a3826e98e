"""Networks as the exporters can follow them, for all sizes of images."""

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..sizes import ceil_div
from .inputs import InputError
from .network import Network


class AdaptiveAveragePool(nn.Module):
    """``nn.AdaptiveAvgPool2d`` as a product with two matrices of means.

    ONNX has no such operator, and the exporters know it for one size only.

    Args:
        size (int | tuple[int, int]): Rows and columns of the result.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else tuple(size)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, H, W)`` to ``(B, C, rows, columns)``."""
        if self.size == (1, 1):
            return x.mean((2, 3), keepdim=True)
        height, width = x.shape[-2:]
        # OpenVINO multiplies tensors of as many axes only
        down = self._means(height, self.size[0], x)[None, None]
        across = self._means(width, self.size[1], x)[None, None]
        return down @ x @ across.transpose(2, 3)

    @staticmethod
    def _means(length: int, parts: int, x: Tensor) -> Tensor:
        part = torch.arange(parts, device=x.device)[:, None]
        at = torch.arange(length, device=x.device)
        first = part * length // parts
        end = ceil_div((part + 1) * length, parts)
        inside = ((at >= first) & (at < end)).to(x.dtype)
        return inside / inside.sum(1, keepdim=True)


class SegmentorLogits(nn.Module):
    """The logits of mmseg's ``EncoderDecoder``, at the size of the image."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        """Map images ``(B, C, H, W)`` to logits ``(B, classes, H, W)``."""
        logits = self.model(image, mode='tensor')
        return F.interpolate(
            logits,
            image.shape[-2:],
            mode='bilinear',
            align_corners=self.model.align_corners,
        )


class ClassifierLogits(nn.Module):
    """The logits of mmpretrain's ``ImageClassifier``."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> Tensor:
        """Map images ``(B, C, H, W)`` to logits ``(B, classes)``."""
        return self.model(image, mode='tensor')


def build_graph(network: Network) -> tuple[nn.Module, list[str]]:
    """What is exported of a network, and the names of its outputs.

    Raises:
        InputError: If the network cannot be exported.
    """
    model = copy.deepcopy(network.model)
    replace_pooling(model)
    if network.task == 'detection':
        # mmdet is needed for detectors only
        from .detectors import TwoStageBoxes

        return TwoStageBoxes(model), ['boxes', 'scores', 'labels']
    if network.task == 'classification':
        check_classifier(model)
        return ClassifierLogits(model), ['logits']
    if isinstance(model.decode_head, nn.ModuleList):
        raise InputError(
            f'{type(model).__name__} cannot be exported: segmentors of one '
            'decode_head can.'
        )
    if model.data_preprocessor.test_cfg:
        raise InputError(
            'data_preprocessor.test_cfg pads images at prediction, which an '
            'exported network does not: remove it from the config.'
        )
    return SegmentorLogits(model), ['logits']


def check_classifier(model: nn.Module) -> None:
    """Refuse a classifier of which logits do not tell the rest.

    Raises:
        InputError: Saying why.
    """
    # mmpretrain is needed for classifiers only
    from mmpretrain.models.heads import ClsHead

    if not isinstance(model.head, ClsHead):
        raise InputError(
            f'A classifier with a {type(model.head).__name__} cannot be '
            'exported: one class of an image can, by softmax.'
        )
    if model.data_preprocessor.pad_size_divisor > 1:
        raise InputError(
            'data_preprocessor.pad_size_divisor pads images at prediction, '
            'which an exported classifier does not: remove it from the '
            'config.'
        )


class BackboneMaps(nn.Module):
    """The maps of a backbone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Map images ``(B, C, H, W)`` to maps ``(B, C_i, H_i, W_i)``."""
        return self.model.backbone(image)


def backbone_graph(network: Network) -> tuple[nn.Module, list[str]]:
    """The backbone of a network alone, and the names of its maps."""
    indices = network.model.backbone.out_indices
    names = [f'stride{4 * 2**i}' for i in indices]
    return BackboneMaps(copy.deepcopy(network.model)), names


def replace_pooling(model: nn.Module) -> None:
    """Replace what exporters know for one size only, in place."""
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.AdaptiveAvgPool2d):
                setattr(module, name, AdaptiveAveragePool(child.output_size))
