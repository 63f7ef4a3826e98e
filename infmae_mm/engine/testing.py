"""What ``tools/test.py`` does."""

import argparse
import inspect
import os

from mmengine.config import Config, ConfigDict
from mmengine.registry import METRICS

from ..checkpoint import read_checkpoint
from ..files import check_new_folder
from .launch import LaunchError, build_runner, load_config
from .processes import check_everywhere, decide_as_one, join_processes
from .sentences import missing_files, sentences
from .work_dir import check_work_dir, folder_beside

# How upstream merges the predictions of an image and of its mirror image.
TTA_MODELS = dict(
    mmseg=dict(type='SegTTAModel'),
    mmdet=dict(
        type='DetTTAModel',
        tta_cfg=dict(nms=dict(type='nms', iou_threshold=0.5), max_per_img=100),
    ),
    mmpretrain=dict(type='AverageClsScoreTTA'),
)


def test(args: argparse.Namespace) -> dict:
    """Measure a checkpoint.

    Args:
        args (Namespace): The command line, see ``tools/test.py``.

    Returns:
        dict: The measures.

    Raises:
        LaunchError: If the request cannot be met.
    """
    cfg = load_config(args)
    if not cfg.get('test_dataloader'):
        raise LaunchError(f'{args.config} has no test_dataloader.')
    if args.work_dir is None:
        # Not the folder of the training: its dumped config stays as it is.
        cfg.work_dir = str(folder_beside(args.checkpoint, 'test'))
    if args.tta:
        set_tta(cfg)
    if args.out is not None:
        set_out_dir(cfg, args.out)
    cfg.load_from = args.checkpoint
    cfg.resume = False
    if args.show_dir is not None:
        show_dir = os.path.expanduser(args.show_dir)
        _check_new('--show-dir', show_dir)
        hook = dict(type='ThermalVisualizationHook', out_dir=show_dir)
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), hook]
    join_processes(cfg)
    # before images are looked for: the runner reads it once more
    check_everywhere(lambda: read_checkpoint(args.checkpoint))
    decide_as_one(lambda: check_work_dir(cfg, args.config))
    with sentences():
        with missing_files():
            runner = build_runner(cfg, testing=True)
            images = len(runner.test_dataloader)
        if not images:
            raise LaunchError('The test set of the config has no images.')
        return runner.test()


def set_out_dir(cfg: Config, folder: str) -> None:
    """Set where metrics write their results.

    Args:
        cfg (Config): The config.
        folder (str): The folder.

    Raises:
        LaunchError: If no metric of the config writes any, or the folder
            has files.
    """
    folder = os.path.expanduser(folder)
    _check_new('--out', folder)
    metrics = cfg.test_evaluator
    metrics = metrics if isinstance(metrics, list) else [metrics]
    writers = [
        metric
        for metric in metrics
        if (found := METRICS.get(metric.type)) is not None
        and 'out_dir' in inspect.signature(found).parameters
    ]
    if not writers:
        names = ', '.join(metric.type for metric in metrics)
        raise LaunchError(f'--out: there is no out_dir in {names}.')
    for metric in writers:
        metric.out_dir = folder


def _check_new(option: str, folder: str) -> None:
    try:
        check_new_folder(folder)
    except FileExistsError as error:
        raise LaunchError(f'{option}: {error}') from error


def set_tta(cfg: Config) -> None:
    """Merge the predictions of each image and of its mirror image.

    ``tta_model`` and ``tta_pipeline`` of the config come first, as upstream's
    tools have it. Without them, the model is that of the scope, and both
    images go through what follows the loading in the test pipeline.

    Args:
        cfg (Config): The config.

    Raises:
        LaunchError: If there is no way to merge its predictions.
    """
    scope = cfg.get('default_scope')
    metrics = cfg.test_evaluator
    metrics = metrics if isinstance(metrics, list) else [metrics]
    # these want the probabilities, which upstream's merging does not keep
    unfit = cfg.model.type == 'InfMAEPretrainer' or any(
        'SmallTarget' in str(metric.type) for metric in metrics
    )
    if 'tta_model' not in cfg and (scope not in TTA_MODELS or unfit):
        raise LaunchError(
            '--tta: the config has no tta_model, and there is none to take '
            f'for {cfg.model.type} by default.'
        )
    dataset = cfg.test_dataloader.dataset
    while 'dataset' in dataset:
        dataset = dataset.dataset
    if 'tta_pipeline' not in cfg:
        *steps, pack = dataset.pipeline
        pack = ConfigDict(pack)
        if 'meta_keys' in pack:
            flips = ('flip', 'flip_direction')
            pack.meta_keys = (*dict.fromkeys((*pack.meta_keys, *flips)),)
        # the first has the labels that mmseg measures against
        flips = [dict(type='RandomFlip', prob=p) for p in (0.0, 1.0)]
        cfg.tta_pipeline = [
            *steps,
            dict(type='TestTimeAug', transforms=[flips, [pack]]),
        ]
    dataset.pipeline = cfg.tta_pipeline
    cfg.model = ConfigDict(
        **cfg.get('tta_model', TTA_MODELS.get(scope)), module=cfg.model
    )
