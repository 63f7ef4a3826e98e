"""Half precision and 8-bit integers, with the tools of onnxruntime."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.transformers.float16 import convert_float_to_float16

from ..thermal.damage import printable
from ..thermal.reading import UnreadableImageError
from .inputs import InputError, scan_files
from .preprocessing import Preprocessing
from .values import read_values

MAX_IMAGES = 64
"""Images of the calibration, spread over the folder."""

KEPT_IN_FLOAT32 = (
    'NonMaxSuppression',
    'RoiAlign',
    'Range',
    'Resize',
    'TopK',
)
"""Operators that lose coordinates or have no kernel in half precision."""


def to_float16(path: Path) -> None:
    """Turn a file into half precision, in place; inputs stay float32."""
    model = onnx.load(path)
    model = convert_float_to_float16(
        model, keep_io_types=True, op_block_list=list(KEPT_IN_FLOAT32)
    )
    onnx.save(model, path)


def to_int8(path: Path, folder: str, preprocessing: Preprocessing) -> int:
    """Quantise a file statically, in place.

    Convolutions and the matrix products with weights become 8-bit integers;
    attention, norms and the rest stay float32.

    Args:
        path (Path): The file.
        folder (str): Images that set the ranges of values.
        preprocessing (Preprocessing): What comes before the network.

    Returns:
        int: How many images were used.

    Raises:
        InputError: If no image of the folder can be read.
    """
    images = _images(folder, preprocessing)
    model = onnx.load(path)
    weights = {tensor.name for tensor in model.graph.initializer}
    nodes = [
        node.name
        for node in model.graph.node
        if node.op_type in ('Conv', 'Gemm', 'MatMul')
        and weights.intersection(node.input)
    ]
    reader = _Reader(images)
    quantize_static(
        str(path),
        str(path),
        reader,
        quant_format=QuantFormat.QDQ,
        nodes_to_quantize=nodes,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return reader.count


class _Reader(CalibrationDataReader):
    def __init__(self, images: Iterator[np.ndarray]) -> None:
        self._images = images
        self.count = 0

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self._images, None)
        if image is None:
            return None
        self.count += 1
        return {'image': image[None]}


def _images(folder: str, preprocessing: Preprocessing) -> Iterator[np.ndarray]:
    paths = list(scan_files(folder))
    chosen: Sequence[str] = paths[:: -(-len(paths) // MAX_IMAGES) or 1]
    first = None
    rest = (_read(path, preprocessing) for path in chosen)
    rest = (image for image in rest if image is not None)
    first = next(rest, None)
    if first is None:
        raise InputError(f'--int8: there is no readable image in {folder}.')

    def images() -> Iterator[np.ndarray]:
        yield first
        yield from rest

    return images()


def _read(path: str, preprocessing: Preprocessing) -> np.ndarray | None:
    try:
        values = read_values(
            path, preprocessing.palette, preprocessing.radiometric
        ).values
        grey = preprocessing.grey(values)
        return preprocessing.normalise(preprocessing.resize(grey))
    except UnreadableImageError as error:
        print(f'Passed over: {error}')
    except (ValueError, cv2.error) as error:
        print(f'Passed over: {printable(path)}: {error}')
    return None
