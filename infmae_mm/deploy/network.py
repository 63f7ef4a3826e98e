"""A trained network with what its config says of images and classes."""

import hashlib
import inspect
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mmengine.config import Config, ConfigDict
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DATASETS, MODELS, TRANSFORMS, init_default_scope
from torch import nn

from ..backbone import InfMAE
from ..checkpoint import (
    load_complete,
    load_pretrained,
    read_checkpoint,
)
from ..classes import bright_colour
from ..engine.config_keys import SpellingError
from ..engine.device import find_device
from ..engine.launch import LaunchError, parse_options, read_config
from ..engine.spelling import check_options
from ..quiet import quiet_imports
from ..thermal.loading import (
    LoadThermalImage,
    name_of_step,
    split_pipeline,
)
from .inputs import InputError

Colour = tuple[int, int, int]


@dataclass
class Network:
    """A trained network.

    Attributes:
        task (str): 'segmentation', 'detection', 'small_target' or
            'classification'.
        model (nn.Module): With its weights, in eval mode.
        cfg (Config): Its config.
        loader (LoadThermalImage): What reads an image.
        steps (list[ConfigDict]): What the test pipeline does after that.
        classes (tuple[str, ...]): Names by id.
        palette (tuple[Colour, ...]): Colours by id, RGB.
        threshold (float): Score from which a box, probability above which
            a pixel counts.
        identity (str): What tells config and weights from others.
    """

    task: str
    model: nn.Module
    cfg: Config
    loader: LoadThermalImage
    steps: list[ConfigDict]
    classes: tuple[str, ...]
    palette: tuple[Colour, ...]
    threshold: float
    identity: str

    @property
    def iou(self) -> float:
        """Overlap above which the network takes two boxes for one."""
        test_cfg = self.cfg.model.get('test_cfg') or {}
        nms = (test_cfg.get('rcnn') or test_cfg).get('nms') or {}
        return nms.get('iou_threshold', 0.5)


def load_network(
    config: str,
    checkpoint: str,
    device: str = 'cpu',
    cfg_options: Sequence[str] = (),
) -> Network:
    """Build the network of a config with all of its weights.

    Args:
        config (str): Config file, of any wing.
        checkpoint (str): Its weights.
        device (str): Where it runs. Defaults to 'cpu'.
        cfg_options (Sequence[str]): ``KEY=VALUE``, which change the config.

    Raises:
        InputError: If the config's model does not predict, or its test
            pipeline reads no thermal images.
        LaunchError: If there is no such device.
        CheckpointError: If the file cannot be read, or does not belong to
            the config.
    """
    target = find_device(device)
    cfg = _read_config(config, cfg_options)
    content = read_checkpoint(checkpoint)
    with warnings.catch_warnings(), quiet_imports():
        model = revert_sync_batchnorm(MODELS.build(cfg.model))
        task = _task(cfg, model, config)
        load_complete(model, checkpoint, content)
        loader, steps = _test_pipeline(cfg, config)
        meta = (content.get('meta') or {}).get('dataset_meta') or {}
        classes = _classes(cfg, meta, model, task, config)
        palette = (
            meta.get('palette') or _dataset_meta(cfg).get('palette') or ()
        )
    return Network(
        task=task,
        model=model.to(target).eval(),
        cfg=cfg,
        loader=loader,
        steps=steps,
        classes=classes,
        palette=_colours(palette, classes),
        threshold=model.decode_head.threshold
        if task == 'small_target'
        else 0.3,
        identity=_identity(cfg, model),
    )


def load_backbone(
    config: str, checkpoint: str, cfg_options: Sequence[str] = ()
) -> Network:
    """Build the backbone of a config, of a pre-training one too.

    Of pre-training, it has the three stages that were trained.

    Args:
        config (str): Config file, of any wing.
        checkpoint (str): Weights of the whole model.
        cfg_options (Sequence[str]): ``KEY=VALUE``, which change the config.

    Raises:
        InputError: If the config has no InfMAE.
        CheckpointError: If the file does not belong to the config.
    """
    cfg = _read_config(config, cfg_options)
    options = dict(cfg.model.get('backbone') or {})
    kind = str(options.pop('type', '')).split('.')[-1]
    if kind not in ('InfMAE', 'InfMAEPretrainEncoder'):
        raise InputError(f'{config} has no InfMAE for a backbone.')
    known = inspect.signature(InfMAE).parameters
    options = {k: v for k, v in options.items() if k in known}
    options.pop('init_cfg', None)
    if kind == 'InfMAEPretrainEncoder':
        options['out_indices'] = (0, 1, 2)
    backbone = InfMAE(**options)
    load_pretrained(backbone, checkpoint, complete=True)
    model = nn.Module()
    model.backbone = backbone
    model.data_preprocessor = MODELS.build(cfg.model.data_preprocessor)
    loader, steps = LoadThermalImage(), []
    return Network(
        task='backbone',
        model=model.eval(),
        cfg=cfg,
        loader=loader,
        steps=steps,
        classes=(),
        palette=(),
        threshold=0.0,
        identity=_identity(cfg, model),
    )


