"""Drawing of samples as a pipeline yields them, with their labels.

Works on the samples of mmpretrain, mmseg and mmdet and needs none of them.
Lines and texts are drawn after scaling, so that they can be read on a sheet
of small pictures, where those of the visualizers cannot.
"""

import os
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from mmengine.structures import BaseDataElement
from torch import Tensor

from ..classes import bright_colour
from .contact_sheet import Tile, fit
from .shapes import outline_mask
from .text import text_size, write

IGNORED = 255  # label of pixels that no loss counts
OPACITY = 0.45

Colour = tuple[int, int, int]


class SampleDrawer:
    """Makes tiles for a contact sheet of samples.

    Args:
        metainfo (Mapping): Of the dataset; ``classes`` and ``palette`` (RGB)
            are used where they are known.
        width (int): Of the box that a picture fits into, in pixels.
        height (int): Of the box, in pixels.
    """

    def __init__(
        self, metainfo: Mapping[str, object], width: int, height: int
    ) -> None:
        self.classes = tuple(metainfo.get('classes') or ())
        palette = metainfo.get('palette')
        self.colours = class_colours(self.classes, palette or ())
        self.width = width
        self.height = height

    def draw(self, sample: Mapping[str, object]) -> list[Tile]:
        """Draw a sample.

        Args:
            sample (Mapping): ``inputs``, a tensor (C, H, W) with 1 or 3
                channels (blue first), or several, the views of one image;
                and ``data_samples``, of which ``gt_sem_seg`` and
                ``gt_instances`` are drawn. Two classes mean targets on a
                background, which get an outline; more get a transparent
                colour.

        Returns:
            list[Tile]: One of each view.
        """
        inputs = sample['inputs']
        views = [inputs] if isinstance(inputs, Tensor) else inputs
        labels = sample['data_samples']
        name = os.path.basename(getattr(labels, 'img_path', None) or '')
        return [self._draw_view(view, labels, name) for view in views]

    def _draw_view(
        self, view: Tensor, labels: BaseDataElement, name: str
    ) -> Tile:
        image, about = to_picture(view)
        picture = fit(image, self.width, self.height)
        caption = [name, about]
        if 'gt_sem_seg' in labels:
            ids = labels.gt_sem_seg.data.squeeze(0).numpy()  # (H, W)
            caption.append(self._draw_labels(picture, ids))
        if 'gt_instances' in labels:
            instances = labels.gt_instances
            if 'masks' in instances:
                for mask, id in zip(
                    instances.masks.to_ndarray(),
                    instances.labels.tolist(),
                    strict=True,
                ):
                    outline(picture, mask, self._colour(id))
            scale = picture.shape[1] / image.shape[1]
            caption.append(self._draw_boxes(picture, instances, scale))
        return Tile(picture, tuple(caption))

    def _draw_labels(self, picture: np.ndarray, ids: np.ndarray) -> str:
        targets = len(self.classes) == 2
        present = np.unique(ids).tolist()
        notes = []
        for id in present:
            if id == IGNORED:
                notes.append(f'ignored {(ids == id).mean():.1%}')
            elif not targets and self._colour(id) != (0, 0, 0):
                tint(picture, ids == id, self._colour(id))
                notes.append(f'{self._name(id)} {(ids == id).mean():.1%}')
            elif targets and id == 1:
                outline(picture, ids == id, self._colour(id))
                notes.append(self._describe_targets(ids == id))
        return ', '.join(notes) or 'no labels'

    def _describe_targets(self, mask: np.ndarray) -> str:
        _, _, stats, _ = cv2.connectedComponentsWithStats(
            mask.astype(np.uint8), connectivity=8
        )
        sizes = [
            f'{s[cv2.CC_STAT_WIDTH]}x{s[cv2.CC_STAT_HEIGHT]}'
            for s in stats[1:]
        ]
        shown = ' '.join(sizes[:4]) + (' ..' if len(sizes) > 4 else '')
        return f'{self._name(1)}: {len(sizes)} ({shown} px)'

    def _draw_boxes(
        self, picture: np.ndarray, instances: BaseDataElement, scale: float
    ) -> str:
        boxes = instances.bboxes
        boxes = getattr(boxes, 'tensor', boxes).numpy()  # (N, 4)
        for box, id in zip(
            (boxes * scale).round().astype(int).tolist(),
            instances.labels.tolist(),
            strict=True,
        ):
            left, top, right, bottom = box
            colour = self._colour(id)
            cv2.rectangle(picture, (left, top), (right, bottom), colour, 1)
            wide, high = text_size(self._name(id))
            # names of small neighbours would hide each other, and the image
            if wide <= 2 * (right - left):
                at = left, top - 2 if top > high + 2 else bottom + high + 2
                write(picture, self._name(id), at, colour)
        return f'{len(boxes)} boxes'

    def _name(self, id: int) -> str:
        return self.classes[id] if id < len(self.classes) else str(id)

    def _colour(self, id: int) -> Colour:
        if id < len(self.colours):
            return self.colours[id]
        return _bright(id)

    def legend(self, width: int) -> np.ndarray | None:
        """Names of the classes in their colours.

        Args:
            width (int): In pixels.

        Returns:
            np.ndarray | None: BGR, (H, width, 3), uint8; None where no class
            is known.
        """
        if not self.classes:
            return None
        drawn = [
            (name, colour)
            for name, colour in zip(self.classes, self.colours, strict=True)
            if colour != (0, 0, 0)
        ]
        places, x, y = [], 8, 18
        for name, _ in drawn:
            wide = 32 + text_size(name)[0]
            if x + wide > width and x > 8:
                x, y = 8, y + 20
            places.append((x, y))
            x += wide
        image = np.full((y + 10, width, 3), 255, np.uint8)
        for (x, y), (name, colour) in zip(places, drawn, strict=True):
            cv2.rectangle(image, (x, y - 10), (x + 11, y + 1), colour, -1)
            write(image, name, (x + 16, y), (32, 32, 32))
        return image


