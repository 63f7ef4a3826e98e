"""Turn images into vectors: what the backbone makes of them, pooled.

The vectors tell whether a network sorts a set before anyone has labelled it:
tools/probe.py measures them, and --map draws them.

Examples:
    python tools/embed.py CONFIG infmae_mm://mini-thermal data/solar/train \
        --out train.npz --map train.png
    python tools/embed.py CONFIG scratch data/solar/train --out random.npz
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
import torch
from mmcv.transforms import Compose
from mmengine.config import Config, ConfigDict
from rich.progress import track
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from infmae_mm import InfMAE
from infmae_mm.checkpoint import CheckpointError, load_pretrained
from infmae_mm.classification import embed, write_features
from infmae_mm.classification.features import Features
from infmae_mm.engine.device import find_device
from infmae_mm.engine.launch import read_config
from infmae_mm.files import in_a_sentence
from infmae_mm.thermal import LoadThermalImage, PackInfrared, ResizeCenterCrop
from infmae_mm.thermal.damage import printable
from infmae_mm.thermal.found import FoundImage, find_images
from infmae_mm.thermal.reading import UnreadableImageError, read_image

SCRATCH = 'scratch'


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='any config with an InfMAE backbone')
    parser.add_argument(
        'checkpoint',
        help='any file that init_cfg of the backbone takes, infmae_mm://NAME, '
        f"or '{SCRATCH}' for random weights, to compare with",
    )
    parser.add_argument(
        'inputs', nargs='+', metavar='INPUT', help='folder trees, or images'
    )
    parser.add_argument(
        '--out', required=True, type=Path, metavar='FILE.npz', help='new file'
    )
    parser.add_argument(
        '--stage',
        type=int,
        choices=(1, 2, 3),
        default=3,
        help='whose map is pooled, of stride 4, 8 or 16 (default: 3)',
    )
    parser.add_argument(
        '--size',
        type=int,
        nargs='+',
        metavar='N',
        help='height and width to which images are brought, or one number '
        'for both (default: img_size of the config, else 224)',
    )
    parser.add_argument('--batch-size', type=int, default=32, metavar='N')
    parser.add_argument(
        '--device', default='cuda' if torch.cuda.is_available() else 'cpu'
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of random weights and of the map'
    )
    parser.add_argument(
        '--map',
        type=Path,
        metavar='PNG',
        help='draw the set in two dimensions (t-SNE), a colour per folder',
    )
    args = parser.parse_args(argv)
    if args.out.suffix != '.npz':
        parser.error('--out must end in .npz')
    for file in (args.out, args.map):
        if file is not None and file.exists():
            parser.error(f'{file} exists: it is not overwritten.')
    if args.size is not None and (len(args.size) > 2 or min(args.size) < 1):
        parser.error('--size takes one or two numbers of 1 or more')
    if args.batch_size < 1:
        parser.error('--batch-size must be 1 or more')
    return args


def find_backbone(cfg: Config) -> ConfigDict:
    """The backbone of a config.

    Raises:
        ValueError: If there is none, or it is another network.
    """
    backbone = cfg.get('model', {}).get('backbone', {})
    if 'InfMAE' not in str(backbone.get('type')):
        raise ValueError(
            f'{cfg.filename} has no InfMAE as model.backbone, but '
            f'{backbone.get("type")}.'
        )
    return backbone


def find_loader(cfg: Config) -> LoadThermalImage:
    """What reads images to validate or test on, with its mapping and palette.

    The default, where the config has none.
    """
    for key in ('val_dataloader', 'test_dataloader'):
        dataset = (cfg.get(key) or {}).get('dataset', {})
        for step in dataset.get('pipeline', ()):
            name = str(step.get('type')).rpartition('.')[2]
            if name == LoadThermalImage.__name__:
                options = {k: v for k, v in step.items() if k != 'type'}
                return LoadThermalImage(**{**options, 'channels': 1})
    return LoadThermalImage(channels=1)


def readable(images: Sequence[FoundImage]) -> list[FoundImage]:
    """Those that can be read; each of the others is told."""
    kept = []
    for image in track(images, 'reading'):
        try:
            read_image(str(image.path))
        except UnreadableImageError as error:
            print(f'left out: {error}')
        else:
            kept.append(image)
    if not kept:
        raise ValueError('No image could be read.')
    return kept


def legend_text(folder: str) -> str:
    """The name of a folder as Matplotlib shows it: whole, and no formula."""
    text = printable(folder or '.').replace('$', r'\$')
    # what begins with an underscore is left out of a legend
    return f' {text}' if text.startswith('_') else text


def draw_map(features: Features, seed: int, path: Path) -> None:
    """Draw the vectors in two dimensions."""
    matplotlib.use('Agg')
    from matplotlib import pyplot as plt

    vectors = features.vectors / np.linalg.norm(
        features.vectors, axis=1, keepdims=True
    ).clip(1e-12)
    if len(vectors) > 50 and vectors.shape[1] > 50:
        vectors = PCA(50, random_state=seed).fit_transform(vectors)
    points = TSNE(
        perplexity=min(30, max(1, (len(vectors) - 1) / 3)), random_state=seed
    ).fit_transform(vectors)  # (N, 2)
    figure, axes = plt.subplots(figsize=(8, 6), dpi=100)
    colours = plt.get_cmap('tab20').colors
    for i, label in enumerate(np.unique(features.labels)):
        of_label = points[features.labels == label]
        axes.scatter(
            *of_label.T, s=6, color=colours[i % 20], label=legend_text(label)
        )
    axes.set(xticks=[], yticks=[])
    axes.legend(
        fontsize=7, markerscale=2, loc='center left', bbox_to_anchor=(1, 0.5)
    )
    figure.savefig(path, bbox_inches='tight')


def run(args: argparse.Namespace) -> None:
    """Embed what the command line asks for."""
    cfg = read_config(args.config)
    options = find_backbone(cfg)
    loader = find_loader(cfg)
    device = find_device(args.device)
    for file in filter(None, (args.out, args.map)):
        file.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(file.parent, os.W_OK):
            raise PermissionError(f'{file.parent} cannot be written to.')
    images = readable(find_images(args.inputs))
    if args.map is not None and len(images) < 2:
        raise ValueError('--map needs two images at least.')
    size = args.size or options.get('img_size', 224)
    if isinstance(size, list):
        size = tuple(size * 2)[:2]
    torch.manual_seed(args.seed)
    backbone = InfMAE(
        arch=options.get('arch', 'base'),
        img_size=options.get('img_size', 224),
        in_channels=options.get('in_channels', 3),
        out_indices=(args.stage - 1,),
    )
    if args.checkpoint != SCRATCH:
        load_pretrained(backbone, args.checkpoint, complete=True)
    backbone.eval().to(device)
    transforms = Compose([loader, ResizeCenterCrop(size), PackInfrared()])
    paths = [str(image.path) for image in images]
    batches = embed(backbone, paths, transforms, args.batch_size)
    vectors = np.concatenate(
        list(
            track(
                batches, 'embedding', total=-(-len(paths) // args.batch_size)
            )
        )
    )
    names = np.array([image.name for image in images])
    labels = np.array([image.path.parent.name for image in images])
    features = Features(vectors, names, labels)
    write_features(args.out, features)
    out = printable(str(args.out))
    print(f'{len(vectors)} vectors of {vectors.shape[1]}: {out}')
    if args.map is not None:
        draw_map(features, args.seed, args.map)
        print(f'map: {printable(str(args.map))}')


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        run(args)
    except (CheckpointError, OSError, ValueError) as error:
        raise SystemExit(f'error: {in_a_sentence(error)}') from error


if __name__ == '__main__':
    main()
