"""What is wrong with cells and can be seen without building anything."""

from pathlib import Path

from ..checkpoint import CheckpointError, read_checkpoint
from ..engine.work_dir import among_images, dataset_configs
from .cells import Cell
from .plan import PlanError
from .starts import is_missing, start_of


def static_problems(cells: list[Cell]) -> list[str]:
    """Paths and options that do not fit, each once."""
    problems = []
    # The seeds of a row differ in nothing else.
    for cell in {cell.name: cell for cell in cells}.values():
        try:
            cfg = cell.config
        except PlanError as error:
            problems.append(str(error).removeprefix('error: '))
            continue
        for key, dataset in dataset_configs(cfg):
            root = dataset.data_root
            if root and '://' not in root and not Path(root).exists():
                problems.append(
                    f'{cell.name}: there is no data folder {root} ({key})'
                )
        out = cell.folder.parents[2]
        if problem := among_images(cfg, out):
            problems.append(f'{cell.name}: --out {out} {problem}')
        start = start_of(cfg)
        if cell.needs is None and start:
            problems.extend(_start_problems(cell, start))
        hooks = [str(h.get('type')) for h in cfg.get('custom_hooks') or ()]
        if any(name.endswith('EarlyStoppingHook') for name in hooks):
            problems.append(
                f'{cell.name}: its config stops early (EarlyStoppingHook), '
                'and rows of a comparison are trained equally long: remove '
                'that hook'
            )
        if not cell.is_pretraining and not cfg.get('test_dataloader'):
            problems.append(f'{cell.name}: its config has no test_dataloader')
    return list(dict.fromkeys(problems))


def _start_problems(cell: Cell, start: str) -> list[str]:
    if is_missing(start):
        return [f'{cell.name}: there is no checkpoint {start}']
    if Path(start).is_file():
        try:
            read_checkpoint(start)
        except CheckpointError as error:
            return [f'{cell.name}: {error}']
    return []
