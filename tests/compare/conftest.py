import os
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Configs of runs import `started`.
sys.path.insert(0, str(Path(__file__).parent))

PLAN = """
title = 'Two starts & <a toy>'
labelled = {data!r}
unlabelled = {data!r}
reference = 'scratch'
measures = {{'toy/loss': dict(title='loss, %', factor=100)}}
pretrainings = dict(before=dict(config={config!r}))
rows = dict(
    scratch=dict(title='Scratch', config={config!r}, scratch=True),
    started=dict(
        title='Started',
        config={config!r},
        pretraining='before',
        options={{'optim_wrapper.optimizer.lr': 0.02}},
        paper={{'toy/loss': 12.5}},
    ),
)
"""


@pytest.fixture(scope='session')
def compare():
    """The tool; its processes find `started`, and this checkout."""
    before = os.environ.get('PYTHONPATH')
    os.environ['PYTHONPATH'] = f'{ROOT}:{Path(__file__).parent}'
    main = runpy.run_path(str(ROOT / 'tools' / 'compare.py'))['main']
    yield lambda *args: main([str(arg) for arg in args])
    if before is None:
        del os.environ['PYTHONPATH']
    else:
        os.environ['PYTHONPATH'] = before


@pytest.fixture(scope='session')
def toys(tmp_path_factory):
    """A folder with a set, a config, and a plan of two rows."""
    import started

    folder = tmp_path_factory.mktemp('compare')
    started.write_set(folder / 'set')
    (folder / 'config.py').write_text(started.CONFIG)
    (folder / 'plan.py').write_text(
        PLAN.format(data=str(folder / 'set'), config=str(folder / 'config.py'))
    )
    return folder
