"""Running cells: rehearsals, processes, jobs of a cluster."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..files import write_atomically
from .cells import Cell
from .plan import PlanError
from .results import collect
from .starts import set_start

TAIL = 15
"""Lines of a log that a failure is told with."""


@dataclass(frozen=True)
class Launch:
    """How processes are started.

    Attributes:
        tools (Path): Folder of ``train.py`` and ``test.py``.
        launcher (str): 'none', 'pytorch' or 'slurm'.
        processes (int): Processes of a run, with 'pytorch'.
        slurm_args (tuple[str, ...]): Arguments of ``sbatch``.
    """

    tools: Path
    launcher: str = 'none'
    processes: int = 1
    slurm_args: tuple[str, ...] = ()

    def commands(self, cell: Cell) -> dict[str, list[str]]:
        """The commands of a cell, by the name of the step."""
        config = str(cell.folder / 'config.py')
        train = ['train.py', config, '--work-dir', str(cell.folder / 'run')]
        steps = {'train': self._command([*train, '--resume'])}
        if not cell.is_pretraining:
            test = ['test.py', config, str(cell.checkpoint)]
            test += ['--work-dir', str(cell.folder / 'test')]
            if cell.draws:
                test += ['--show-dir', str(cell.folder / 'pictures')]
            steps['test'] = self._command(test)
        return steps

    def _command(self, arguments: list[str]) -> list[str]:
        tool, *arguments = arguments
        start = [sys.executable]
        if self.launcher == 'pytorch':
            start += ['-m', 'torch.distributed.run', '--standalone']
            start += [f'--nproc-per-node={self.processes}']
        if self.launcher == 'slurm':
            start = ['srun', sys.executable, '-u']
        command = [*start, str(self.tools / tool), *arguments]
        if self.launcher != 'none':
            command += ['--launcher', self.launcher]
        return command


def rehearse_all(
    cells: list[Cell], out: Path, say: Callable[[str], None]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Try out every row and pre-training once.

    What fits is remembered by its fingerprint.

    Args:
        cells (list[Cell]): All of them.
        out (Path): Folder of the comparison.
        say (Callable): Gets lines for people.

    Returns:
        tuple[dict, list[str]]: What :func:`.rehearsal.rehearse` found, by the
        name of the cell, and problems.
    """
    found: dict[str, dict[str, Any]] = {}
    problems = []
    first = {cell.name: cell for cell in reversed(cells)}

    def saved_of(cell: Cell) -> Path:
        return out / 'rehearsals' / f'{cell.fingerprint}.json'

    with tempfile.TemporaryDirectory() as folder:
        states: dict[str, str] = {}
        for cell in (c for c in cells if first[c.name] is c):
            if cell.needs is not None and cell.needs.name not in found:
                continue  # that one's problem is told
            saved = saved_of(cell)
            # A pre-training is tried again for the weights of its rows.
            waiting = [
                c
                for c in first.values()
                if c.needs is not None
                and c.needs.name == cell.name
                and not saved_of(c).is_file()
            ]
            if saved.is_file() and not waiting:
                found[cell.name] = json.loads(saved.read_text())
                continue
            say(f'trying out {cell.name}')
            states[cell.name] = f'{folder}/{cell.name}.pth'
            problem = _rehearse(cell, saved, states, Path(folder) / cell.name)
            if problem:
                problems.append(f'{cell.name}: {problem}')
            else:
                found[cell.name] = json.loads(saved.read_text())
    return found, problems


def _rehearse(
    cell: Cell, saved: Path, states: dict[str, str], folder: Path
) -> str | None:
    folder.mkdir()
    cfg = cell.config.copy()
    command = [sys.executable, '-m', 'infmae_mm.compare.rehearsal']
    command += [str(folder / 'config.py'), str(saved)]
    if cell.is_pretraining:
        command += ['--state', states[cell.name]]
    elif cell.needs is not None:
        cfg = type(cfg).fromstring(cfg.pretty_text, '.py')
        set_start(cfg, states[cell.needs.name], cell.name)
    (folder / 'config.py').write_text(cfg.pretty_text, encoding='utf-8')
    done = subprocess.run(
        command, capture_output=True, text=True, errors='replace'
    )
    if done.returncode == 0:
        return None
    return last_words(done.stderr or done.stdout)


