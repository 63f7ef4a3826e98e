"""Train and measure the rows of a plan, and make tables of it.

Examples:
    # what helps on my data?
    python tools/compare.py configs/compare/own_segmentation.py \
        --out compared --plan-options unlabelled=my_images labelled=my_set
    # only the commands
    python tools/compare.py configs/compare/table1_msrs.py --out t1 --dry-run

It can be killed at any moment: the same command goes on. Tables are written
after each cell: table.md, table.csv and table.html in the folder.
"""

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import torch
from rich.console import Console

from infmae_mm.compare.cells import Cell, make_cells
from infmae_mm.compare.execution import (
    Launch,
    is_queued,
    iteration,
    rehearse_all,
    run_cell,
    submission,
    submit,
)
from infmae_mm.compare.folder import check_folder, finished_before, locked
from infmae_mm.compare.page import write_page
from infmae_mm.compare.plan import Plan, PlanError
from infmae_mm.compare.plan_file import choose_rows, read_plan
from infmae_mm.compare.problems import static_problems
from infmae_mm.compare.progress import Progress
from infmae_mm.compare.results import collect, row_results
from infmae_mm.compare.tables import write_tables
from infmae_mm.engine.launch import parse_options
from infmae_mm.files import in_a_sentence

console = Console(highlight=False, soft_wrap=True)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('plan', metavar='PLAN', help='of configs/compare')
    parser.add_argument('--out', required=True, type=Path, metavar='DIR')
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2])
    parser.add_argument('--rows', nargs='+', metavar='ROW')
    parser.add_argument(
        '--plan-options',
        nargs='+',
        action='extend',
        default=[],
        metavar='KEY=VALUE',
        help='change the plan, such as labelled=my_set',
    )
    parser.add_argument(
        '--dry-run', action='store_true', help='print the commands, no more'
    )
    parser.add_argument(
        '--launcher', choices=['none', 'pytorch', 'slurm'], default='none'
    )
    parser.add_argument(
        '--processes',
        type=int,
        default=max(1, torch.cuda.device_count()),
        help='of a run with --launcher pytorch; default: one for each GPU',
    )
    parser.add_argument(
        '--slurm-args',
        type=shlex.split,
        default=[],
        metavar="'ARGS'",
        help="of sbatch, such as '--partition=gpu --gres=gpu:4 --ntasks=4'",
    )
    parser.add_argument(
        '--rerun-changed',
        action='store_true',
        help='move runs whose config has changed to DIR/replaced, and train '
        'anew',
    )
    parser.add_argument(
        '--no-rehearsal',
        action='store_true',
        help='do not try out a step of each row first',
    )
    return parser.parse_args(argv)


def check_changes(cells: list[Cell], rerun: bool) -> None:
    """Refuse runs of another config, or set them aside."""
    changed = [(cell, why) for cell in cells if (why := cell.change())]
    if changed and not rerun:
        told = '\n'.join(f'{cell.label}:\n{why}' for cell, why in changed[:3])
        raise PlanError(
            f'error: the config of {len(changed)} cells is not that of the '
            f'run that is there:\n{told}\nChoose another --out, or add '
            '--rerun-changed, which moves these runs to the folder '
            '"replaced".'
        )
    for cell, _ in changed:
        if is_queued(cell):
            job = cell.read('job.json')['job']
            raise PlanError(
                f'error: {cell.label}: its job waits or runs, and would write '
                f'into the folder of the new one: scancel {job} first'
            )
        console.print(f'{cell.label}: moved to {cell.set_aside()}')


def write_all(
    plan: Plan, rows: list, cells: list[Cell], rehearsals: dict, out: Path
) -> bool:
    """Write the tables as far as they are; False where that fails."""
    results = row_results(plan, rows, cells, rehearsals)
    try:
        write_tables(plan, results, out)
        write_page(plan, results, out)
    except OSError as error:
        text = f'no tables: {in_a_sentence(error)}'
        console.print(text, markup=False)
        return False
    return True


def check_measures(plan: Plan, cells: list[Cell], found: dict) -> list[str]:
    """Measures that a row does not yield."""
    problems = []
    for name in dict.fromkeys(c.name for c in cells if not c.is_pretraining):
        yielded = found.get(name, {}).get('measures')
        # A detector without a detection has no measures to show.
        for measure in plan.measures if yielded else []:
            if measure.name not in yielded:
                problems.append(
                    f'{name}: its metrics have no {measure.name}, but '
                    f'{", ".join(sorted(yielded))}'
                )
    return problems


