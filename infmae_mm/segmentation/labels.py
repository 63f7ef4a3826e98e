"""Loading of label maps that says what is wrong with one."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..annotations.masks import read_label_values
from ..registry import register_old_name
from .dataset import labels_of


@TRANSFORMS.register_module()
class LoadInfraredLabels(BaseTransform):
    """Load the label map of a sample of :class:`.dataset.InfraredSegDataset`.

    It stands where mmseg's ``LoadAnnotations`` stands, which takes any value
    and any size: a class that does not exist then ends a training on a GPU
    with an assertion that names neither file nor value. An image without
    ``seg_map_path``, as mmseg's inferencer has it, passes.

    Required keys: ``seg_map_path``, ``label_table``, ``ori_shape``,
    ``img_path``, ``seg_fields``. Added key: ``gt_seg_map`` (uint8, (H, W)),
    the ids of the classes, or 255 where pixels are to be left out.

    Args:
        backend_args (dict, optional): Arguments of the file backend.
    """

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = backend_args

    def transform(self, results: dict) -> dict:
        """Load.

        Raises:
            ValueError: If the file cannot be read, is of another size than
                the image, or has a value that stands for no class.
        """
        if 'seg_map_path' not in results:
            return results
        path, table = results['seg_map_path'], results['label_table']
        values = read_label_values(path, self.backend_args)
        if values.shape != tuple(results['ori_shape'][:2]):
            raise ValueError(
                f'the label map {path} has {_size(values.shape)} pixels, its '
                f'image {results["img_path"]} has '
                f'{_size(results["ori_shape"])}. Make both the same size; '
                'labels are resized by nearest neighbour.'
            )
        results['gt_seg_map'] = labels_of(values, table, path)
        results['seg_fields'].append('gt_seg_map')
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'


def _size(shape: tuple[int, ...]) -> str:
    return f'{shape[1]}x{shape[0]}'


register_old_name(TRANSFORMS, 'LoadLabels', LoadInfraredLabels)