def last_words(text: str) -> str:
    """The last line of an error, and those before it that belong to it."""
    lines = text.rstrip().splitlines()[-TAIL:]
    for i in range(len(lines) - 1, -1, -1):
        if lines[i].startswith(('  File ', '    ')):
            return '\n'.join(lines[i + 1 :]) or 'it failed without a word'
    return '\n'.join(lines) or 'it failed without a word'


def run_cell(
    cell: Cell,
    launch: Launch,
    lock: IO,
    watch: Callable[[Cell], None],
) -> str | None:
    """Train and test a cell, from where it was left.

    Args:
        cell (Cell): A cell that is not done.
        launch (Launch): How.
        lock (IO): See :func:`.folder.locked`.
        watch (Callable): Called now and then while a process runs.

    Returns:
        str | None: What went wrong.
    """
    try:
        cell.prepare()
        for step, command in launch.commands(cell).items():
            # Pictures of a test that was cut short.
            shutil.rmtree(cell.folder / 'pictures', ignore_errors=True)
            code = _run(cell, command, lock, watch)
            if code:
                log = (cell.folder / 'log.txt').read_text(errors='replace')
                reason = f'{step} ended with {_exit(code)}: {last_words(log)}'
                cell.write('failure.json', dict(step=step, reason=reason))
                return reason
        cell.write('result.json', collect(cell))
    except OSError as error:
        return f'{error.filename}: {error.strerror}'
    return None


def _run(
    cell: Cell, command: list[str], lock: IO, watch: Callable[[Cell], None]
) -> int:
    with open(cell.folder / 'log.txt', 'a', encoding='utf-8') as log:
        log.write(f'$ {shlex.join(command)}\n')
        log.flush()
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[lock.fileno()],
        )
        try:
            while process.poll() is None:
                watch(cell)
                try:
                    process.wait(timeout=1)
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            process.terminate()
            process.wait()
            raise
    return process.returncode


def _exit(code: int) -> str:
    if code < 0:
        return f'signal {signal.Signals(-code).name}'
    return f'code {code}'


def iteration(cell: Cell) -> int:
    """The last iteration that the training has logged, 0 for none."""
    return max(
        (
            scalars.get('step', 0)
            for scalars in cell.logged()
            if 'lr' in scalars or 'base_lr' in scalars
        ),
        default=0,
    )


def script(cell: Cell, launch: Launch) -> str:
    """The job of a cell."""
    lines = ['#!/usr/bin/env bash', 'set -euo pipefail']
    lines += [f'cd {shlex.quote(os.getcwd())}']
    for command in launch.commands(cell).values():
        # Pictures of a test that was cut short.
        lines += [f'rm -rf {shlex.quote(str(cell.folder / "pictures"))}']
        lines += [shlex.join(command)]
    return '\n'.join(lines) + '\n'


def submission(cell: Cell, launch: Launch, after: str | None) -> list[str]:
    """The command that submits the job of a cell."""
    command = ['sbatch', '--parsable', f'--job-name={cell.name}-{cell.seed}']
    command += [f'--output={cell.folder / "log.txt"}', '--open-mode=append']
    if after is not None:
        command += [
            f'--dependency=afterok:{after}',
            '--kill-on-invalid-dep=yes',
        ]
    return [*command, *launch.slurm_args, str(cell.folder / 'job.sh')]


def submit(cell: Cell, launch: Launch) -> str:
    """Submit a cell; what it needs is submitted before it.

    Returns:
        str: The number of the job.

    Raises:
        PlanError: If Slurm refuses it.
    """
    cell.prepare()
    write_atomically(script(cell, launch).encode(), cell.folder / 'job.sh')
    after = None
    if cell.needs is not None and cell.needs.result is None:
        after = (cell.needs.read('job.json') or {}).get('job')
    command = submission(cell, launch, after)
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise PlanError(
            'error: --launcher slurm: there is no sbatch here'
        ) from error
    if done.returncode:
        raise PlanError(f'error: {shlex.join(command)}\n{done.stderr.strip()}')
    job = done.stdout.strip().split(';')[0]
    cell.write('job.json', dict(job=job, submitted=time.time()))
    return job


def is_queued(cell: Cell) -> bool:
    """Whether the job of a cell waits or runs."""
    job = (cell.read('job.json') or {}).get('job')
    if job is None:
        return False
    command = ['squeue', '--noheader', f'--jobs={job}', '--format=%T']
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:  # brought here from a cluster
        return False
    # Slurm forgets the jobs that ended: an error then.
    return done.returncode == 0 and bool(done.stdout.strip())