def run_local(
    cells: list[Cell], launch: Launch, progress: Progress, lock, refresh
) -> list[str]:
    """Run cells one after another; names of those that failed."""
    failed: list[str] = []
    for number, cell in enumerate(cells, 1):
        if cell.result is not None:
            continue
        if cell.needs is not None and cell.needs.label in failed:
            failed.append(cell.label)
            continue
        start = time.monotonic()
        head = f'[{number}/{len(cells)}] {cell.label}'
        console.print(f'{head}: {progress.left()}')
        total = progress.iterations.get(cell.name, '?')
        with console.status(head) as status:

            def watch(cell: Cell, status=status, head=head, total=total):
                done = iteration(cell)
                status.update(
                    f'{head}: iteration {done} of {total}, '
                    f'{progress.left(cell, done)}'
                )

            reason = run_cell(cell, launch, lock, watch)
        took = timedelta(seconds=round(time.monotonic() - start))
        if reason is None:
            console.print(f'{head}: done after {took}')
        else:
            failed.append(cell.label)
            console.print(f'{head}: FAILED: {reason}', markup=False)
        refresh()
    return failed


def run_slurm(cells: list[Cell], launch: Launch) -> None:
    """Collect what has ended, and submit what was not."""
    for cell in cells:
        if cell.result is not None:
            continue
        if cell.folder.is_dir() and not is_queued(cell):
            try:
                cell.write('result.json', collect(cell))
            except (FileNotFoundError, RuntimeError):
                pass  # not finished: it is submitted (again)
            else:
                console.print(f'{cell.label}: collected')
                continue
        if is_queued(cell):
            console.print(f'{cell.label}: waits or runs')
            continue
        console.print(f'{cell.label}: submitted as {submit(cell, launch)}')


def dry_run(cells: list[Cell], launch: Launch) -> None:
    """Print what would be started."""
    for cell in cells:
        if cell.result is not None:
            print(f'# {cell.label}: done')
            continue
        print(f'# {cell.label}')
        if launch.launcher == 'slurm':
            after = None
            if cell.needs is not None and cell.needs.result is None:
                after = f'JOB_OF_{cell.needs.name}-{cell.needs.seed}'
            print(shlex.join(submission(cell, launch, after)))
        for command in launch.commands(cell).values():
            print(shlex.join(command))


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a plan.

    Returns:
        int: 1 if a cell failed, else 0.
    """
    args = parse_args(argv)
    if args.seeds != list(dict.fromkeys(args.seeds)):
        raise PlanError('error: --seeds: each seed once')
    if not all(0 <= seed < 2**32 for seed in args.seeds):
        raise PlanError('error: --seeds: each from 0 to 2**32 - 1')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse_options(args.plan_options, '--plan-options')
    plan = read_plan(args.plan, options)
    rows = choose_rows(plan, args.rows)
    cells, absent = make_cells(plan, rows, args.seeds, args.out)
    rows = [row for row in rows if row not in absent]
    for row in absent:
        console.print(f'{row.name}: left out, there is no {row.checkpoint}')
    launch = Launch(
        Path(__file__).resolve().parent,
        args.launcher,
        args.processes,
        tuple(args.slurm_args),
    )
    problems = static_problems(cells)
    if problems:
        raise PlanError('error: ' + '\nerror: '.join(problems))
    check_folder(args.out)
    if args.dry_run:
        dry_run(cells, launch)
        return 0
    with locked(args.out) as lock:
        check_changes(cells, args.rerun_changed)
        rehearsals: dict = {}
        if not args.no_rehearsal:
            rehearsals, problems = rehearse_all(
                cells, args.out.resolve(), console.print
            )
            problems += check_measures(plan, cells, rehearsals)
            if problems:
                raise PlanError('error: ' + '\nerror: '.join(problems))

        earlier, tried = finished_before(plan, cells, args.out)
        told = sorted([*cells, *earlier], key=lambda cell: cell.seed)
        names = {cell.name for cell in told}
        shown = [row for row in plan.rows.values() if row.name in names]

        def refresh() -> bool:
            return write_all(
                plan, shown, told, {**tried, **rehearsals}, args.out
            )

        refresh()
        if args.launcher == 'slurm':
            run_slurm(cells, launch)
            failed = []
        else:
            progress = Progress(cells, rehearsals)
            try:
                failed = run_local(cells, launch, progress, lock, refresh)
            except KeyboardInterrupt:
                refresh()
                console.print(
                    f'Stopped; tables of what is done are in {args.out}. The '
                    'same command goes on from the last checkpoint.'
                )
                return 130
        written = refresh()
    if written:
        console.print(f'Tables are in {args.out}.')
    return 1 if failed or not written else 0


if __name__ == '__main__':
    sys.exit(main())
