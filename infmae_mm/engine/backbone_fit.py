"""Tells where what stands behind the backbone expects other maps."""

from collections.abc import Iterator, Sequence

from mmengine.hooks import EMAHook, Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS
from mmengine.runner import Runner
from torch import Tensor, nn

from ..backbone import InfMAE
from ..patches import PATCH_SIZE

PAGE = 'docs/any_config.md has the lines for every kind of config.'


class BackboneFitError(ValueError):
    """What stands behind the backbone expects other maps than it gives."""


def check_backbone_fit(model: nn.Module) -> None:
    """Compare the channels that necks and heads take with the maps' own.

    Args:
        model (nn.Module): Any model with an :class:`InfMAE` as ``backbone``.

    Raises:
        BackboneFitError: If a neck, or a head that reads the backbone, takes
            another number of maps or of channels. The message has the lines
            of the config to change.
    """
    for parent, backbone in _backbones(model):
        neck = getattr(parent, 'neck', None)
        if neck is not None:
            _check_neck(neck, backbone)
        elif hasattr(parent, 'decode_head'):
            for name in ('decode_head', 'auxiliary_head'):
                heads = getattr(parent, name, None)
                if heads is None:
                    continue
                several = isinstance(heads, nn.ModuleList)
                for head in heads if several else [heads]:
                    image = getattr(parent, 'image_first', False)
                    _check_segmentation_head(name, head, backbone, image)


def _backbones(model: nn.Module) -> Iterator[tuple[nn.Module, InfMAE]]:
    for module in model.modules():
        backbone = getattr(module, 'backbone', None)
        if isinstance(backbone, InfMAE):
            yield module, backbone


def _check_neck(neck: nn.Module, backbone: InfMAE) -> None:
    first = neck[0] if isinstance(neck, nn.Sequential) else neck
    expected = getattr(first, 'in_channels', None)
    given = backbone.out_channels
    if not isinstance(expected, (list, tuple)):
        return
    # YOLOv3's lists the coarsest map first.
    if tuple(expected) in (given, given[::-1]):
        return
    fix = f'neck=dict(in_channels={list(given)})'
    if len(expected) != len(given):
        fix = _lines_for(len(expected), backbone, 'neck') + (
            f', or neck=dict(in_channels={list(given)}) if it can take '
            f'{len(given)} maps'
        )
    raise BackboneFitError(
        f'{type(first).__name__} takes {len(expected)} maps of '
        f'{list(expected)} channels, and InfMAE gives {len(given)} of '
        f'{list(given)}. In the config: {fix}. {PAGE}'
    )


def _lines_for(count: int, backbone: InfMAE, part: str) -> str:
    """The lines that give the last ``count`` maps to a part of the model."""
    dims = (*backbone.embed_dims, backbone.embed_dims[2])
    indices = tuple(range(4))[-count:]
    channels = [dims[i] for i in indices]
    return (
        f'backbone=dict(out_indices={indices}), '
        f'{part}=dict(in_channels={channels})'
    )


def _check_segmentation_head(
    name: str, head: nn.Module, backbone: InfMAE, image_first: bool
) -> None:
    expected = getattr(head, 'in_channels', None)
    index = getattr(head, 'in_index', None)
    if expected is None or index is None:
        return
    several = isinstance(index, (list, tuple))
    indices = list(index) if several else [index]
    given = backbone.out_channels
    if image_first:
        given = (backbone.in_channels, *given)
    if any(not -len(given) <= i < len(given) for i in indices):
        raise BackboneFitError(
            f'{name} reads in_index={index}, and InfMAE returns '
            f'{len(given)} maps (out_indices={backbone.out_indices}): '
            'in_index counts the returned maps, from 0. ' + PAGE
        )
    maps = [given[i] for i in indices]
    transform = getattr(head, 'input_transform', None)
    taken = sum(maps) if transform == 'resize_concat' else None
    if not several:
        maps, taken = maps[0], maps[0]
    if isinstance(expected, (list, tuple)):
        fits = list(expected) == maps
    else:
        fits = taken is None or expected == taken
    if not fits:
        raise BackboneFitError(
            f'{name} takes {expected} channels of in_index={index}, and '
            f'InfMAE gives {maps} there. In the config: {name}=dict('
            f'in_channels={maps}). {PAGE}'
        )


