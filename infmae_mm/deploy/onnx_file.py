"""What an exported file says of itself, in the metadata of ONNX."""

import json
from dataclasses import asdict, dataclass
from numbers import Real
from pathlib import Path

import numpy as np
import onnxruntime

from .inputs import InputError
from .preprocessing import Preprocessing

PREFIX = 'infmae.'
FORMAT = 1
OUTPUTS = dict(
    segmentation=dict(logits=4),
    small_target=dict(logits=4),
    classification=dict(logits=2),
    detection=dict(boxes=2, scores=1, labels=1),
)
"""Outputs of the graphs of each task, and their numbers of axes."""

_CUDA, _CPU = 'CUDAExecutionProvider', 'CPUExecutionProvider'


@dataclass(frozen=True)
class Metadata:
    """All that is needed to use an exported network.

    Attributes:
        task (str): 'segmentation', 'detection', 'small_target',
            'classification' or 'backbone'.
        classes (tuple[str, ...]): Names by id.
        palette (tuple[tuple[int, int, int], ...]): Colours by id, RGB.
        threshold (float): Score or probability that counts.
        iou (float): Overlap above which two boxes are one object.
        preprocessing (dict): See :class:`.preprocessing.Preprocessing`.
        window (dict | None): ``size`` and ``stride`` (height and width) of
            the sliding windows of a segmentor, as many as cover an image.
        precision (str): 'float32', 'float16' or 'int8'.
        identity (str): What tells config and weights from others.
    """

    task: str
    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    threshold: float
    iou: float
    preprocessing: dict
    window: dict | None
    precision: str
    identity: str

    def to_properties(self) -> dict[str, str]:
        """As ONNX has them: names and texts, here JSON."""
        entries = dict(format=FORMAT, **asdict(self))
        return {PREFIX + k: json.dumps(v) for k, v in entries.items()}

    @classmethod
    def from_session(
        cls, session: onnxruntime.InferenceSession, path: str
    ) -> 'Metadata':
        """Read them.

        Raises:
            InputError: If the file is none of ``tools/export.py``, or of a
                newer version of it.
        """
        properties = session.get_modelmeta().custom_metadata_map
        try:
            entries = {
                name.removeprefix(PREFIX): json.loads(value)
                for name, value in properties.items()
                if name.startswith(PREFIX)
            }
            version = entries.pop('format', None)
            if version not in (None, FORMAT):
                raise InputError(
                    f'{path} is of format {version}, this version reads '
                    f'{FORMAT}: take the runtime that was written with it.'
                )
            about = cls(**entries)
        except (TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f'{path} says nothing of classes and preprocessing: it was '
                'not made by tools/export.py of infmae_mm.'
            ) from error
        try:
            about.check(session)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f'{path} was changed, or is damaged ({error}): take one that '
                'tools/export.py wrote.'
            ) from error
        return about

    def check(self, session: onnxruntime.InferenceSession) -> None:
        """Hold it against itself and the graph: a file may be edited.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: If it does not
                fit; no file that ``tools/export.py`` wrote.
        """
        channels = len(Preprocessing(**self.preprocessing).mean)
        inputs = {i.name: list(i.shape) for i in session.get_inputs()}
        if list(inputs) != ['image'] or inputs['image'][1] != channels:
            raise ValueError(
                f'its inputs are {inputs}, not one image of {channels} '
                'channels'
            )
        if self.task == 'backbone':
            return
        outputs = {o.name: len(o.shape) for o in session.get_outputs()}
        if outputs != OUTPUTS[self.task]:
            raise ValueError(f'its outputs are not those of {self.task}')
        names = isinstance(self.classes, (list, tuple)) and self.classes
        if not names or not all(isinstance(name, str) for name in names):
            raise ValueError('its classes are no list of names')
        colours = [(int(r), int(g), int(b)) for r, g, b in self.palette]
        if len(colours) < len(names) or not all(
            0 <= level <= 255 for colour in colours for level in colour
        ):
            raise ValueError('its palette has no colour of each class')
        for value in (self.threshold, self.iou):
            if not isinstance(value, Real) or not 0 <= value <= 1:
                raise ValueError(f'{value!r} is no threshold')
        for side in ('size', 'stride') if self.window else ():
            height, width = self.window[side]
            if not (height >= 1 and width >= 1):
                raise ValueError(f'its windows are {self.window}')


def open_session(
    path: str, threads: int = 0, provider: str | None = None
) -> onnxruntime.InferenceSession:
    """Open an ONNX file.

    Args:
        path (str): The file.
        threads (int): For one operator; 0: as many as cores.
        provider (str, optional): What of onnxruntime runs it, such as
            'TensorrtExecutionProvider'. Defaults to CUDA where it is
            installed, else the processor.

    Raises:
        InputError: If there is no such file or provider, or it is no ONNX.
    """
    if not Path(path).is_file():
        raise InputError(f'{path}: there is no such file.')
    there = onnxruntime.get_available_providers()
    if provider not in (None, *there):
        raise InputError(
            f'This onnxruntime has no {provider}, but {", ".join(there)}.'
        )
    wanted = (provider,) if provider else (_CUDA, _CPU)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    errors = onnxruntime.capi.onnxruntime_pybind11_state
    try:
        return onnxruntime.InferenceSession(
            path, options, providers=[p for p in wanted if p in there]
        )
    except (
        errors.InvalidProtobuf,
        errors.InvalidGraph,
        errors.Fail,
        errors.NoSuchFile,
        errors.InvalidArgument,
        errors.NotImplemented,
        errors.RuntimeException,
        errors.EPFail,
    ) as error:
        raise InputError(f'{path} is no ONNX file that runs: {error}') from (
            error
        )


def run_session(
    session: onnxruntime.InferenceSession, images: np.ndarray
) -> list[np.ndarray]:
    """Run a network on images, (B, C, H, W), float32.

    Raises:
        MemoryError: If they are too large.
    """
    errors = onnxruntime.capi.onnxruntime_pybind11_state
    try:
        return session.run(None, {'image': images})
    except (errors.Fail, errors.RuntimeException) as error:
        if 'alloc' not in str(error):
            raise
        raise MemoryError from error