def _read_config(config: str, cfg_options: Sequence[str]) -> Config:
    try:
        cfg = read_config(config)
        options = parse_options(cfg_options)
        check_options(cfg, options)
    except (LaunchError, SpellingError) as error:
        raise InputError(str(error)) from error
    cfg.merge_from_dict(options)
    init_default_scope(cfg.get('default_scope', 'mmengine'))
    return cfg


def _task(cfg: Config, model: nn.Module, config: str) -> str:
    scope = cfg.get('default_scope')
    if scope == 'mmdet':
        return 'detection'
    if scope == 'mmseg':
        head = model.decode_head
        head = head[-1] if isinstance(head, nn.ModuleList) else head
        return 'small_target' if head.out_channels == 1 else 'segmentation'
    if scope == 'mmpretrain' and hasattr(
        getattr(model, 'head', None), 'predict'
    ):
        return 'classification'
    raise InputError(
        f'{config} has a {type(model).__name__}, which predicts neither '
        'classes, nor boxes, nor targets: give the config of a segmentor, '
        'a detector or a classifier.'
    )


def _test_pipeline(
    cfg: Config, config: str
) -> tuple[LoadThermalImage, list[ConfigDict]]:
    """What reads an image in the test pipeline, and what follows."""
    pipeline = _find(cfg.get('test_dataloader') or {}, 'pipeline') or []
    loaders, steps = split_pipeline(pipeline)
    if len(loaders) != 1:
        problem = (
            f'The test pipeline of {config} must have one LoadThermalImage, '
            f'and has {len(loaders)}.'
        )
        if 'LoadImageFromFile' in map(name_of_step, pipeline):
            problem += (
                ' Write dict(type="LoadThermalImage") in place of its '
                'LoadImageFromFile: of grey images of 8 bits the network '
                'gets the same.'
            )
        raise InputError(problem)
    return TRANSFORMS.build(loaders[0]), steps


def _find(cfg: dict, key: str) -> object | None:
    """An entry of the dataset of a loader, inside wrappers too."""
    dataset = cfg.get('dataset', cfg)
    while isinstance(dataset, dict):
        if key in dataset:
            return dataset[key]
        inner = dataset.get('dataset') or dataset.get('datasets')
        dataset = inner[0] if isinstance(inner, (list, tuple)) else inner
    return None


def _dataset_meta(cfg: Config) -> dict:
    """Names and colours of classes as the dataset of the config has them."""
    loader = cfg.get('test_dataloader') or {}
    kind = _find(loader, 'type')
    found = kind
    if isinstance(kind, str):
        # of the default scope, as when it is built
        with DATASETS.switch_scope_and_registry(None) as registry:
            found = registry.get(kind)
    meta = dict(getattr(found, 'METAINFO', None) or {})
    meta.update(_find(loader, 'metainfo') or {})
    classes = _find(loader, 'classes')  # of folders
    return dict(meta, classes=classes) if classes else meta


def _classes(
    cfg: Config, meta: dict, model: nn.Module, task: str, config: str
) -> tuple[str, ...]:
    classes = meta.get('classes') or _dataset_meta(cfg).get('classes') or ()
    if isinstance(classes, str):
        raise InputError(
            f'The classes of {config} and its checkpoint are the string '
            f'{classes!r}, so that its letters were learnt as classes. Train '
            f'it with a list of names: ({classes!r},) is one.'
        )
    if task == 'small_target':
        return tuple(classes) or ('background', 'target')
    head = dict(segmentation='decode_head', classification='head').get(task)
    if head is None:
        head = 'roi_head' if hasattr(model, 'roi_head') else 'bbox_head'
    part = getattr(model, head, None)
    part = getattr(part, 'bbox_head', part)
    part = part[-1] if isinstance(part, nn.ModuleList) else part
    if not hasattr(part, 'num_classes'):
        raise InputError(
            f'{config} has a {type(model).__name__} without a {head} that '
            'tells its number of classes: predictions know none such.'
        )
    number = part.num_classes
    if len(classes) != number:
        raise InputError(
            f'The {task} network of {config} has {number} classes, its '
            f'dataset {len(classes)}: {", ".join(classes) or "no names"}. '
            'Set metainfo=dict(classes=(...)) of the test dataset.'
        )
    return tuple(map(str, classes))


def _colours(
    palette: Sequence[Sequence[int]], classes: Sequence[str]
) -> tuple[Colour, ...]:
    # mmdet knows names of palettes, too
    if not isinstance(palette, str) and len(palette) >= len(classes):
        return tuple(tuple(map(int, colour)) for colour in palette)
    return tuple(
        (0, 0, 0) if name == 'background' else bright_colour(i)
        for i, name in enumerate(classes)
    )


def _identity(cfg: Config, model: nn.Module) -> str:
    """Digests of a config and of weights, from wherever they came."""
    text = hashlib.sha256(cfg.pretty_text.encode()).hexdigest()[:16]
    weights = hashlib.sha256()
    for name, value in model.state_dict().items():
        weights.update(name.encode())
        value = value.detach().cpu().reshape(-1).contiguous()
        weights.update(value.view(torch.uint8).numpy())
    return f'{text} with {weights.hexdigest()[:16]}'