@HOOKS.register_module()
class BackboneFitHook(Hook):
    """Compare a model with its backbone, once, where a run begins.

    Channels and numbers of maps are compared before the first step, strides
    at the first maps that a head sees. A head of strides 8, 16 and 32 takes
    maps of strides 4, 8 and 16 without an error, and places every box
    wrongly.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Check the model, and watch the first maps."""
        model = runner.model
        model = model.module if is_model_wrapper(model) else model
        check_backbone_fit(model)
        self.watch(model)

    def before_train(self, runner: Runner) -> None:
        """Check that weights are averaged on the grid of the checkpoint.

        Raises:
            BackboneFitError: If ``EMAHook`` copied a model of another grid,
                which it does before the checkpoint is read.
        """
        for hook in runner.hooks:
            if isinstance(hook, EMAHook):
                pairs = zip(
                    _backbones(hook.src_model),
                    _backbones(hook.ema_model),
                    strict=True,
                )
                for (_, read), (_, copied) in pairs:
                    _check_same_grid(read, copied)

    def watch(self, model: nn.Module) -> None:
        """Compare strides at the first maps that each head sees.

        Args:
            model (nn.Module): Any model with an :class:`InfMAE` in it.
        """
        for parent, backbone in _backbones(model):
            # Heads of masks have the stride of what they join, not of maps.
            heads = {
                head: strides
                for name in ('bbox_head', 'rpn_head')
                if (head := getattr(parent, name, None)) is not None
                and (strides := _strides_of(head))
            }
            if heads:
                _StrideWatch(backbone, heads)


def _check_same_grid(read: InfMAE, copied: InfMAE) -> None:
    if read.grid == copied.grid:
        return
    rows, columns = read.grid
    size = tuple(PATCH_SIZE * n for n in read.grid)
    raise BackboneFitError(
        f'The checkpoint has {rows}x{columns} positions, and EMAHook copied '
        f'the model before it was read, with {copied.grid[0]}x'
        f'{copied.grid[1]}. In the config: backbone=dict(img_size={size}).'
    )


def _strides_of(head: nn.Module) -> tuple[float, ...]:
    """The strides that a dense head of mmdet counts on; YOLACT's are parts."""
    generator = getattr(head, 'prior_generator', None)
    strides = getattr(generator, 'strides', None)
    if strides is None:
        return ()
    pairs = [s if isinstance(s, (list, tuple)) else (s, s) for s in strides]
    return tuple(pair[0] for pair in pairs)


class _StrideWatch:
    """Compares the first maps of each head with the size of the image."""

    def __init__(
        self, backbone: nn.Module, heads: dict[nn.Module, tuple[float, ...]]
    ) -> None:
        self.size = (0, 0)
        self.strides = dict(heads)
        self.handles = [backbone.register_forward_pre_hook(self.note_size)]
        self.handles += [
            head.register_forward_pre_hook(self.compare) for head in heads
        ]

    def note_size(self, backbone: nn.Module, inputs: tuple[Tensor]) -> None:
        self.size = tuple(inputs[0].shape[-2:])

    def compare(self, head: nn.Module, inputs: tuple) -> None:
        # A moving average of the model has a copy of the hook, not the head.
        strides = self.strides.pop(head, None)
        maps = inputs[0] if inputs else None
        if strides and isinstance(maps, (list, tuple)):
            _compare_strides(head, strides, maps, self.size)
        if not self.strides:
            for handle in self.handles:
                handle.remove()


def _compare_strides(
    head: nn.Module,
    strides: Sequence[float],
    maps: Sequence[Tensor],
    size: tuple[int, int],
) -> None:
    found = [max(1, round(size[1] / x.shape[-1])) for x in maps]
    # A map of ceil(W / stride) columns, or one more or less by a padding.
    fits = len(strides) == len(maps) and all(
        abs(x.shape[-1] - size[1] / stride) <= 1.5
        for x, stride in zip(maps, strides, strict=True)
    )
    if fits:
        return
    shifted = list(strides)[:1] == [8] and found[:1] == [4]
    fix = (
        'In the config: backbone=dict(out_indices=(1, 2, 3)), '
        'neck=dict(in_channels=[...]) of three maps. '
        if shifted
        else ''
    )
    wanted = [round(stride, 1) for stride in strides]
    raise BackboneFitError(
        f'{type(head).__name__} counts on {len(strides)} maps of strides '
        f'{wanted}, and gets {len(maps)} of strides {found}: it would '
        f'place every box wrongly. {fix}{PAGE}'
    )
