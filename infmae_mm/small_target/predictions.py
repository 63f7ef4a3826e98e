"""Probabilities that other programs wrote: pictures, NumPy, MATLAB."""

import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from ..thermal.formats import SUFFIXES
from ..thermal.reading import read_image

PREDICTION_SUFFIXES = (*SUFFIXES, '.npy', '.mat')
"""Endings (lower case) of files of predictions."""


class PredictionError(ValueError):
    """Predictions that cannot be measured; names the file."""


class Predictions:
    """Reads the files of a folder, and sees whether they are probabilities.

    Pictures of 8 or 16 bit, and arrays of uint8 or uint16, are divided by
    the greatest value of their type. Other arrays are probabilities, 0 to 1.
    """

    def __init__(self) -> None:
        self.greatest = 0.0
        # of pictures and of their types, by the greatest value possible
        self._levels: dict[int, int] = {}
        self._folder = Path()

    def read(self, path: Path) -> np.ndarray:
        """Read a prediction.

        Args:
            path (Path): The file.

        Returns:
            np.ndarray: (H, W), float, 0 to 1 if the file is right;
            :meth:`.SmallTargetMeasures.update` checks that.

        Raises:
            UnreadableImageError: If a picture cannot be read.
            PredictionError: If an array cannot be read or is none of (H, W)
                numbers.
        """
        values = _read(path)
        if values.dtype in (np.uint8, np.uint16):
            most = int(np.iinfo(values.dtype).max)
            greatest = int(values.max())
            self._levels[most] = max(self._levels.get(most, 0), greatest)
            self._folder = path.parent
            values = values / np.float64(most)
        self.greatest = max(self.greatest, float(values.max()))
        return values

    def check(self) -> None:
        """See, after all files, that their values are of the whole range.

        Raises:
            PredictionError: If they were ids of 0 and 1, or 8 bits in files
                of 16.
        """
        if max(self._levels.values(), default=0) == 1:
            raise PredictionError(
                f'{self._folder}: the greatest value of all predictions is 1 '
                'of 255 or 65535, so these are ids of 0 and 1, not '
                'probabilities. Multiply them by 255.'
            )
        if self._levels.get(65535) == 255:
            raise PredictionError(
                f'{self._folder}: the greatest value of all files of 16 bits '
                'is 255, so they hold 8 bits. Save them as such, or multiply '
                'by 257.'
            )


def _read(path: Path) -> np.ndarray:
    suffix = path.suffix.lower()
    if suffix not in ('.npy', '.mat'):
        return _read_grey(str(path))
    try:
        if suffix == '.npy':
            values = np.load(path, allow_pickle=False)
        else:
            # MATLAB stores doubles and logicals of small values as uint8
            values = _only_array(loadmat(path, mat_dtype=True), path)
    except NotImplementedError as error:
        raise PredictionError(
            f'{path} is a file of MATLAB 7.3, which is HDF5: save it with '
            "'-v7'."
        ) from error
    except (
        OSError,
        ValueError,
        TypeError,
        EOFError,
        zipfile.BadZipFile,
        MatReadError,
    ) as error:
        if isinstance(error, PredictionError):
            raise
        raise PredictionError(f'{path} cannot be read: {error}') from error
    values = np.squeeze(values)
    if values.ndim != 2 or values.dtype.kind not in 'buif' or not values.size:
        raise PredictionError(
            f'{path} holds an array of shape {values.shape} and type '
            f'{values.dtype}, not the probability of each pixel, (H, W).'
        )
    if values.dtype in (np.uint8, np.uint16):
        return values
    low, high = values.min(), values.max()
    if values.dtype.kind in 'ui' and (low < 0 or high > 1):
        raise PredictionError(
            f'{path} holds {values.dtype} of {low} to {high}. Save '
            'probabilities of 0 to 1, or uint8.'
        )
    return values * 1.0


def _read_grey(path: str) -> np.ndarray:
    """Read a picture, whose colours would have no meaning."""
    image = read_image(path)
    # a TIFF that Pillow does not know has no colours
    with suppress(UnidentifiedImageError), Image.open(path) as picture:
        if picture.mode in ('P', 'PA', 'RGB', 'RGBA'):
            colours = np.asarray(picture.convert('RGB'))  # (H, W, 3)
            if (colours != colours[..., :1]).any():
                raise PredictionError(
                    f'{path} is in colours. Save the probability of each '
                    'pixel as grey: black is none, white is certainty.'
                )
    return image


def _only_array(content: dict, path: Path) -> np.ndarray:
    """The one variable of a file of MATLAB."""
    found = {k: v for k, v in content.items() if not k.startswith('__')}
    if len(found) != 1:
        raise PredictionError(
            f'{path} has {len(found)} variables ({", ".join(found)}): save '
            'the probabilities alone.'
        )
    return np.asarray(next(iter(found.values())))


def pair_files(
    predictions: dict[str, Path],
    masks: dict[str, Path],
    mask_suffix: str,
    names: Sequence[str] | None,
) -> list[tuple[Path, Path]]:
    """Give each prediction its mask; none may be missing.

    Args:
        predictions (dict[str, Path]): By their names without ending.
        masks (dict[str, Path]): By their names without ending.
        mask_suffix (str): What follows the name of a prediction in that of
            its mask.
        names (Sequence[str] | None): Those to measure, of the predictions.
            None: all, of all masks.

    Returns:
        list[tuple[Path, Path]]: Predictions and masks.

    Raises:
        PredictionError: If a prediction has no mask, or a mask none.
    """
    for name in names if names is not None else predictions:
        if name not in predictions:
            continue
        if name + mask_suffix not in masks:
            raise PredictionError(
                f'{predictions[name]} has no mask: there is no '
                f'{name}{mask_suffix}.* among the masks.'
            )
    wanted = names
    if wanted is None:
        wanted = [
            name.removesuffix(mask_suffix)
            for name in masks
            if name.endswith(mask_suffix)
        ]
    missing = [name for name in wanted if name not in predictions]
    if missing:
        folder = next(iter(predictions.values())).parent
        raise PredictionError(
            f'{len(missing)} of {len(wanted)} predictions are missing in '
            f'{folder}: {", ".join(missing[:5])}. To measure a part of the '
            'masks, list its names with --split.'
        )
    return [(predictions[n], masks[n + mask_suffix]) for n in wanted]
