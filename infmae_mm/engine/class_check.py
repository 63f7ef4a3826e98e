"""Classes of the data held against those of the model."""

from collections.abc import Iterator, Sequence

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import nn

from ..classes import (
    LabelError,
    check_class_names,
    check_order,
    check_palette,
)

HEADS = ('decode_head', 'auxiliary_head', 'bbox_head', 'mask_head', 'head')
"""Names of the modules whose ``num_classes`` are those of the labels."""


@HOOKS.register_module()
class ClassCountHook(Hook):
    """Refuse a model whose heads have other classes than the labels.

    Else a head of too many classes trains without a word, and one of too few
    ends in an assertion on the GPU that names neither. Looked at are the
    heads of :data:`HEADS`, in training, validation and test, before the
    first iteration; not the proposals of a detector, which know objects only,
    heads that learn boundaries, and those that are told the names of the
    classes. Of panoptic sets a head may have all classes or those of things.
    """

    def before_run(self, runner: Runner) -> None:
        """Check the heads against the classes of each dataset.

        Raises:
            LabelError: If they differ; if the classes of a dataset are a
                string, those of another in another order, or under a key in
                upper case, as MMEngine had it once; if its palette has
                something else than colours.
        """
        heads = dict(_heads(runner.model))
        first: Sequence[str] | None = None
        for loop in ('train', 'val', 'test'):
            dataset = _dataset_of(runner, loop)
            meta = getattr(dataset, 'metainfo', {})
            old = {'CLASSES', 'PALETTE'} & set(meta)
            if old:
                raise LabelError(
                    f'metainfo of the {loop} set has {" and ".join(old)}, '
                    'which nothing reads: it is written in lower case.'
                )
            if not meta.get('classes') or getattr(
                dataset, 'return_classes', False
            ):
                continue
            classes = check_class_names(meta['classes'])
            palette = meta.get('palette')
            if palette is not None and not isinstance(palette, str):
                check_palette(palette)
            first = first or classes
            check_order(classes, first, 'the set before it has them')
            right = len(classes), len(meta.get('thing_classes', classes))
            wrong = {k: n for k, n in heads.items() if n not in right}
            if wrong:
                listed = ', '.join(f'{k}: {n}' for k, n in wrong.items())
                raise LabelError(
                    f'The {loop} set ({type(dataset).__name__}) has '
                    f'{len(classes)} classes: {", ".join(classes[:10])}; the '
                    f'model has num_classes of {listed}. Set num_classes of '
                    f'these heads to {len(classes)}, or metainfo=dict('
                    'classes=...) of the dataset.'
                )


def _dataset_of(runner: Runner, loop: str) -> object:
    """The dataset of a loop that was built, None where there is none."""
    built = getattr(runner, f'_{loop}_loop')
    loader = getattr(built, 'dataloader', None)
    return getattr(loader, 'dataset', None)


def _heads(model: nn.Module) -> Iterator[tuple[str, int]]:
    for name, module in model.named_modules():
        parts = [part for part in name.split('.') if not part.isdigit()]
        count = getattr(module, 'num_classes', None)
        if (
            parts
            and parts[-1] in HEADS
            and isinstance(count, int)
            and count > 0
            and 'rpn_head' not in parts
            and not hasattr(module, 'boundary_threshold')  # of STDC
        ):
            yield name, count