def to_picture(view: Tensor) -> tuple[np.ndarray, str]:
    """Make what the model gets visible.

    Args:
        view (Tensor): (C, H, W), 1 or 3 channels. Floats of 0 to 255 are
            rounded, others stretched, which the text tells.

    Returns:
        tuple[np.ndarray, str]: Grey (H, W) or BGR (H, W, 3), uint8; and its
        size, type and range in words.

    Raises:
        ValueError: If it has another number of dimensions or channels.
    """
    if view.ndim != 3 or view.shape[0] not in (1, 3):
        raise ValueError(
            f'The pipeline yields an input of shape {tuple(view.shape)}; '
            'only (1, H, W) and (3, H, W) can be shown.'
        )
    image = view.permute(1, 2, 0).numpy()  # (H, W, C)
    low, high = float(image.min()), float(image.max())
    about = f'{image.shape[1]}x{image.shape[0]}x{image.shape[2]} '
    about += f'{image.dtype} {low:g}..{high:g}'
    if image.dtype != np.uint8:
        if low < 0 or high > 255 or high <= 1:
            about += ', stretched'
            image = (image - low) * (255 / max(high - low, 1e-12))
        image = image.round().astype(np.uint8)
    image = np.ascontiguousarray(image)
    return image[..., 0] if image.shape[2] == 1 else image, about


def class_colours(
    classes: Sequence[str], palette: Sequence[Sequence[int]]
) -> list[Colour]:
    """A colour (BGR) for each class; black for what is not drawn."""
    if len(palette) == len(classes):
        colours = [tuple(int(v) for v in colour[::-1]) for colour in palette]
    else:
        colours = [_bright(i) for i in range(len(classes))]
    if len(classes) == 2 and colours[1] == (0, 0, 0):
        colours[1] = _bright(1)
    return [
        (0, 0, 0) if name in ('background', 'unlabelled') else colour
        for name, colour in zip(classes, colours, strict=True)
    ]


def _bright(id: int) -> Colour:
    return bright_colour(id)[::-1]  # BGR


def tint(picture: np.ndarray, mask: np.ndarray, colour: Colour) -> None:
    """Colour the pixels of a mask (H, W), scaled to the picture."""
    inside = _covered(mask, picture) >= 0.5
    mixed = (1 - OPACITY) * picture[inside] + OPACITY * np.array(colour)
    picture[inside] = mixed.round().astype(np.uint8)


def outline(picture: np.ndarray, mask: np.ndarray, colour: Colour) -> None:
    """Draw a line around a mask (H, W), which covers none of it."""
    # of a target of one pixel, little is left in a smaller picture
    inside = (_covered(mask, picture) > 0).astype(np.uint8)
    # the line keeps a gap of a pixel
    around = cv2.dilate(inside, np.ones((5, 5), np.uint8))
    outline_mask(picture, around, colour)


def _covered(mask: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Share of each pixel of the picture that the mask covers, 0 to 1."""
    height, width = picture.shape[:2]
    smaller = width < mask.shape[1]
    return cv2.resize(
        mask.astype(np.float32),
        (width, height),
        interpolation=cv2.INTER_AREA if smaller else cv2.INTER_NEAREST,
    )
