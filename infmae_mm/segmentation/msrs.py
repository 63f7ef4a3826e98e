"""MSRS, the set of section 5.2 of the paper."""

from collections.abc import Callable, Sequence

from mmseg.registry import DATASETS

from ..classes import MSRS_CLASSES, MSRS_PALETTE
from .dataset import InfraredSegDataset


@DATASETS.register_module()
class MSRSDataset(InfraredSegDataset):
    """Infrared or visible images of streets, with nine classes.

    ``{train,test}/{ir,vi,Segmentation_labels}/00001D.png``, 1083 and 361
    pairs of 640x480 pixels. Labels are ids of 0 to 8, in grey or with a
    palette. Id 0, what has no label, is a class like the others in training
    and in the paper's mIoU and mAcc.

    Args:
        data_root (str): Folder that holds ``train`` and ``test``.
        subset (str): ``'train'`` or ``'test'``. Defaults to ``'train'``.
        modality (str): ``'ir'``, the paper's MSRS-inf, or ``'vi'``, colour
            images, which want a pipeline that loads and normalises colours.
            Defaults to ``'ir'``.
        metainfo (dict, optional): ``classes``, some of the nine, to leave
            pixels of the others out. Defaults to None, all.
        pipeline (Sequence[dict | Callable]): Transforms.
        test_mode (bool): Whether this is no training. Defaults to False.
        indices (int | Sequence[int], optional): See the base.
        serialize_data (bool): See the base. Defaults to True.
        lazy_init (bool): See the base. Defaults to False.
        max_refetch (int): See the base. Defaults to 1000.

    Raises:
        FileNotFoundError: As of :class:`.dataset.InfraredSegDataset`.
        ValueError: If ``subset`` or ``modality`` is another one.
    """

    METAINFO = dict(
        classes=MSRS_CLASSES,
        palette=[list(colour) for colour in MSRS_PALETTE],
    )

    layout = (
        'Set data_root (--data-root of the tools) to the folder of MSRS, '
        'which holds {train,test}/{ir,vi,Segmentation_labels}.'
    )

    def __init__(
        self,
        data_root: str,
        subset: str = 'train',
        modality: str = 'ir',
        metainfo: dict | None = None,
        pipeline: Sequence[dict | Callable] = (),
        test_mode: bool = False,
        indices: int | Sequence[int] | None = None,
        serialize_data: bool = True,
        lazy_init: bool = False,
        max_refetch: int = 1000,
    ) -> None:
        if subset not in ('train', 'test'):
            raise ValueError(
                f"subset must be 'train' or 'test', got {subset!r}."
            )
        if modality not in ('ir', 'vi'):
            raise ValueError(
                f"modality must be 'ir' or 'vi', got {modality!r}."
            )
        super().__init__(
            data_root=data_root,
            data_prefix=dict(
                img_path=f'{subset}/{modality}',
                seg_map_path=f'{subset}/Segmentation_labels',
            ),
            metainfo=metainfo,
            pipeline=pipeline,
            test_mode=test_mode,
            indices=indices,
            serialize_data=serialize_data,
            lazy_init=lazy_init,
            max_refetch=max_refetch,
        )
