"""Peak memory and time of a segmentor on images of several sizes.

Each size is predicted whole and in sliding windows, as the config's test_cfg
has them, from the image to the map of classes at full size.
"""

import argparse
from collections.abc import Callable

import measure
import numpy as np
import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.utils import import_modules_from_strings
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

CONFIG = 'configs/segmentation/infmae-base_upernet_1xb2-240k_msrs-512x512.py'


def forward(
    device: str, mode: str, size: tuple[int, int], args: argparse.Namespace
) -> Callable[[], None]:
    """A function that predicts one image."""
    torch.set_num_threads(args.threads)
    cfg = Config.fromfile(args.config)
    import_modules_from_strings(**cfg.custom_imports)
    init_default_scope('mmseg')
    # Random weights: they cost the same.
    cfg.model.backbone.init_cfg = None
    cfg.model.test_cfg.mode = mode
    model = revert_sync_batchnorm(MODELS.build(cfg.model)).to(device).eval()
    image = np.random.default_rng(0).integers(0, 256, (3, *size), np.uint8)

    @torch.inference_mode()
    def run() -> None:
        sample = SegDataSample(
            metainfo=dict(img_shape=size, ori_shape=size, pad_shape=size)
        )
        model.test_step(
            dict(inputs=[torch.from_numpy(image)], data_samples=[sample])
        )

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--config', default=CONFIG)
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument(
        '--sizes',
        nargs='+',
        default=['480x640', '1080x1920'],
        metavar='HEIGHTxWIDTH',
    )
    parser.add_argument('--modes', nargs='+', default=['whole', 'slide'])
    parser.add_argument(
        '--repeats', type=int, default=3, help='0: memory alone'
    )
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--json', help='write the table to this file')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    rows = []
    for text in args.sizes:
        size = tuple(map(int, text.split('x')))
        for mode in args.modes:
            peak = measure.peak_memory(forward, args.device, mode, size, args)
            row = {'size': text, 'mode': mode}
            if args.repeats:
                step = {mode: forward(args.device, mode, size, args)}
                row['seconds'] = measure.interleaved_medians(
                    step, device, args.repeats, warmup=1
                )[mode]
            rows.append(row | {'peak memory (GiB)': peak / 2**30})
    title = f'{args.config}; {measure.machine(device)}'
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
