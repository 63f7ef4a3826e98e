"""What an exported network measures on the test set of its config.

The checkpoint is exported in float32, float16 and, where images for its
calibration are given, 8-bit integers. Each file, and torch, predict the test
set of the config as tools/predict.py does, and its metric measures them. For
boxes, see tools/detection_measures.py.

Example:
    python tools/benchmarks/onnx_accuracy.py CONFIG CHECKPOINT \
        --int8 buffalo_udder/images/train
"""

import argparse
import runpy
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import measure
import torch
from mmengine.evaluator import Evaluator
from mmengine.registry import DATASETS
from mmengine.structures import BaseDataElement, PixelData

import infmae_mm.thermal  # noqa: F401  (registers the loader)
from infmae_mm.deploy.inputs import InputError
from infmae_mm.deploy.network import Network, load_network
from infmae_mm.deploy.onnx_predictor import OnnxPredictor
from infmae_mm.deploy.predictor import Predictor
from infmae_mm.deploy.results import ClassScores, Prediction, TargetMap
from infmae_mm.deploy.torch_predictor import TorchPredictor

EXPORT = Path(__file__).parents[1] / 'export.py'


def exported(
    args: argparse.Namespace, folder: str
) -> Iterator[tuple[str, Path]]:
    """Write the files, and yield what each is."""
    export = runpy.run_path(str(EXPORT))['main']
    options = dict(float32=[], float16=['--fp16'])
    if args.int8:
        options['int8'] = ['--int8', args.int8]
    for name, option in options.items():
        path = Path(folder) / f'{name}.onnx'
        export([args.config, args.checkpoint, str(path), *option])
        yield name, path


def add_prediction(sample: BaseDataElement, found: Prediction) -> None:
    """Add what was found to a sample, as the model does."""
    if isinstance(found, ClassScores):
        scores = torch.from_numpy(found.scores)
        sample.set_pred_score(scores).set_pred_label(scores.argmax())
    elif isinstance(found, TargetMap):
        data = torch.from_numpy(found.probability)[None]
        sample.seg_logits = PixelData(data=data)
    else:
        data = torch.from_numpy(found.labels.astype('int64'))[None]
        sample.pred_sem_seg = PixelData(data=data)


def evaluate(
    network: Network, predictor: Predictor, dataset: Sequence, step: int
) -> dict[str, float]:
    """Measure a predictor on every so many images of a set."""
    evaluator = Evaluator(network.cfg.test_evaluator)
    evaluator.dataset_meta = dataset.metainfo
    chosen = range(0, len(dataset), step)
    for i in chosen:
        sample = dataset[i]['data_samples']
        grey = predictor.grey(predictor.read(sample.img_path).values)
        _, prepared = predictor.prepare(grey)
        (found,) = predictor.predict([prepared])
        add_prediction(sample, found)
        evaluator.process([sample])
    values = evaluator.evaluate(len(chosen))
    return {name: float(value) for name, value in values.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config')
    parser.add_argument('checkpoint')
    parser.add_argument('--int8', help='folder of images: int8 too')
    parser.add_argument(
        '--step', type=int, default=1, help='take every so many images'
    )
    parser.add_argument('--json', help='write the table to this file')
    args = parser.parse_args()
    network = load_network(args.config, args.checkpoint)
    if network.task == 'detection':
        raise InputError('Boxes are measured by tools/detection_measures.py.')
    dataset = DATASETS.build(network.cfg.test_dataloader.dataset)
    rows = []

    def add(name: str, predictor: Predictor, size: float) -> None:
        values = evaluate(network, predictor, dataset, args.step)
        rows.append({'network': name, 'MiB': size, **values})

    size = sum(p.numel() for p in network.model.parameters()) * 4
    add('torch', TorchPredictor(network), size / 2**20)
    with tempfile.TemporaryDirectory() as folder:
        for name, path in exported(args, folder):
            size = path.stat().st_size / 2**20
            add(name, OnnxPredictor(str(path)), size)
    device = torch.device('cpu')
    title = f'{Path(args.config).name}; {measure.machine(device)}'
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
