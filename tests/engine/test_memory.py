"""Freed memory stays with the process."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource
import torch
from infmae_mm.engine.memory import keep_freed_memory

def faults(repeats=8):
    start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(repeats):
        torch.zeros(2**24)  # 64 MiB: more than glibc keeps
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start

before = faults()
kept = keep_freed_memory()
faults(1)
print(before, kept, faults())
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='of glibc')
def test_a_block_is_asked_for_once():
    found = subprocess.run(
        [sys.executable, '-c', SCRIPT],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    before, kept, after = int(found[0]), found[1], int(found[2])
    if kept == 'False':
        pytest.skip('another allocator')
    assert after < before / 4
