"""Export to ONNX, checked before the file has its name."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from ..thermal.loading import name_of_step
from ..thermal.mapping import describe
from .inputs import InputError
from .network import Network
from .onnx_file import Metadata, open_session
from .preprocessing import STEPS, Preprocessing

EXPORTERS = ('torchscript', 'dynamo')
SIZES = ((128, 160), (131, 97), (224, 208))
"""Heights and widths of the images of the check: one odd, none square."""

TOLERANCES = dict(float32=1e-4, float16=2e-2, int8=0.5)
"""Largest difference to torch, in units of the largest value of torch."""

BOXES_THAT_MAY_DIFFER = 0.02
"""Share of boxes: a tie, or a score at a threshold, may fall either way."""


class ExportError(RuntimeError):
    """A file that does not compute what the network computes."""


def preprocessing_of(network: Network) -> Preprocessing:
    """What an exported network brings along.

    Raises:
        InputError: If the test pipeline has a step that it cannot.
    """
    steps = []
    for step in network.steps:
        options, name = dict(step), name_of_step(step)
        del options['type']
        # MMEngine's note of the package that a config was inherited from
        options.pop('_scope_', None)
        if name.startswith('Pack'):
            continue
        known = dict(STEPS)
        if network.task != 'classification':
            # places in what was cut out would be none of the file
            del known['CenterCrop']
        if name not in known:
            raise InputError(
                f'The step {name} of the test pipeline is not known to an '
                f'exported network, which knows {", ".join(known)}.'
            )
        if options.get('backend') == 'cv2':
            del options['backend']
        side = dict(Resize='scale', CenterCrop='crop_size').get(name)
        if isinstance(options.get(side), int):  # of a square
            options[side] = (options[side],) * 2
        try:
            STEPS[name](**options)
        except (TypeError, ValueError) as error:
            raise InputError(
                f'The step {name} of the test pipeline has an option that an '
                f'exported network does not know: {error}.'
            ) from error
        steps.append(dict(type=name, **options))
    if steps and getattr(network.model, 'align_corners', False):
        raise InputError(
            'A segmentor with align_corners=True, whose test pipeline changes '
            'the size of images, cannot be exported: its maps would be '
            'brought back to the size of the file in another way.'
        )
    preprocessor = network.model.data_preprocessor
    # one figure may serve all channels, and without any nothing is done
    channels = network.model.backbone.in_channels
    mean, std = (
        getattr(preprocessor, name, torch.tensor(without))
        .flatten()
        .expand(channels)
        .tolist()
        for name, without in (('mean', 0.0), ('std', 1.0))
    )
    return Preprocessing(
        mapping=describe(network.loader.mapping),
        to_float32=network.loader.to_float32,
        steps=tuple(steps),
        mean=tuple(mean),
        std=tuple(std),
        palette=network.loader.palette,
        radiometric=network.loader.radiometric,
    )


def metadata_of(network: Network, precision: str) -> Metadata:
    """What an exported file says of itself.

    Raises:
        InputError: If the config asks for what a file cannot bring along.
    """
    test_cfg = network.cfg.model.get('test_cfg') or {}
    window = None
    if test_cfg.get('mode') == 'slide':
        window = dict(
            size=list(test_cfg.crop_size), stride=list(test_cfg.stride)
        )
    return Metadata(
        task=network.task,
        classes=network.classes,
        palette=network.palette,
        threshold=network.threshold,
        iou=network.iou,
        preprocessing=asdict(preprocessing_of(network)),
        window=window,
        precision=precision,
        identity=network.identity,
    )


def write_graph(
    graph: nn.Module,
    outputs: Sequence[str],
    channels: int,
    path: Path,
    exporter: str = 'torchscript',
    batches: bool = True,
) -> None:
    """Write a graph whose batch, height and width are dynamic.

    Args:
        graph (nn.Module): From images (B, C, H, W) to one tensor or more.
        outputs (Sequence[str]): Their names.
        channels (int): Of the images.
        path (Path): The file.
        exporter (str): 'torchscript', fast, or 'dynamo', the newer one.
        batches (bool): Whether a batch may have more than one image.
    """
    image = example(channels, SIZES[0])
    if batches:
        image = image.repeat(2, 1, 1, 1)
    if exporter == 'dynamo':
        axes = {0: 'batch', 2: 'height', 3: 'width'}
        if not batches:
            del axes[0]
        dynamic = torch.export.Dim.DYNAMIC
        options = dict(
            dynamic_shapes=(dict.fromkeys(axes, dynamic),),
            external_data=False,
            dynamo=True,
            verbose=False,
        )
    else:
        axes = {'image': {0: 'batch', 2: 'height', 3: 'width'}}
        for name in outputs:
            axes[name] = {0: 'batch', 2: f'{name}_height', 3: f'{name}_width'}
            if name in ('boxes', 'scores', 'labels'):
                axes[name] = {0: 'boxes'}
            elif name == 'logits' and not hasattr(graph.model, 'decode_head'):
                axes[name] = {0: 'batch'}
        if not batches:
            del axes['image'][0]
        options = dict(dynamic_axes=axes, opset_version=17, dynamo=False)
    with warnings.catch_warnings():
        # what a trace cannot follow, the comparison after it finds
        warnings.simplefilter('ignore', torch.jit.TracerWarning)
        torch.onnx.export(
            graph,
            (image,),
            str(path),
            input_names=['image'],
            output_names=list(outputs),
            **options,
        )


def example(channels: int, size: tuple[int, int], seed: int = 0) -> Tensor:
    """A normalised image with smooth and fine structure: (1, C, H, W)."""
    random = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, 1, 9, 11, generator=random)
    image = nn.functional.interpolate(coarse, size, mode='bicubic')
    image = image + 0.2 * torch.randn(1, 1, *size, generator=random)
    return image.repeat(1, channels, 1, 1)


def add_metadata(path: Path, metadata: Metadata) -> None:
    """Write metadata into an ONNX file."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, metadata.to_properties())
    onnx.save(model, path)


