"""A segmentor whose heads see the image."""

from mmseg.models.segmentors import EncoderDecoder
from mmseg.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class SmallTargetSegmentor(EncoderDecoder):
    """mmseg's ``EncoderDecoder``, whose heads see the image too.

    The heads get ``(image, *maps)``: index 0 is the normalised image
    ``(B, C, H, W)``, the first map of the backbone has index 1.
    """

    image_first = True
    """Tells the check of a backbone's fit what index 0 is."""

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """The image, and what backbone and neck make of it."""
        return (inputs, *super().extract_feat(inputs))
