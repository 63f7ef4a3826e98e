"""Prediction on thermal images from Python."""

from mmdet.apis import DetInferencer

from ..thermal.inferencer import ThermalInferencerMixin


class ThermalDetInferencer(ThermalInferencerMixin, DetInferencer):
    """mmdet's inferencer, for thermal images of any depth."""
