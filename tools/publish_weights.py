"""Put a backbone into infmae_mm/weights/, found by infmae_mm://NAME.

For those who maintain this package. Weights become float16; the position
embedding stays float32. docs/starts.md and the model card beside the weights
want the same care as the file.

Example:
    python tools/publish_weights.py work_dirs/mini/epoch_20.pth mini-thermal \
        --config configs/pretrain/infmae_mini_1xb16-20e_thermal-128.py
"""

import argparse
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config

from infmae_mm import InfMAE
from infmae_mm.checkpoint import (
    NUM_HEADS,
    CheckpointError,
    backbone_state_dict,
    extract_state_dict,
    load_pretrained,
    read_checkpoint,
)
from infmae_mm.checkpoint.published import WEIGHTS
from infmae_mm.files import write_atomically
from infmae_mm.patches import PATCH_SIZE


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('checkpoint', help='of pre-training')
    parser.add_argument('name', help='such as mini-thermal')
    parser.add_argument('--config', required=True, help='of its training')
    parser.add_argument(
        '--dir', type=Path, default=WEIGHTS, metavar='DIR', help='folder'
    )
    parser.add_argument(
        '--force', action='store_true', help='replace weights of that name'
    )
    return parser.parse_args(argv)


def publish(checkpoint: str, name: str, config: str, folder: Path) -> Path:
    """Write the file and its entry in the index.

    Raises:
        CheckpointError: If the checkpoint does not fit the config.
    """
    options = Config.fromfile(config).model.backbone
    backbone = InfMAE(options.arch, options.img_size, out_indices=(0, 1, 2))
    load_pretrained(backbone, checkpoint, complete=True)
    source = extract_state_dict(read_checkpoint(checkpoint), checkpoint)
    weights = {
        key: value.clone() if key == 'pos_embed' else value.half()
        for key, value in backbone_state_dict(source).items()
    }
    content = io.BytesIO()
    meta = {NUM_HEADS: backbone.num_heads}
    torch.save({'state_dict': weights, 'meta': meta}, content)
    file = folder / f'{name}.pth'
    write_atomically(content.getvalue(), file)
    index = folder / 'index.json'
    entries = json.loads(index.read_text()) if index.exists() else {}
    entries[name] = dict(
        file=file.name,
        sha256=hashlib.sha256(content.getvalue()).hexdigest(),
        arch=options.arch,
        img_size=[PATCH_SIZE * n for n in backbone.grid],
        parameters=sum(value.numel() for value in weights.values()),
        config=Path(config).as_posix(),
    )
    text = json.dumps(dict(sorted(entries.items())), indent=2) + '\n'
    write_atomically(text.encode(), index)
    return file


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    file = args.dir / f'{args.name}.pth'
    if file.exists() and not args.force:
        raise SystemExit(f'{file} exists. Use --force to replace it.')
    try:
        file = publish(args.checkpoint, args.name, args.config, args.dir)
    except (CheckpointError, OSError) as error:
        raise SystemExit(f'error: {error}') from error
    print(f'{file}: {file.stat().st_size:,} bytes')


if __name__ == '__main__':
    main()
