"""What a run of predictions asks of a network."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from .results import Options, Prediction
from .values import Reading

NOT_FINITE = (
    'the network gives values that are not finite: of half precision, export '
    'it without --fp16'
)


class Predictor(Protocol):
    """A network with what belongs to it.

    Attributes:
        task (str): A key of :data:`.results.TASKS`.
        options (Options): Classes, palette and thresholds.
        iou (float): Overlap above which boxes of two tiles are one object.
        identity (str): What tells this network from any other.
        radiometric (str | None): What is read of radiometric JPEG.
        palette (str): How colours become grey.
    """

    task: str
    options: Options
    iou: float
    identity: str
    radiometric: str | None
    palette: str

    def read(self, path: str) -> Reading:
        """Read an image file."""

    def grey(self, values: np.ndarray) -> np.ndarray:
        """Map values (H, W) to grey ones of 0 to 255, uint8 or float32."""

    def prepare(self, grey: np.ndarray) -> tuple[tuple, Any]:
        """Make an input of a grey image or tile, in any thread.

        Returns:
            tuple[tuple, Any]: What inputs of one batch have in common, and
            the input.
        """

    def predict(self, inputs: Sequence[Any]) -> list[Prediction | str]:
        """Run the network on inputs that fit one batch.

        Returns:
            list[Prediction | str]: What it says of each, or why it cannot.

        Raises:
            MemoryError: If they are too large.
        """