@torch.inference_mode()
def largest_difference(
    graph: nn.Module, path: Path, channels: int, batches: bool
) -> float:
    """Largest difference between onnxruntime and torch, at three sizes.

    It is relative to the largest value of torch, or to 1 where that is
    less. Of boxes, :data:`BOXES_THAT_MAY_DIFFER` are left out.

    Raises:
        ExportError: If the shapes differ, or a value is not finite.
    """
    session = open_session(str(path))
    largest = 0.0
    for i, size in enumerate(SIZES):
        image = example(channels, size, seed=i)
        if batches and i:
            image = torch.cat([image, -image, image.flip(-1)])
        expected = graph(image)
        if isinstance(expected, Tensor):
            expected = (expected,)
        expected = [e.float().numpy() for e in expected]
        found = session.run(None, {'image': image.numpy()})
        if len(expected) == 3 and expected[0].shape[1:] == (4,):
            expected, found = match_boxes(expected, found)
        for a, b in zip(expected, found, strict=True):
            if a.shape != b.shape or not np.isfinite(b).all():
                raise ExportError(
                    f'At {size[0]}x{size[1]} torch gives {a.shape}, '
                    f'onnxruntime {b.shape}'
                    + (', not finite' if a.shape == b.shape else '')
                    + '.'
                )
            if a.size:
                scale = max(1.0, np.abs(a).max())
                largest = max(largest, float(np.abs(a - b).max() / scale))
    return largest


def match_boxes(
    expected: Sequence[np.ndarray], found: Sequence[np.ndarray]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Pair boxes with the nearest ones of their class, but for a few.

    Args:
        expected (Sequence[np.ndarray]): Boxes (N, 4), scores, labels.
        found (Sequence[np.ndarray]): The same, of the file.

    Returns:
        tuple[list[np.ndarray], list[np.ndarray]]: Boxes and scores of both,
        in one order.

    Raises:
        ExportError: If the numbers of boxes differ by more than a few.
    """
    (boxes, scores, labels), (boxes2, scores2, labels2) = expected, found
    few = int(np.ceil(BOXES_THAT_MAY_DIFFER * max(len(boxes), 1)))
    if abs(len(boxes) - len(boxes2)) > few:
        raise ExportError(
            f'torch finds {len(boxes)} boxes, onnxruntime {len(boxes2)}.'
        )
    if not len(boxes) or not len(boxes2):
        return [], []
    apart = np.abs(boxes[:, None] - boxes2).max(2)  # (N, M)
    apart += 1e6 * (labels[:, None] != labels2)
    nearest = apart.argmin(1)
    order = np.argsort(apart[np.arange(len(boxes)), nearest], kind='stable')
    order = order[: max(len(order) - few, 0)]
    nearest = nearest[order]
    return [boxes[order], scores[order]], [boxes2[nearest], scores2[nearest]]


def partial_path(path: Path) -> Path:
    """The name of a file that is not checked yet."""
    return path.with_name(f'.{path.stem}.partial.onnx')


def finish(path: Path, partial: Path) -> None:
    """Give a checked file its name, which must be free.

    Raises:
        InputError: If something has the name.
    """
    if path.exists():
        raise InputError(f'{path} exists: choose another name.')
    os.rename(partial, path)
