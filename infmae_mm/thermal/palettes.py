"""Pseudo-colour: finding the palette of a picture, and mapping it back.

Cameras write pictures in iron, rainbow and other palettes, whose luma does
not rise with temperature: a hot spot can come out dark. A palette is a curve
through the colour cube. A picture was coloured by it if its colours lie on
the curve, and each colour's place along the curve is the grey level that the
camera had.
"""

from functools import cache

import cv2
import numpy as np

from .palette_curves import CURVES, FLIR_CURVES, OPENCV_NAMES

GREY, NONE = 'grey', 'none'
"""What :func:`find_palette` calls a picture without colours, and one whose
colours lie on no curve, such as a photograph."""

_POINTS = 64  # of a curve, when it is compared with a picture
_SAMPLES = 2000  # pixels of a picture that are compared
_FAR = 32.0  # levels from which on a colour is as far as any: overlays
_GREY_SCORE = 0.1  # mean distance from grey, of _FAR, that noise explains
_SCORE, _RATIO = 0.5, 0.58  # see find_palette
_LENGTH = 0.02 / 1000 * (_POINTS - 1)  # score of a level between two points
# two palettes that are one ring, cut at two places: nothing in a picture
# tells which, and the grey levels would be turned around
_RINGS = ('twilight', 'twilight_shifted')
_BITS = 6  # of each channel in the tables of places
_CHROMA = 0.3  # weight of a level of chroma, where one of luma counts 1
_FITS = 300.0  # squared levels by which a place may fit worse and be right
_ALONE = 8  # places that a pixel is off its neighbours' when it is looked at


def palette_names() -> tuple[str, ...]:
    """Names of the palettes, sorted."""
    return tuple(sorted({name for name, _ in _curves()}))


def check_palette(palette: str) -> None:
    """Check an option ``palette``.

    Raises:
        ValueError: If it is neither ``'luma'``, ``'auto'`` nor a name.
    """
    if palette not in ('luma', 'auto', *palette_names()):
        raise ValueError(
            f"palette={palette!r} is neither 'luma' nor 'auto' nor one of "
            f'{", ".join(palette_names())}.'
        )


def find_palette(image: np.ndarray) -> str:
    """Tell which palette coloured a picture.

    Up to 2,000 pixels are taken, after a median that removes the noise of
    JPEG. The score of a curve is the mean distance of their colours from it,
    where a distance counts 32 levels at most: text and marks drawn on the
    picture are far from every curve, but few. The best curve is the palette
    if it scores below a half, and well below the line of greys. Of 400
    pictures of a hand-held camera, 19 of FLIR cameras (with scales, text and
    outlines of a second camera) and 221 photographs, palettes are at most
    0.49 of the greys' score, photographs at least 0.67.

    Args:
        image (np.ndarray): (H, W, 3), uint8, BGR.

    Returns:
        str: A name of :func:`palette_names`, or ``'grey'`` or ``'none'``.
    """
    name, _ = _find(image, None)
    return name


def palette_to_grey(
    image: np.ndarray, palette: str = 'auto'
) -> tuple[np.ndarray, str]:
    """Map the colours of a picture back to the grey levels behind them.

    Args:
        image (np.ndarray): (H, W, 3), uint8, BGR.
        palette (str): Name of a palette, which may have several curves; the
            best is taken. ``'auto'`` takes the best of all palettes, and the
            luma where the colours lie on none.

    Returns:
        tuple[np.ndarray, str]: Grey levels, (H, W), uint8; and the palette:
        its name, ``'grey'`` or ``'none'``, for which the luma is taken.

    Raises:
        ValueError: If the colours do not lie on the palette that is named.
    """
    name, curve = _find(image, None if palette == 'auto' else palette)
    if curve is not None:
        return _places(image, curve), name
    if name == NONE and palette != 'auto':
        raise ValueError(
            f'its colours do not lie on the palette {palette!r}: they may on '
            "another (palette='auto'), or it is a photograph"
        )
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), name


