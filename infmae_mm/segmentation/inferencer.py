"""Prediction on thermal images from Python."""

from mmseg.apis import MMSegInferencer

from ..thermal.inferencer import ThermalInferencerMixin


class ThermalSegInferencer(ThermalInferencerMixin, MMSegInferencer):
    """mmseg's inferencer, for thermal images of any depth."""
