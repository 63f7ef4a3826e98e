"""The one file that runs exports, where torch is blocked."""

import subprocess
import sys

from infmae_mm.deploy.bundle import RUNTIME

# what a small computer does not have
WITHOUT_TORCH = """
import runpy, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        root = name.split('.')[0]
        if root in ('torch', 'mmengine', 'mmcv', 'mmseg', 'mmdet', 'rich',
                    'mmpretrain', 'infmae_mm', 'scipy', 'matplotlib'):
            raise ModuleNotFoundError(f'{name} is blocked', name=name)

sys.meta_path.insert(0, Blocker())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def run_runtime(model, *arguments):
    """infmae_runtime.py in a process that has neither torch nor mm."""
    command = [sys.executable, '-c', WITHOUT_TORCH]
    command += [str(model.with_name(RUNTIME)), str(model)]
    return subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True
    )