def _find(image: np.ndarray, palette: str | None) -> tuple[str, int | None]:
    """Name and number of the best curve; see :func:`find_palette`."""
    colours = _sample(image)
    # (N,): the nearest grey of a colour is the mean of its channels
    grey = colours - colours.mean(axis=1, keepdims=True)
    grey_score = _score(np.square(grey).sum(axis=1))
    if grey_score < _GREY_SCORE:
        return GREY, None
    scores = {
        k: _score(_squares(colours, k))
        for k, (name, _) in enumerate(_curves())
        if palette in (None, name)
    }
    # a long curve is near many colours: of equal ones the shorter is meant
    best = min(scores, key=lambda k: scores[k] + _LENGTH * _bank()[k][2])
    if scores[best] > min(_SCORE, _RATIO * grey_score):
        return NONE, None
    return _curves()[best][0], best


def _sample(image: np.ndarray) -> np.ndarray:
    """Colours of pixels spread over the picture, (N, 3), float32."""
    step = max(1, int((image.shape[0] * image.shape[1] / _SAMPLES) ** 0.5))
    smooth = cv2.medianBlur(image, 3)
    return smooth[::step, ::step].reshape(-1, 3).astype(np.float32)


def _score(squares: np.ndarray) -> float:
    distances = np.sqrt(np.maximum(squares, 0))
    return float(np.minimum(distances, _FAR).mean()) / _FAR


def _squares(colours: np.ndarray, k: int) -> np.ndarray:
    """Squared distances of colours from a curve, (N,)."""
    points, tangents, step = _bank()[k]
    # |colour - point|^2 without the colour's own square: (N, points)
    rest = np.square(points).sum(axis=1) - 2 * colours @ points.T
    nearest = rest.argmin(axis=1)
    apart = colours - points[nearest]
    # the way along the curve to the foot of the perpendicular
    along = np.abs((apart * tangents[nearest]).sum(axis=1))
    return np.square(apart).sum(axis=1) - np.square(np.minimum(along, step))


def _places(image: np.ndarray, k: int) -> np.ndarray:
    """Places of all pixels along a curve, (H, W), uint8.

    Distances are those of :func:`_metric`.
    """
    slope, offset = _tangents(k)
    cells = (image >> (8 - _BITS)).astype(np.int32)
    # (H, W): the place of the middle of each pixel's cell
    coarse = _table(k)[
        (cells[..., 0] << 2 * _BITS) | (cells[..., 1] << _BITS) | cells[..., 2]
    ]
    # from there along the tangent to the pixel's own place
    fine = np.einsum('hwc,hwc->hw', image.astype(np.float32), slope[coarse])
    fine += offset[coarse]
    middle = coarse.astype(np.float32)
    np.clip(fine, middle - 4, middle + 4, out=fine)
    places = np.clip(np.rint(fine), 0, 255).astype(np.uint8)
    return _with_neighbours(image, places, k)


def _with_neighbours(
    image: np.ndarray, places: np.ndarray, k: int
) -> np.ndarray:
    """Decide by its neighbours where two places of a curve fit a pixel.

    A palette such as rainbow passes nearly the same colour twice, and the
    noise of JPEG then makes one place of the other. A pixel that has another
    place than its neighbours takes, of all places that fit best around
    themselves and nearly as well as its own, the one nearest to theirs. A
    hot pixel, whose colour fits nowhere else, stays.

    Args:
        image (np.ndarray): (H, W, 3), uint8, BGR.
        places (np.ndarray): (H, W), uint8.
        k (int): Number of the curve.

    Returns:
        np.ndarray: (H, W), uint8.
    """
    around = cv2.medianBlur(places, 3)
    at = np.flatnonzero(cv2.absdiff(places, around) > _ALONE)
    curve = _curves()[k][1] @ _metric()
    colours = image.reshape(-1, 3)[at].astype(np.float32) @ _metric()
    found = places.copy().reshape(-1)
    for start in range(0, len(at), 1 << 14):
        part = slice(start, start + (1 << 14))
        # (N, 256): squared distances, but for the colour's own square
        rest = np.square(curve).sum(1) - 2 * colours[part] @ curve.T
        beside = np.pad(rest, ((0, 0), (1, 1)), constant_values=np.inf)
        fits = (rest <= beside[:, :-2]) & (rest <= beside[:, 2:])
        fits &= rest <= rest.min(axis=1, keepdims=True) + _FITS
        theirs = around.reshape(-1)[at[part]].astype(np.int16)
        apart = np.abs(np.arange(256, dtype=np.int16) - theirs[:, None])
        found[at[part]] = np.where(fits, apart, 256).argmin(axis=1)
    return found.reshape(places.shape)


