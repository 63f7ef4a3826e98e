"""Draw how a pre-trained model reconstructs images.

Example:
    python tools/visualize_reconstruction.py \
        configs/pretrain/infmae_base_4xb64-400e_inf30-224.py \
        work_dirs/run/epoch_400.pth my_images image.png --out-dir pictures
"""

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import MODELS, init_default_scope

from infmae_mm.checkpoint import (
    CheckpointError,
    extract_state_dict,
    from_authors,
    group_names,
    kind_of,
    load_complete,
    read_checkpoint,
)
from infmae_mm.engine.device import find_device
from infmae_mm.engine.launch import read_config
from infmae_mm.engine.work_dir import folder_beside
from infmae_mm.pretrain.visualization import (
    draw_view,
    fixed_randomness,
    reconstruct_view,
)
from infmae_mm.thermal.found import find_images
from infmae_mm.thermal.reading import UnreadableImageError


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Write a PNG for each image: input, score map, visible '
        'patches, reconstruction, reconstruction with the visible patches '
        "pasted in, and error. Images go through the config's validation "
        'pipeline.'
    )
    parser.add_argument('config', help='config file of the pre-training')
    parser.add_argument('checkpoint', help='pre-training checkpoint')
    parser.add_argument(
        'images', nargs='+', type=Path, help='image files, or folders of them'
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        help='folder to write to; default: "reconstructions" beside the '
        'checkpoint, or in work_dirs/NAME for an address. Folders of the '
        'images are kept inside it',
    )
    parser.add_argument(
        '--device', default='cuda' if torch.cuda.is_available() else 'cpu'
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of random masking (default: 0)'
    )
    parser.add_argument(
        '--force', action='store_true', help='replace pictures that exist'
    )
    return parser.parse_args(argv)


def picture_paths(images: Sequence[Path], out_dir: Path) -> list[Path]:
    """A picture's path for each image; no two are the same.

    The folders that the images do not share are kept, and so is the suffix
    of images that differ by nothing else.
    """
    absolute = [Path(os.path.abspath(image)) for image in images]
    common = os.path.commonpath([image.parent for image in absolute])
    names = [image.relative_to(common) for image in absolute]
    stems = Counter(name.with_suffix('') for name in names)
    return [
        out_dir
        / name.parent
        / (
            (name.stem if stems[name.with_suffix('')] == 1 else name.name)
            + '_reconstruction.png'
        )
        for name in names
    ]


def load_model(
    cfg: Config, checkpoint: str, device: torch.device
) -> torch.nn.Module:
    """Build the model with all of its weights."""
    content = read_checkpoint(checkpoint)
    weights = extract_state_dict(content, checkpoint)
    if kind_of(weights) == 'authors':
        print(
            "The authors' weights belong to masking order='ascending' "
            f'(config: {cfg.model.backbone.masking}).'
        )
        weights = from_authors(weights)
    model = MODELS.build(cfg.model)
    content = {**content, 'state_dict': weights}
    report = load_complete(model, checkpoint, content)
    if report.dropped:
        print(f'Not used of the checkpoint: {group_names(report.dropped)}')
    return model.to(device).eval()


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        images = [image.path for image in find_images(args.images)]
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from error
    out_dir = args.out_dir or folder_beside(args.checkpoint, 'reconstructions')
    for folder in filter(os.path.isdir, args.images):
        if Path(os.path.realpath(out_dir)).is_relative_to(
            os.path.realpath(folder)
        ):
            raise SystemExit(
                f'The pictures, {out_dir}, would lie in the folder of images '
                f'{folder}: choose another --out-dir.'
            )
    pictures = picture_paths(images, out_dir)
    existing = [str(path) for path in pictures if path.exists()]
    if existing and not args.force:
        raise SystemExit(
            f'{len(existing)} pictures exist, such as {existing[0]}. Use '
            '--force to replace them, or another --out-dir.'
        )
    inputs = {os.path.realpath(image) for image in images}
    for path in pictures:
        if os.path.realpath(path) in inputs:
            raise SystemExit(f'{path} is an input: choose another --out-dir.')

    cfg = read_config(args.config)
    device = find_device(args.device)
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    if not cfg.get('val_dataloader'):
        raise SystemExit(f'{args.config} has no val_dataloader.')
    pipeline = Compose(cfg.val_dataloader.dataset.pipeline)
    try:
        model = load_model(cfg, args.checkpoint, device)
    except CheckpointError as error:
        raise SystemExit(str(error)) from error

    failed = 0
    for image, path in zip(images, pictures, strict=True):
        try:
            with fixed_randomness(args.seed, torch.device('cpu')):
                sample = pipeline(dict(img_path=str(image), unreadable=()))
        except UnreadableImageError as error:
            print(f'Skipped: {error}')
            failed += 1
            continue
        view = reconstruct_view(model, sample['inputs'], args.seed)
        write_png(path, draw_view(view, image.name))
        print(path)
    if failed:
        raise SystemExit(f'{failed} of {len(images)} images were unreadable.')


def write_png(path: Path, picture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # imwrite reports a failure by its result alone, and garbles some names.
    _, content = cv2.imencode('.png', picture[..., ::-1])
    path.write_bytes(content.tobytes())


if __name__ == '__main__':
    main()
