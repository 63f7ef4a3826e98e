"""Prediction on thermal images from Python."""

from mmdet.apis import DetInferencer
from mmdet.structures import DetDataSample

from ..thermal.inferencer import ThermalInferencerMixin


class ThermalDetInferencer(ThermalInferencerMixin, DetInferencer):
    """mmdet's inferencer, for thermal images of any depth."""

    def pred2dict(
        self, data_sample: DetDataSample, pred_out_dir: str = ''
    ) -> dict:
        """As upstream, under a name that no other image has.

        Args:
            data_sample (DetDataSample): Predictions of an image.
            pred_out_dir (str): Folder of the results; empty for none.
        """
        path = data_sample.get('img_path')
        if pred_out_dir and path is not None:
            # upstream names the file after the image
            name = self.output_name(path, '.json')
            data_sample.set_metainfo(dict(img_path=name))
        try:
            return super().pred2dict(data_sample, pred_out_dir)
        finally:
            data_sample.set_metainfo(dict(img_path=path))
