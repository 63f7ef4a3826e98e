"""The measures of small-target detection, on arrays: no framework needed.

``docs/small_target.md`` gives the definitions and says why they are so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .counts import Counts, ratio
from .hierarchical import PairCounts
from .matching import Components, match, match_opdc, match_overlap
from .misses import TrueTarget, true_targets
from .roc import PixelRoc

THRESHOLD = 0.5
"""What is more probable than this is predicted to be a target."""


@dataclass(frozen=True)
class ImageCounts:
    """What is counted in one image.

    Attributes:
        name (str): Name of the image.
        counts (Counts): Its pixels and targets.
        pairs (PairCounts): Its pairs, for hIoU.
        targets (list[TrueTarget]): Its true targets.
    """

    name: str
    counts: Counts
    pairs: PairCounts
    targets: list[TrueTarget]


class SmallTargetMeasures:
    """Takes image after image, and forgets it: memory does not grow.

    Args:
        thresholds (Sequence[float]): Count at these thresholds as well, for
            :meth:`detection_curve`. Each costs about as much as all the rest.
        keep_images (bool): Keep the counts of each image in :attr:`images`
            (some hundred bytes each).

    Attributes:
        images (list[ImageCounts]): What was counted in each image.
        num_images (int): Images so far.
    """

    def __init__(
        self, thresholds: Sequence[float] = (), keep_images: bool = False
    ) -> None:
        if not all(0 <= t < 1 for t in thresholds):
            raise ValueError(f'thresholds must be in [0, 1): {thresholds}.')
        self.thresholds = tuple(map(float, thresholds))
        self.keep_images = keep_images
        self.images: list[ImageCounts] = []
        self.num_images = 0
        self._counts = Counts()
        self._counts_overlap, self._counts_opdc = Counts(), Counts()
        self._pairs = PairCounts()
        self._counts_at = [Counts() for _ in self.thresholds]
        # of the images that have one
        self._sum_of_ious, self._num_ious = 0.0, 0
        self._roc = PixelRoc()

    def update(
        self,
        probability: np.ndarray,
        mask: np.ndarray,
        name: str = '',
        image: np.ndarray | None = None,
    ) -> None:
        """Take one image.

        Args:
            probability (np.ndarray): (H, W), float, of a target, 0 to 1.
            mask (np.ndarray): (H, W), bool, of the same size.
            name (str): What to call the image in results and errors.
            image (np.ndarray, optional): (H, W): its grey values, for the
                contrast of :attr:`ImageCounts.targets`.

        Raises:
            ValueError: If shapes or values are not as above.
        """
        name = name or f'image {self.num_images}'
        probability, mask = _check(probability, mask, name)
        if image is not None and image.shape != mask.shape:
            raise ValueError(
                f'{name}: the image is {image.shape}, its mask {mask.shape}.'
            )
        targets = Components.of(mask)
        found = Components.of(probability > THRESHOLD)
        matches = match(targets, found)
        counts = Counts.of(targets, found, matches)
        opdc = match_opdc(targets, found)
        pairs = PairCounts.of(targets, found, opdc)
        self._counts_opdc += Counts.of(targets, found, opdc.matches)
        self._counts_overlap += Counts.of(
            targets, found, match_overlap(targets, found)
        )
        self._pairs += pairs
        self.num_images += 1
        self._counts += counts
        if counts.target_pixels or counts.predicted_pixels:
            self._sum_of_ious += counts.measures()['IoU']
            self._num_ious += 1
        if self.keep_images:
            self.images.append(
                ImageCounts(
                    name,
                    counts,
                    pairs,
                    true_targets(targets, matches >= 0, image),
                )
            )
        for i, threshold in enumerate(self.thresholds):
            self._counts_at[i] += Counts.of(
                targets, Components.of(probability > threshold)
            )
        self._roc.add(probability, mask)

    def merge(self, other: 'SmallTargetMeasures') -> None:
        """Take all images of another one, as if they had come here.

        Args:
            other (SmallTargetMeasures): With the same arguments.

        Raises:
            ValueError: If its thresholds are others.
        """
        if other.thresholds != self.thresholds:
            raise ValueError('the two were counted at different thresholds.')
        self.images += other.images
        self.num_images += other.num_images
        self._counts += other._counts
        self._counts_overlap += other._counts_overlap
        self._counts_opdc += other._counts_opdc
        self._pairs += other._pairs
        self._counts_at = [
            a + b
            for a, b in zip(self._counts_at, other._counts_at, strict=True)
        ]
        self._sum_of_ious += other._sum_of_ious
        self._num_ious += other._num_ious
        self._roc += other._roc

    def compute(self) -> dict[str, float]:
        """Measure all images together.

        Returns:
            dict[str, float]: ``IoU, nIoU, Precision, Recall, F1, Pd, Fa,
            AUC`` as fractions; NaN where nothing could be measured: see
            :meth:`Counts.measures`; nIoU where no image has a target or a
            prediction; AUC where targets or background have no pixel.

        Raises:
            ValueError: If there was no image.
        """
        if not self.num_images:
            raise ValueError('there is no image to measure.')
        measures = self._counts.measures()
        return dict(
            IoU=measures.pop('IoU'),
            nIoU=ratio(self._sum_of_ious, self._num_ious),
            **measures,
            AUC=self._roc.area(),
        )

    def target_level(self) -> dict[str, float]:
        """hIoU with its error analysis, and Pd and Fa by other matchings.

        Returns:
            dict[str, float]: The fractions of :meth:`.PairCounts.measures`,
            and ``Pd_overlap``, ``Fa_overlap`` (one common pixel is enough)
            and ``Pd_opdc``, ``Fa_opdc`` (the matching of hIoU).

        Raises:
            ValueError: If there was no image.
        """
        if not self.num_images:
            raise ValueError('there is no image to measure.')
        values = self._pairs.measures()
        for rule, counts in (
            ('overlap', self._counts_overlap),
            ('opdc', self._counts_opdc),
        ):
            measures = counts.measures()
            values[f'Pd_{rule}'] = measures['Pd']
            values[f'Fa_{rule}'] = measures['Fa']
        return values

    def reason_of_zero(self) -> str | None:
        """Say why nothing was found: no pixel was predicted, or most were."""
        share = self._counts.predicted_pixels / self._counts.pixels
        if share > 0.5:
            return (
                f'{share:.1%} of all pixels exceed {THRESHOLD}: is certainty '
                'black in these predictions? Then invert them.'
            )
        if share:
            return None
        return (
            f'Nothing exceeds {THRESHOLD}: the greatest probability is '
            f'{self._roc.greatest():.3g}.'
        )

    def roc(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rates of pixels over all thresholds, see :meth:`PixelRoc.curve`."""
        return self._roc.curve()

    def detection_curve(self) -> list[tuple[float, float, float]]:
        """Pd against Fa.

        Returns:
            list[tuple[float, float, float]]: Threshold, Fa and Pd, for each
            of the thresholds asked for.
        """
        return [
            (threshold, measures['Fa'], measures['Pd'])
            for threshold, measures in zip(
                self.thresholds,
                (counts.measures() for counts in self._counts_at),
                strict=True,
            )
        ]


