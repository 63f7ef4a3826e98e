"""Two processes that share the weights of one model (FSDP), on the CPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from fsdp_worker import STEPS, build, images
from mmengine.optim import OptimWrapper

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_half_of_the_weights_each_and_the_same_losses(tmp_path):
    subprocess.run(
        [
            *(sys.executable, '-m', 'torch.distributed.run', '--standalone'),
            *('--nproc-per-node', '2'),
            *(Path(__file__).with_name('fsdp_worker.py'), tmp_path),
        ],
        env={
            **os.environ,
            'PYTHONPATH': str(ROOT),
            'OMP_NUM_THREADS': '1',
            'CUDA_VISIBLE_DEVICES': '',
        },
        check=True,
        timeout=600,
    )
    model = build().train()
    optimizer = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    batch = dict(inputs=images(), data_samples=None)
    alone = [
        model.train_step(batch, optimizer)['loss'].item() for _ in range(STEPS)
    ]
    assert alone[-1] < alone[0]
    count = sum(p.numel() for p in model.parameters())
    for rank in range(2):
        found = torch.load(tmp_path / f'{rank}.pth')
        assert found['losses'] == pytest.approx(alone, rel=1e-5)
        assert found['kept'] == pytest.approx(count / 2, rel=0.01)
        assert (tmp_path / 'saved' / f'rank{rank}.pth').is_file()
