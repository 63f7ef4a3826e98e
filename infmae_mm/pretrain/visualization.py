"""Pictures of what a masked autoencoder sees and makes of it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from ..drawing.shapes import enlarge
from ..drawing.text import drawable, text_size, write
from ..patches import PATCH_SIZE, patch_grid

MASK_COLOUR = (70, 90, 150)  # RGB; no grey, so that nobody takes it for data
MIN_PANEL = 384  # pixels; smaller images are enlarged by a whole factor
MARGIN, LINE = 12, 22


class ReconstructionView(NamedTuple):
    """One image and its reconstruction, on the scale of grey levels 0..255.

    Attributes:
        image (np.ndarray): What the model sees, ``(H, W)``, float32.
        prediction (np.ndarray): All patches as predicted, ``(H, W)``,
            float32; not clipped.
        mask (np.ndarray): ``(rows, columns)``, True where masked.
        scores (np.ndarray | None): ``(rows, columns)``; None where the
            masking is random.
        norm_pix (bool): Whether the model predicts patches without their mean
            and deviation, so that these were taken from the image.
    """

    image: np.ndarray
    prediction: np.ndarray
    mask: np.ndarray
    scores: np.ndarray | None
    norm_pix: bool


class Panel(NamedTuple):
    """A map of values with its label.

    Attributes:
        label (str): Text above, first line.
        detail (str): Text above, second line.
        values (np.ndarray): ``(H, W)``; NaN is drawn in a flat colour.
        low (float): Value of the first colour.
        high (float): Value of the last colour.
        colormap (int | None): One of OpenCV's; None is black to white.
    """

    label: str
    detail: str
    values: np.ndarray
    low: float
    high: float
    colormap: int | None = None


@contextmanager
def fixed_randomness(seed: int, device: torch.device) -> Iterator[None]:
    """Seed the random generators, and put them back afterwards."""
    python, numpy = random.getstate(), np.random.get_state()
    on_gpu = device.type == 'cuda'
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        random.seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a model in eval mode, and every module back as it was."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@torch.no_grad()
def reconstruct_view(
    model: nn.Module, image: Tensor, seed: int = 0
) -> ReconstructionView:
    """Let a model reconstruct an image, without a trace in model or training.

    Args:
        model (nn.Module): An ``InfMAEPretrainer``. Its mode is restored.
        image (Tensor): uint8 ``(1, H, W)`` or ``(C, H, W)``, H and W
            multiples of 16.
        seed (int): Of random masking. The state of the generators is
            restored. Defaults to 0.

    Returns:
        ReconstructionView: Input and reconstruction.
    """
    preprocessor = model.data_preprocessor
    device = next(model.parameters()).device
    with fixed_randomness(seed, device), evaluating(model):
        inputs = preprocessor(dict(inputs=[image], data_samples=[None]))
        inputs = inputs['inputs']  # (1, C, H, W)
        result = model.reconstruct(inputs)
    prediction = result.image
    norm_pix = model.head.norm_pix
    if norm_pix:
        prediction = restore_patch_statistics(prediction, inputs)

    def grey(x: Tensor) -> np.ndarray:
        x = x[0].float().mean(dim=0)  # (H, W)
        x = x * preprocessor.std + preprocessor.mean
        return x.cpu().numpy()

    scores = result.scores
    return ReconstructionView(
        image=grey(inputs),
        prediction=grey(prediction),
        mask=result.mask[0].view(result.grid).cpu().numpy() > 0,
        scores=None
        if scores is None
        else scores[0].view(result.grid).float().cpu().numpy(),
        norm_pix=norm_pix,
    )


def restore_patch_statistics(prediction: Tensor, target: Tensor) -> Tensor:
    """Undo ``norm_pix`` with the mean and deviation of the target's patches.

    Args:
        prediction (Tensor): ``(B, C, H, W)``, each patch in units of its own
            mean and deviation.
        target (Tensor): ``(B, C, H, W)``, the images.

    Returns:
        Tensor: ``(B, C, H, W)`` on the scale of ``target``.
    """
    rows, columns = patch_grid(target)
    shape = (*target.shape[:2], rows, PATCH_SIZE, columns, PATCH_SIZE)
    patches = target.reshape(shape)
    variance, mean = torch.var_mean(patches, dim=(1, 3, 5), keepdim=True)
    restored = prediction.reshape(shape) * (variance + 1e-6).sqrt() + mean
    return restored.reshape(target.shape)


def panels_of(view: ReconstructionView) -> list[Panel]:
    """Input, scores, visible patches, reconstruction, pasted, error."""
    image, prediction = view.image, view.prediction
    masked = enlarge(view.mask, PATCH_SIZE)  # (H, W)
    low, high = float(image.min()), float(image.max())
    pasted = np.where(masked, prediction, image)
    error = np.abs(pasted - image)
    hidden = int(view.mask.sum())
    count = f'{view.mask.size - hidden} of {view.mask.size} patches'
    statistics = (
        "mean and deviation of each patch are the input's (norm_pix)"
        if view.norm_pix
        else 'all patches as predicted'
    )
    if view.scores is None:
        scores = Panel(
            'score map', 'none: random masking', np.full_like(image, np.nan),
            0, 0,
        )  # fmt: skip
    else:
        scores = Panel(
            'score map', 'one score per 16x16 patch',
            enlarge(view.scores, PATCH_SIZE), float(view.scores.min()),
            float(view.scores.max()), cv2.COLORMAP_VIRIDIS,
        )  # fmt: skip
    average = error[masked].mean() if hidden else 0.0
    return [
        Panel('input', 'as the model sees it', image, low, high),
        scores,
        Panel(
            'visible patches', count, np.where(masked, np.nan, image), low,
            high,
        ),
        Panel('reconstruction', statistics, prediction, low, high),
        Panel(
            'reconstruction + visible patches', 'visible patches pasted in',
            pasted, low, high,
        ),
        Panel(
            'absolute error', f'mean of masked patches: {average:.1f}', error,
            0.0, float(error.max()), cv2.COLORMAP_INFERNO,
        ),
    ]  # fmt: skip


def draw_view(view: ReconstructionView, title: str = '') -> np.ndarray:
    """Draw the six panels of a reconstruction.

    All grey panels share one scale, from the darkest to the brightest pixel
    of the input; the bar below a panel gives its range, in grey levels but
    for the scores.

    Args:
        view (ReconstructionView): What to draw.
        title (str): Text above; characters that are not ASCII become '?'.

    Returns:
        np.ndarray: RGB, uint8, ``(height, width, 3)``: two rows of three.
    """
    drawn = [_draw_panel(panel) for panel in panels_of(view)]
    rows = [np.hstack(drawn[:3]), np.hstack(drawn[3:])]
    picture = np.vstack([_paper(LINE + MARGIN, rows[0].shape[1]), *rows])
    _write(picture, title, MARGIN, LINE, 0.6, picture.shape[1] - 2 * MARGIN)
    return picture


def _draw_panel(panel: Panel) -> np.ndarray:
    height, width = panel.values.shape
    factor = max(1, -(-MIN_PANEL // max(height, width)))
    colours = enlarge(_colour(panel, panel.values), factor)
    height, width = colours.shape[:2]
    # A narrow image still has room for its label.
    room = max(width, MIN_PANEL)
    top = 2 * LINE + 6
    picture = _paper(top + height + 2 * LINE + MARGIN, room + 2 * MARGIN)
    picture[top : top + height, MARGIN : MARGIN + width] = colours
    _write(picture, panel.label, MARGIN, LINE - 4, 0.6, room)
    _write(picture, panel.detail, MARGIN, 2 * LINE - 4, 0.45, room)
    if panel.high > panel.low:
        bar = np.linspace(panel.low, panel.high, room)[None].repeat(8, 0)
        bottom = top + height + 6
        picture[bottom : bottom + 8, MARGIN:-MARGIN] = _colour(panel, bar)
        for value, place in ((panel.low, 0.0), (panel.high, 1.0)):
            text = f'{value:.3g}'
            size = text_size(text, 0.45)[0]
            left = MARGIN + round(place * (room - size))
            _write(picture, text, left, bottom + 24, 0.45, size)
    return picture


def _colour(panel: Panel, values: np.ndarray) -> np.ndarray:
    """Values ``(H, W)`` as RGB colours ``(H, W, 3)``, uint8."""
    span = max(panel.high - panel.low, 1e-6)
    levels = np.nan_to_num((values - panel.low) / span)
    levels = (levels.clip(0, 1) * 255).round().astype(np.uint8)
    if panel.colormap is None:
        colours = np.repeat(levels[..., None], 3, axis=2)
    else:
        colours = _table(panel.colormap)[levels]
    colours[np.isnan(values)] = MASK_COLOUR
    return colours


@cache
def _table(colormap: int) -> np.ndarray:
    """The 256 colours of a map, RGB, which OpenCV makes anew at each call."""
    levels = np.arange(256, dtype=np.uint8)
    return cv2.applyColorMap(levels, colormap)[:, 0, ::-1].copy()  # (256, 3)


def _paper(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 255, np.uint8)


def _write(
    picture: np.ndarray, text: str, x: int, y: int, scale: float, room: int
) -> None:
    """Write a line, smaller if it does not fit into ``room`` pixels."""
    text = drawable(text)
    scale *= min(1.0, room / max(text_size(text, scale)[0], 1))
    write(picture, text, (x, y), (20, 20, 20), scale)
