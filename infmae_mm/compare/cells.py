"""Cells: one row of a plan with one seed, and the folder it lives in.

A folder of a comparison::

    cells/NAME/seed-0/config.py    what is trained, options and seed included
    cells/NAME/seed-0/cell.json    its fingerprint
    cells/NAME/seed-0/run          work directory of the training
    cells/NAME/seed-0/test         of the test
    cells/NAME/seed-0/pictures     of predictions, of the first seed
    cells/NAME/seed-0/log.txt      what the processes printed
    cells/NAME/seed-0/result.json  measures and costs: the cell is done
    cells/NAME/seed-0/failure.json why it is not

NAME is that of the row, or ``pretraining-`` and that of the pre-training.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import unified_diff
from functools import cached_property
from pathlib import Path
from pprint import pformat
from typing import Any

from mmengine.config import Config

from ..engine.launch import (
    LaunchError,
    move_data,
    read_config,
    set_data_root,
)
from ..engine.schedules import run_length, stretch_schedules
from ..files import write_atomically
from .plan import Plan, PlanError, Pretraining, Row
from .starts import is_missing, set_start, sha256_of_start, start_of

HOOKS = 'infmae_mm.compare.hook'


@dataclass
class Cell:
    """One training, and the test of what it gives.

    Attributes:
        name (str): Of its folder.
        seed (int): Of its run.
        spec (Row | Pretraining): What the plan says.
        folder (Path): Where all of it lies.
        needs (Cell | None): The pre-training that comes before it.
        draws (bool): Whether the test draws its predictions.
    """

    name: str
    seed: int
    spec: Row | Pretraining
    folder: Path
    needs: 'Cell | None' = None
    draws: bool = False

    @property
    def is_pretraining(self) -> bool:
        """Whether it is a pre-training, which no test follows."""
        return isinstance(self.spec, Pretraining)

    @property
    def label(self) -> str:
        """What people read."""
        return f'{self.name}, seed {self.seed}'

    @cached_property
    def config(self) -> Config:
        """The config of the run.

        Raises:
            PlanError: If an option or a start does not fit.
        """
        spec = self.spec
        try:
            cfg = read_config(str(spec.config))
        except LaunchError as error:
            raise PlanError(f'error: {self.name}: {error}') from error
        length = run_length(cfg)
        for option, value in spec.options.items():
            set_option(cfg, option, value, f'{self.name}: {spec.config.name}')
        stretch_schedules(cfg, length, spec.options)
        if spec.data_root is not None:
            try:
                set_data_root(cfg, spec.data_root)
            except SystemExit as error:
                raise PlanError(f'error: {self.name}: {error}') from error
        if self.needs is not None:
            set_start(cfg, str(self.needs.checkpoint), self.name)
        elif isinstance(spec, Row) and (spec.scratch or spec.checkpoint):
            set_start(cfg, spec.checkpoint, self.name)
        # resumed from elsewhere, the same words must not mean other data
        move_data(cfg, _absolute)
        cfg.randomness = dict(cfg.get('randomness') or {}, seed=self.seed)
        cfg.work_dir = str(self.folder / 'run')
        imports = dict(cfg.get('custom_imports') or {})
        imports['imports'] = [*imports.get('imports', []), HOOKS]
        cfg.custom_imports = imports
        cfg.custom_hooks = [
            *(cfg.get('custom_hooks') or []),
            dict(type='CostHook'),
        ]
        return cfg

    @property
    def checkpoint(self) -> Path:
        """What the training leaves when it is finished."""
        train = self.config.train_cfg
        if 'max_epochs' in train:
            return self.folder / 'run' / f'epoch_{train.max_epochs}.pth'
        return self.folder / 'run' / f'iter_{train.max_iters}.pth'

    @cached_property
    def text(self) -> str:
        """The config as text, wherever the folder lies."""
        out = str(self.folder.parents[2])
        # before formatting: the length of a path moves the ends of lines
        config = _without_place(self.config.to_dict(), out)
        # MMEngine's own text is formatted, which takes a second.
        return pformat(config, sort_dicts=False)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the config, its start or what it needs changes."""
        digest = hashlib.sha256(self.text.encode())
        if self.needs is not None:
            digest.update(self.needs.fingerprint.encode())
        start = start_of(self.config)
        if start and self.needs is None:
            digest.update((sha256_of_start(start) or '').encode())
        return digest.hexdigest()

    def read(self, name: str) -> dict[str, Any] | None:
        """A JSON file of the cell, or None."""
        path = self.folder / name
        return json.loads(path.read_text()) if path.is_file() else None

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file of the cell."""
        text = json.dumps(content, indent=2)
        write_atomically(text.encode(), self.folder / name)

    def logged(self) -> Iterator[dict[str, Any]]:
        """What the training has logged, in order."""
        for path in sorted(self.folder.glob('run/*/vis_data/scalars.json')):
            for line in path.read_text().splitlines():
                # one that is being written, or was cut short by a kill
                with suppress(ValueError):
                    yield json.loads(line)

    @property
    def result(self) -> dict[str, Any] | None:
        """Measures and costs, if the cell is done."""
        return self.read('result.json')

    def change(self) -> str | None:
        """How the config differs from that of the run that is there."""
        before = self.read('cell.json')
        if before is None or before['fingerprint'] == self.fingerprint:
            return None
        lines = [
            line
            for line in unified_diff(
                before['text'].splitlines(), self.text.splitlines(), n=0
            )
            if line[0] in '+-' and line[:3] not in ('+++', '---')
        ]
        return '\n'.join(lines[:6]) or 'its start has changed'

    def prepare(self) -> None:
        """Write down what is to be trained."""
        config = self.config.pretty_text.encode()
        write_atomically(config, self.folder / 'config.py')
        self.write(
            'cell.json', dict(fingerprint=self.fingerprint, text=self.text)
        )
        (self.folder / 'failure.json').unlink(missing_ok=True)

    def set_aside(self) -> Path:
        """Move a run of another config away; nothing is deleted."""
        folder = self.folder.parents[2] / 'replaced'
        folder.mkdir(exist_ok=True)
        stem = f'{self.name}-seed-{self.seed}'
        number = len(list(folder.glob(f'{stem}-*')))
        while (target := folder / f'{stem}-{number}').exists():
            number += 1
        self.folder.rename(target)
        return target


def _without_place(value: Any, out: str) -> Any:
    if isinstance(value, str):
        return value.replace(out, '{out}')
    if isinstance(value, dict):
        return {k: _without_place(v, out) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_without_place(v, out) for v in value)
    return value


def _absolute(root: str | None) -> str | None:
    if isinstance(root, str) and root and '://' not in root:
        return os.path.abspath(os.path.expanduser(root))
    return root


def set_option(cfg: Config, option: str, value: Any, where: str) -> None:
    """Set an option by its dotted name.

    Raises:
        PlanError: If the config has nothing that it could belong to.
    """
    *parents, _ = option.split('.')
    place: Any = cfg
    for i, part in enumerate(parents):
        if isinstance(place, (list, tuple)):
            fits = part.isdecimal() and int(part) < len(place)
            place = place[int(part)] if fits else None
        else:
            place = place.get(part) if hasattr(place, 'get') else None
        if place is None:
            raise PlanError(
                f'error: {where}: the option {option} does not fit: there is '
                f'no {".".join(parents[: i + 1])}'
            )
    if not parents and option not in cfg:
        raise PlanError(
            f'error: {where}: the config has no {option!r}, which an option '
            'of the plan sets'
        )
    cfg.merge_from_dict({option: value})


def make_cells(
    plan: Plan, rows: list[Row], seeds: list[int], out: Path
) -> tuple[list[Cell], list[Row]]:
    """Cells in the order of their runs, and optional rows without a file.

    All cells of a seed come before those of the next, so that a table with
    one seed is there early. Rows share the run of a pre-training.
    """
    folder = out.resolve() / 'cells'
    cells, absent = [], []
    for row in rows:
        if row.optional and row.checkpoint and is_missing(row.checkpoint):
            absent.append(row)
    for seed in seeds:
        pretrainings: dict[str, Cell] = {}
        for row in rows:
            if row in absent:
                continue
            needs = None
            if row.pretraining is not None:
                if row.pretraining not in pretrainings:
                    spec = plan.pretrainings[row.pretraining]
                    name = f'pretraining-{spec.name}'
                    pretrainings[row.pretraining] = Cell(
                        name, seed, spec, folder / name / f'seed-{seed}'
                    )
                    cells.append(pretrainings[row.pretraining])
                needs = pretrainings[row.pretraining]
            cells.append(
                Cell(
                    row.name,
                    seed,
                    row,
                    folder / row.name / f'seed-{seed}',
                    needs,
                    draws=seed == seeds[0],
                )
            )
    return cells, absent
