"""Pictures of predictions of classes."""

import numpy as np
from mmengine.registry import VISUALIZERS
from mmpretrain.structures import DataSample
from mmpretrain.visualization import UniversalVisualizer


@VISUALIZERS.register_module()
class ClassVisualizer(UniversalVisualizer):
    """mmpretrain's visualizer, as ``tools/test.py --show-dir`` calls it.

    Small pictures are enlarged, so that their text can be read.
    """

    WIDTH = 320
    """Pixels that a picture has at least."""

    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: DataSample,
        out_file: str,
    ) -> None:
        """Write label and prediction on an image, into a file.

        Args:
            name (str): Of the image.
            image (np.ndarray): uint8, (H, W, 3).
            data_sample (DataSample): Label and prediction.
            out_file (str): The picture.
        """
        factor = max(1, -(-self.WIDTH // image.shape[1]))
        self.visualize_cls(
            image,
            data_sample,
            classes=self.dataset_meta['classes'],
            rescale_factor=factor,
            out_file=out_file,
            name=name,
        )
