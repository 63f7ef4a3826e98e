"""onnxruntime against torch eager, in turns, with as many threads.

Example:
    python tools/benchmarks/onnx_inference.py --threads 2
"""

import argparse
import tempfile
from pathlib import Path

import measure
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from torch import nn

import infmae_mm.thermal  # noqa: F401  (registers the loader)
from infmae_mm import InfMAE
from infmae_mm.deploy.export import example, write_graph
from infmae_mm.deploy.graphs import BackboneMaps, SegmentorLogits
from infmae_mm.deploy.onnx_file import open_session
from infmae_mm.deploy.preprocessing import Preprocessing
from infmae_mm.deploy.quantisation import to_int8

ROOT = Path(__file__).parents[2]
PREPROCESSING = Preprocessing(
    dict(rule='percentile'), False, (), (108.375,) * 3, (51.0,) * 3
)
SMALL = 'configs/small_target/infmae-tiny_1xb8-1200_sirst-128x128.py'


def graphs() -> dict[str, tuple[nn.Module, list[str]]]:
    """What is measured, with random weights."""
    model = nn.Module()
    model.backbone = InfMAE('base')
    maps = [f'stride{s}' for s in (4, 8, 16, 32)]
    cfg = Config.fromfile(ROOT / SMALL)
    init_default_scope(cfg.default_scope)
    small = MODELS.build(cfg.model)
    return {
        'base backbone': (BackboneMaps(model), maps),
        'tiny small-target segmentor': (SegmentorLogits(small), ['logits']),
    }


def compare(
    graph: nn.Module, outputs: list[str], args: argparse.Namespace
) -> dict[str, float]:
    """Median seconds of torch, onnxruntime and, where asked, int8."""
    image = example(3, (args.size, args.size))
    data = {'image': image.numpy()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'graph.onnx'
        write_graph(graph, outputs, 3, path)
        session = open_session(str(path), args.threads)
        steps = {
            'torch': torch.inference_mode()(lambda: graph(image)),
            'onnxruntime': lambda: session.run(None, data),
        }
        if args.int8:
            to_int8(path, args.int8, PREPROCESSING)
            quantised = open_session(str(path), args.threads)
            steps['int8'] = lambda: quantised.run(None, data)
        return measure.interleaved_medians(
            steps, torch.device('cpu'), args.repeats, warmup=1
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--size', type=int, default=512)
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--int8', help='folder of images: int8 too')
    parser.add_argument('--json', help='write the table to this file')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device('cpu')
    rows = []
    for name, (graph, outputs) in graphs().items():
        seconds = compare(graph.eval(), outputs, args)
        row = {'network': name}
        row |= {f'{step} (s)': value for step, value in seconds.items()}
        row['speed-up'] = seconds['torch'] / seconds['onnxruntime']
        if args.int8:
            row['int8 over float32'] = seconds['onnxruntime'] / seconds['int8']
        rows.append(row)
    title = f'{args.size}x{args.size}; {measure.machine(device)}'
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
