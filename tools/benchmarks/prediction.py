"""Rate and memory of tools/predict.py.

The rate is compared with that of the network alone, on batches that are in
memory, in turns in one run, on images of their own size. Memory is the peak of
a process of its own, for a few images and for many.

Example:
    python tools/benchmarks/prediction.py hit_uav/JPEGImages
"""

import argparse
import runpy
import tempfile
from collections.abc import Callable
from pathlib import Path

import measure
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope

import infmae_mm.thermal  # noqa: F401  (registers the loader)
from infmae_mm.deploy.inputs import find_items
from infmae_mm.deploy.network import load_network
from infmae_mm.deploy.prediction import PredictionRun
from infmae_mm.deploy.settings import Settings
from infmae_mm.deploy.torch_predictor import TorchPredictor

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / 'configs' / 'segmentation' / 'infmae-tiny_upernet_demo.py')


def at_own_size(config: str, folder: Path) -> str:
    """The config without a step that makes images smaller."""
    cfg = Config.fromfile(config)
    dataset = cfg.test_dataloader.dataset
    dataset.pipeline = [s for s in dataset.pipeline if s.type != 'Resize']
    path = folder / Path(config).name
    cfg.dump(path)
    return str(path)


def save_random(config: str, folder: Path) -> str:
    """A checkpoint of random weights, which cost the same."""
    cfg = Config.fromfile(config)
    init_default_scope(cfg.default_scope)
    path = folder / 'random.pth'
    torch.save(dict(state_dict=MODELS.build(cfg.model).state_dict()), path)
    return str(path)


def run_tool(
    device: str, config: str, checkpoint: str, paths: list[str], out: str
) -> Callable[[], None]:
    """A function that runs the tool on files, by a list."""
    predict = runpy.run_path(str(ROOT / 'tools' / 'predict.py'))['main']
    names = Path(f'{out}.txt')
    names.write_text('\n'.join(paths))
    arguments = [config, checkpoint, str(names), '--out', out]
    return lambda: predict([*arguments, '--no-pictures', '--device', device])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('images', help='folder of images')
    parser.add_argument('--config', default=CONFIG)
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--batch-size', type=int, default=4)
    parser.add_argument('--number', type=int, default=64, help='of images')
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument(
        '--memory',
        nargs='+',
        type=int,
        default=[100, 3000],
        help='numbers of images whose peak memory is compared',
    )
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--json', help='write the table to this file')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    with tempfile.TemporaryDirectory() as folder:
        config = at_own_size(args.config, Path(folder))
        checkpoint = save_random(config, Path(folder))
        items = find_items([args.images], f'{folder}/out')[: args.number]
        network = load_network(config, checkpoint, args.device)
        predictor = TorchPredictor(network)
        inputs = [
            predictor.prepare(predictor.grey(predictor.read(i.path).values))
            for i in items
        ]
        size, runs = args.batch_size, iter(range(1000))

        def whole() -> None:
            out = f'{folder}/{next(runs)}'
            settings = Settings(batch_size=size, pictures=False)
            PredictionRun(predictor, items, out, settings).run()

        def alone() -> None:
            for start in range(0, len(inputs), size):
                batch = inputs[start : start + size]
                predictor.predict([x for _, x in batch])

        seconds = measure.interleaved_medians(
            dict(alone=alone, whole=whole), device, args.repeats, warmup=1
        )
        rows = [
            {'what': 'network alone', 'value': len(items) / seconds['alone']},
            {'what': 'predict.py', 'value': len(items) / seconds['whole']},
            {'what': 'ratio', 'value': seconds['alone'] / seconds['whole']},
        ]
        for number in args.memory:
            # again and again, under names of their own
            files = find_items([args.images], f'{folder}/out')
            links = Path(folder) / f'links{number}'
            links.mkdir()
            for i in range(number):
                source = Path(files[i % len(files)].path)
                (links / f'{i}{source.suffix}').symlink_to(source)
            paths = sorted(map(str, links.iterdir()))
            peak = measure.peak_memory(
                run_tool,
                args.device,
                config,
                checkpoint,
                paths,
                f'{folder}/memory{number}',
            )
            name = f'peak memory of {number} images (MiB)'
            rows.append({'what': name, 'value': peak / 2**20})
        title = f'{Path(args.config).name}, batches of {size}, images/s; '
        measure.report(title + measure.machine(device), rows, args.json)


if __name__ == '__main__':
    main()