@cache
def _metric() -> np.ndarray:
    """What turns colours, BGR, into such that noise moves alike: (3, 3).

    JPEG stores luma and chroma: the first of each pixel, the second of four
    together and with fewer levels. Luma tells a place exactly, chroma which
    of two that have the same luma.
    """
    luma = np.array([0.114, 0.587, 0.299], np.float32)
    blue, _, red = np.eye(3, dtype=np.float32)
    chroma = (blue - luma) * 0.564, (red - luma) * 0.713
    return np.stack([luma, *(c * _CHROMA for c in chroma)], axis=1)


@cache
def _curves() -> tuple[tuple[str, np.ndarray], ...]:
    """All curves: (name, colours (256, 3), float32, BGR)."""
    ramp = np.arange(256, dtype=np.uint8)
    curves = [(name, _unpack(corners)) for name, corners in CURVES]
    for name, corners in FLIR_CURVES:
        curve = _unpack(corners)
        full = np.clip((curve - 16) * (255 / 219), 0, 255)
        curves += [(name, curve), (name, full)]
    for number, name in enumerate(OPENCV_NAMES):
        if name in _RINGS:
            continue
        curve = cv2.applyColorMap(ramp, number)[:, 0].astype(np.float32)
        curves.append((name, curve))
    return tuple(curves)


def _unpack(corners: str) -> np.ndarray:
    """Colours of a broken line at 256 places, (256, 3), float32, BGR."""
    line = np.frombuffer(bytes.fromhex(corners), np.uint8).reshape(-1, 4)
    place, *rgb = line.T.astype(np.float32)
    channels = [np.interp(np.arange(256), place, c) for c in reversed(rgb)]
    return np.stack(channels, axis=1).astype(np.float32)


@cache
def _bank() -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Of each curve points of equal distance, tangents, and that distance."""
    bank = []
    for _, curve in _curves():
        steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
        way = np.concatenate([[0], np.cumsum(steps)])
        at = np.linspace(0, way[-1], _POINTS)
        points = np.stack([np.interp(at, way, c) for c in curve.T], axis=1)
        tangents = np.gradient(points, axis=0)
        tangents /= np.linalg.norm(tangents, axis=1, keepdims=True) + 1e-9
        bank.append((points.astype('f4'), tangents.astype('f4'), float(at[1])))
    return bank


@cache
def _table(k: int) -> np.ndarray:
    """Nearest place on a curve of each cell of the colour cube, uint8."""
    curve = _curves()[k][1] @ _metric()
    levels = (np.arange(1 << _BITS, dtype=np.float32) + 0.5) * (
        256 >> _BITS
    ) - 0.5
    table = []
    for blue in levels:  # one layer after the other: less memory
        green, red = np.meshgrid(levels, levels, indexing='ij')
        cells = np.stack([np.full_like(red, blue), green, red], -1)
        cells = cells.reshape(-1, 3) @ _metric()
        rest = np.square(curve).sum(1) - 2 * cells @ curve.T
        table.append(rest.argmin(1).astype(np.uint8))
    return np.concatenate(table)


@cache
def _tangents(k: int) -> tuple[np.ndarray, np.ndarray]:
    """For each place of a curve, what turns a colour near it into a place.

    Returns:
        tuple[np.ndarray, np.ndarray]: (256, 3) and (256,), float32; the
        place is the product with the first plus the second.
    """
    curve = _curves()[k][1]
    tangent = np.gradient(curve @ _metric(), axis=0)
    square = np.square(tangent).sum(axis=1, keepdims=True)
    slope = tangent @ _metric().T  # of the colours as they are
    slope = np.divide(
        slope, square, out=np.zeros_like(slope), where=square > 0.02
    )
    offset = np.arange(256) - (curve * slope).sum(axis=1)
    return slope.astype(np.float32), offset.astype(np.float32)
