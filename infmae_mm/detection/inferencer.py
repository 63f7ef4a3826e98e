"""Prediction on thermal images from Python."""

from mmdet.apis import DetInferencer
from mmdet.structures import DetDataSample

from ..thermal.inferencer import ThermalInferencerMixin


class ThermalDetInferencer(ThermalInferencerMixin, DetInferencer):
    """mmdet's inferencer, for thermal images of any depth."""

    def pred2dict(
        self, data_sample: DetDataSample, pred_out_dir: str = ''
    ) -> dict:
        """Write the predictions of images of one name to files of two.

        Args:
            data_sample (DetDataSample): Predictions of an image.
            pred_out_dir (str): Folder to write to. Defaults to '', nowhere.

        Returns:
            dict: What is written.
        """
        name = self._names.get(data_sample.get('img_path'))
        if name is not None:
            data_sample = data_sample.new()
            data_sample.set_metainfo(dict(img_path=name))
        return super().pred2dict(data_sample, pred_out_dir)
