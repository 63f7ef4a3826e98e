"""Export a trained network to ONNX: any config, of any wing.

Examples:
    python tools/export.py CONFIG CHECKPOINT model.onnx
    python tools/export.py CONFIG CHECKPOINT model_int8.onnx --int8 my_images
"""

import argparse
import copy
from collections.abc import Sequence
from pathlib import Path

import torch

import infmae_mm.thermal  # noqa: F401  (registers the loader)
from infmae_mm.checkpoint import CheckpointError
from infmae_mm.deploy.arguments import add_config_options
from infmae_mm.deploy.bundle import write_runtime
from infmae_mm.deploy.export import (
    EXPORTERS,
    TOLERANCES,
    ExportError,
    add_metadata,
    finish,
    largest_difference,
    metadata_of,
    partial_path,
    write_graph,
)
from infmae_mm.deploy.graphs import backbone_graph, build_graph
from infmae_mm.deploy.inputs import InputError
from infmae_mm.deploy.network import load_backbone, load_network
from infmae_mm.deploy.preprocessing import Preprocessing
from infmae_mm.deploy.quantisation import to_float16, to_int8


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Export a trained network to ONNX. The file is compared '
        'with torch at three sizes before it gets its name; '
        'infmae_runtime.py, which runs it without torch, is written beside.'
    )
    parser.add_argument('config', help='config file, of any wing')
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument('out', type=Path, help='new file, .onnx')
    parser.add_argument(
        '--backbone',
        action='store_true',
        help='the backbone alone, with its maps as outputs; of a '
        'pre-training checkpoint too',
    )
    parser.add_argument(
        '--exporter',
        choices=EXPORTERS,
        default='torchscript',
        help='of torch; default: torchscript',
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument('--fp16', action='store_true', help='half precision')
    group.add_argument(
        '--int8',
        metavar='FOLDER',
        help='8-bit integers, calibrated on images of the folder',
    )
    add_config_options(parser)
    return parser.parse_args(argv)


def export(args: argparse.Namespace) -> float:
    """Write and check the file.

    Returns:
        float: The largest difference, see
        :func:`infmae_mm.deploy.export.largest_difference`.
    """
    out = args.out
    if out.suffix != '.onnx':
        raise InputError(f'{out} must end in .onnx.')
    if out.exists():
        raise InputError(f'{out} exists: choose another name.')
    if args.int8 and not Path(args.int8).is_dir():
        raise InputError(f'--int8: {args.int8} is no folder.')
    runtime = write_runtime(out.parent)
    source = args.config, args.checkpoint
    if args.backbone:
        network = load_backbone(*source, args.cfg_options)
        graph, outputs = backbone_graph(network)
    else:
        network = load_network(*source, cfg_options=args.cfg_options)
        graph, outputs = build_graph(network)
    graph = graph.eval()
    precision = 'int8' if args.int8 else 'float16' if args.fp16 else 'float32'
    metadata = metadata_of(network, precision)
    channels = len(metadata.preprocessing['mean'])
    batches = network.task != 'detection'
    partial = partial_path(out)
    try:
        write_graph(
            copy.deepcopy(graph),
            outputs,
            channels,
            partial,
            args.exporter,
            batches,
        )
        if args.fp16:
            to_float16(partial)
        if args.int8:
            preprocessing = Preprocessing(**metadata.preprocessing)
            count = to_int8(partial, args.int8, preprocessing)
            print(f'Calibrated on {count} images of {args.int8}.')
        add_metadata(partial, metadata)
        difference = largest_difference(graph, partial, channels, batches)
        tolerance = TOLERANCES[precision]
        print(
            f'Largest difference between onnxruntime and torch: '
            f'{difference:.2g} (tolerance: {tolerance:g}, both relative to '
            'the largest value).'
        )
        if difference > tolerance:
            raise ExportError(
                f'{out} was not written: it does not compute what the '
                'network computes.'
            )
        finish(out, partial)
    finally:
        partial.unlink(missing_ok=True)
    print(f'{out}: {network.task}, {out.stat().st_size / 2**20:.1f} MiB')
    print(f'{runtime}: runs it without torch')
    return difference


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        export(args)
    except torch.onnx.OnnxExporterError as error:
        raise SystemExit(
            f'--exporter {args.exporter} cannot follow this network: {error}'
        ) from error
    except (InputError, CheckpointError, ExportError) as error:
        raise SystemExit(str(error)) from error
    except OSError as error:
        raise SystemExit(f'Cannot write {args.out}: {error}.') from error


if __name__ == '__main__':
    main()
