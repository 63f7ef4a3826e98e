"""What the benchmarks share: interleaved timing, memory, peak rates."""

import json
import multiprocessing
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty

import torch
from rich.console import Console
from rich.table import Table


def synchronize(device: torch.device) -> None:
    """Wait for the device, where it works asynchronously."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def interleaved_medians(
    steps: dict[str, Callable[[], None]],
    device: torch.device,
    repeats: int,
    warmup: int = 2,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Time several functions in turns, so that noise meets all of them.

    Args:
        steps (dict[str, Callable]): Functions by name.
        device (torch.device): Where they run.
        repeats (int): Timed rounds.
        warmup (int): Rounds before them.
        clock (Callable): Seconds; ``time.process_time`` counts those of the
            processor.

    Returns:
        dict[str, float]: Median seconds per call.
    """
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for i in range(warmup + repeats):
        for name, step in steps.items():
            synchronize(device)
            start = clock()
            step()
            synchronize(device)
            if i >= warmup:
                seconds[name].append(clock() - start)
    return {name: statistics.median(s) for name, s in seconds.items()}


def resident(field: str) -> int:
    """Resident memory of this process in bytes: 'VmRSS' now, 'VmHWM' peak."""
    for line in Path('/proc/self/status').read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f'/proc/self/status has no {field}: not on Linux?')


def _child(target, args, queue) -> None:
    device = torch.device(args[0])
    if device.type == 'cuda':
        run = target(*args)
        run()
        peak = torch.cuda.max_memory_allocated(device)
    else:
        before = resident('VmRSS')
        run = target(*args)
        run()
        peak = resident('VmHWM') - before
    queue.put(peak)


def peak_memory(target: Callable, *args) -> int:
    """Peak memory of a function in a process of its own, in bytes.

    On CUDA, the peak of allocated memory; on a CPU (Linux), the peak of the
    resident set over what it is with everything imported. Weights, gradients
    and optimizer state are included.

    Args:
        target (Callable): Module-level function that builds what is measured
            and returns a function that runs it.
        *args: Its arguments, the device's name first.
    """
    context = multiprocessing.get_context('spawn')
    queue = context.Queue()
    process = context.Process(target=_child, args=(target, args, queue))
    process.start()
    while True:
        with suppress(Empty):
            peak = queue.get(timeout=1)
            break
        if not process.is_alive():
            raise RuntimeError(
                f'The process that was measured ended with {process.exitcode} '
                'and no result: perhaps for want of memory.'
            )
    process.join()
    return peak


def matmul_peak(device: torch.device, dtype: torch.dtype) -> float:
    """Measured FLOP/s of a large matrix product of random values."""
    n = 8192 if device.type == 'cuda' else 2048
    a, b = torch.randn(2, n, n, device=device).to(dtype)
    times = interleaved_medians({'mm': lambda: a @ b}, device, repeats=10)
    return 2 * n**3 / times['mm']


def machine(device: torch.device) -> str:
    """The machine in words: processor, threads and torch's version."""
    if device.type == 'cuda':
        name = torch.cuda.get_device_name(device)
    else:
        name = platform.processor() or platform.machine()
        cpuinfo = Path('/proc/cpuinfo')
        if cpuinfo.exists():
            models = [
                line.split(':')[1].strip()
                for line in cpuinfo.read_text().splitlines()
                if line.startswith('model name')
            ]
            name = models[0] if models else name
        name += f', {torch.get_num_threads()} threads'
    return f'{name}; torch {torch.__version__}'


def report(
    title: str, rows: list[dict[str, object]], json_path: str | None
) -> None:
    """Print rows as a table, and write them as JSON where asked.

    Args:
        title (str): What was measured, on what.
        rows (list[dict]): One dict per row, the same keys in each.
        json_path (str, optional): File to write.
    """
    table = Table(title=title)
    for key in rows[0]:
        table.add_column(key)
    for row in rows:
        table.add_row(
            *(
                f'{v:.4g}' if isinstance(v, float) else str(v)
                for v in row.values()
            )
        )
    Console(width=110).print(table)
    if json_path:
        text = json.dumps(dict(title=title, rows=rows), indent=2)
        Path(json_path).write_text(text + '\n')