def small_target_measures(
    probabilities: Iterable[np.ndarray], masks: Iterable[np.ndarray]
) -> dict[str, float]:
    """Measure predictions of small targets, in one pass.

    Args:
        probabilities (Iterable[np.ndarray]): Of each image (H, W), float:
            how probable a target is, 0 to 1, at the image's own size.
        masks (Iterable[np.ndarray]): Of each image (H, W), bool.

    Returns:
        dict[str, float]: ``IoU, nIoU, Precision, Recall, F1, Pd, Fa, AUC``
        as fractions; see :meth:`SmallTargetMeasures.compute`.

    Raises:
        ValueError: If there is no image, the two differ in number, or an
            image is not as above.
    """
    measures = SmallTargetMeasures()
    for probability, mask in zip(probabilities, masks, strict=True):
        measures.update(probability, mask)
    return measures.compute()


def _check(
    probability: np.ndarray, mask: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Refuse what is not a probability and a mask of one size."""
    probability, mask = np.asarray(probability), np.asarray(mask)
    if probability.ndim != 2 or probability.shape != mask.shape:
        raise ValueError(
            f'{name}: probability and mask must be (H, W) of one size, got '
            f'{probability.shape} and {mask.shape}.'
        )
    if not probability.size:
        raise ValueError(f'{name}: it has no pixel.')
    if probability.dtype not in (np.float32, np.float64):
        probability = probability.astype(np.float32)
    low, high = probability.min(), probability.max()
    if not (low >= 0 and high <= 1):  # NaN too
        raise ValueError(
            f'{name}: a probability must be in [0, 1], these go from {low} '
            f'to {high}. Scores need a sigmoid or softmax first, grey values '
            'a division by their greatest.'
        )
    if mask.dtype != bool:
        if not np.isin(mask, (0, 1)).all():
            raise ValueError(
                f'{name}: the mask must be bool, or 0 and 1, got '
                f'{mask.dtype} up to {mask.max()}: compare it with 127.'
            )
        mask = mask.astype(bool)
    return probability, mask
