"""hIoU: finding and delineating targets in one figure, and what it lost.

C. Pang et al., *Rethinking Evaluation of Infrared Small Target Detection*,
NeurIPS 2025 (arXiv 2509.16888). Arrays in, numbers out: no framework needed.
"""

from dataclasses import astuple, dataclass

import numpy as np

from .counts import ratio
from .matching import Components, OPDCMatch


@dataclass(frozen=True)
class PairCounts:
    """Pairs of targets and components, of one image or of many.

    Targets and components are matched by :func:`.matching.match_opdc`. The
    sums over pairs are of fractions of the union of the two.

    Attributes:
        pairs (int): Matched pairs.
        lone_found (int): Components without a partner.
        lone_targets (int): Targets without a partner.
        hopeless_found (int): Those of ``lone_found`` that no target could
            have been matched to.
        hopeless_targets (int): Those of ``lone_targets`` that no component
            could have been matched to.
        iou (float): Sum of the IoU of pairs.
        merging (float): Sum of the share that lies on other targets.
        interference (float): Sum of the share that lies on no target.
        perception (float): Sum of the share of the target that was not found.
    """

    pairs: int = 0
    lone_found: int = 0
    lone_targets: int = 0
    hopeless_found: int = 0
    hopeless_targets: int = 0
    iou: float = 0.0
    merging: float = 0.0
    interference: float = 0.0
    perception: float = 0.0

    @classmethod
    def of(
        cls, targets: Components, found: Components, result: OPDCMatch
    ) -> 'PairCounts':
        """Count in one image.

        Args:
            targets (Components): Of the true mask.
            found (Components): Of the prediction, of the same size.
            result (OPDCMatch): How they were matched.
        """
        i = np.flatnonzero(result.matches >= 0)
        j = result.matches[i]
        both = result.shared[i, j]
        union = targets.areas[i] + found.areas[j] - both
        on_any = result.shared[:, j].sum(0)
        lone_found = np.setdiff1d(np.arange(len(found)), j)
        lone_targets = np.setdiff1d(np.arange(len(targets)), i)
        admissible = result.admissible
        return cls(
            pairs=len(i),
            lone_found=len(lone_found),
            lone_targets=len(lone_targets),
            hopeless_found=int((~admissible[:, lone_found].any(0)).sum()),
            hopeless_targets=int((~admissible[lone_targets].any(1)).sum()),
            iou=float((both / union).sum()),
            merging=float(((on_any - both) / union).sum()),
            interference=float(((found.areas[j] - on_any) / union).sum()),
            perception=float(((targets.areas[i] - both) / union).sum()),
        )

    def __add__(self, other: 'PairCounts') -> 'PairCounts':
        pairs = zip(astuple(self), astuple(other), strict=True)
        return PairCounts(*map(sum, pairs))

    def measures(self) -> dict[str, float]:
        """hIoU, and where the rest of it went.

        Returns:
            dict[str, float]: Fractions. ``hIoU`` is ``loc_IoU`` (pairs over
            pairs and all without a partner) times ``seg_IoU`` (mean IoU of
            the pairs). Of the components and targets, ``loc_interference``
            are components where no target is, ``loc_perception`` targets
            where no component is, ``loc_several_to_one`` components too many
            for one target, ``loc_one_to_several`` targets that share a
            component: with ``loc_IoU`` they sum to 1. Of the pairs,
            ``seg_merging``, ``seg_interference`` and ``seg_perception`` sum
            to 1 with ``seg_IoU``. NaN where there is nothing to divide by:
            without targets and components, and of pairs if there is none.
        """
        total = self.pairs + self.lone_found + self.lone_targets
        several = self.lone_found - self.hopeless_found
        shared = self.lone_targets - self.hopeless_targets
        return dict(
            hIoU=ratio(self.iou, total),
            loc_IoU=ratio(self.pairs, total),
            loc_interference=ratio(self.hopeless_found, total),
            loc_perception=ratio(self.hopeless_targets, total),
            loc_several_to_one=ratio(several, total),
            loc_one_to_several=ratio(shared, total),
            seg_IoU=ratio(self.iou, self.pairs),
            seg_merging=ratio(self.merging, self.pairs),
            seg_interference=ratio(self.interference, self.pairs),
            seg_perception=ratio(self.perception, self.pairs),
        )
