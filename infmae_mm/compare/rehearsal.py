"""Try a config out: a step of training, an image of the test.

A process of its own: ``python -m infmae_mm.compare.rehearsal CONFIG OUT.json
[--state FILE]``. It finds what does not fit before hours are spent, and
counts parameters and operations.
"""

import argparse
import json
import logging
import math
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from torch.utils.flop_counter import FlopCounterMode

from ..engine.launch import build_runner, load_config
from ..engine.schedules import check_units
from ..engine.work_dir import LOADERS
from ..files import write_atomically


def rehearse(cfg: Config, state: str | None = None) -> dict[str, Any]:
    """Train a step, and test the first batch.

    Args:
        cfg (Config): Of a run.
        state (str, optional): Where to save the weights, for rows that start
            from this pre-training.

    Returns:
        dict: ``parameters``; ``iterations`` of the whole run;
        ``step_seconds`` of one; of a config that is tested ``measures``,
        their names, and ``flops`` of the forward pass of an image, where a
        multiply-add is two.

    Raises:
        RuntimeError: If the loss is not finite, or nothing can be trained.
    """
    for key in LOADERS:
        if cfg.get(key):
            cfg[key].update(num_workers=0, persistent_workers=False)
    visualizer = cfg.get('visualizer') or dict(type='Visualizer')
    cfg.visualizer = dict(visualizer, vis_backends=[])
    cfg.log_level = 'ERROR'
    runner = build_runner(cfg)
    model = runner.model
    model.init_weights()
    if state is not None:
        torch.save(dict(state_dict=model.state_dict()), state)
    iterations, seconds = _train_step(runner, cfg)
    found = dict(
        parameters=sum(p.numel() for p in model.parameters()),
        iterations=iterations,
        step_seconds=seconds,
    )
    # An empty dict tests too.
    tested = cfg.get('test_cfg') is not None
    return found | (_test_batch(runner, cfg) if tested else {})


def _train_step(runner: Runner, cfg: Config) -> tuple[int, float]:
    loader = runner.build_dataloader(cfg.train_dataloader, seed=0)
    train = cfg.train_cfg
    iterations = train.get('max_iters') or train.max_epochs * len(loader)
    if not iterations:
        raise RuntimeError(
            f'{len(loader.dataset)} training images do not fill one batch of '
            f'{loader.batch_size}'
        )
    optim_wrapper = runner.build_optim_wrapper(cfg.optim_wrapper)
    batch = next(iter(loader))
    since = time.perf_counter()
    losses = runner.model.train_step(batch, optim_wrapper)
    loss = float(losses['loss'])
    if not math.isfinite(loss):
        raise RuntimeError(f'the loss of the first step is {loss}')
    return iterations, time.perf_counter() - since


def _test_batch(runner: Runner, cfg: Config) -> dict[str, Any]:
    loader = runner.build_dataloader(cfg.test_dataloader, seed=0)
    evaluator = runner.build_evaluator(cfg.test_evaluator)
    evaluator.dataset_meta = getattr(loader.dataset, 'metainfo', None)
    batch = next(iter(loader))
    runner.model.eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        samples = runner.model.test_step(batch)
    evaluator.process(data_samples=samples, data_batch=batch)
    return dict(
        measures=list(evaluator.evaluate(len(samples))),
        flops=counter.get_total_flops() // len(samples),
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Rehearse a config, and write what was found."""
    parser = argparse.ArgumentParser(description=rehearse.__doc__)
    parser.add_argument('config')
    parser.add_argument('out', type=Path)
    parser.add_argument('--state')
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        # as tools/train.py reads it, misspelt keys included
        cfg = load_config(
            argparse.Namespace(
                config=args.config,
                cfg_options=None,
                data_root=None,
                work_dir=folder,
                launcher='none',
            )
        )
        check_units(cfg)
        found = rehearse(cfg, args.state)
        # Its log file lies in the folder.
        for handler in MMLogger.get_current_instance().handlers:
            if isinstance(handler, logging.FileHandler):
                handler.close()
    write_atomically(json.dumps(found).encode(), args.out)


if __name__ == '__main__':
    main()
