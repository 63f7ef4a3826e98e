"""What pip gets: the source distribution and the wheel built from it."""

import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from infmae_mm import __version__

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    source = tmp_path_factory.mktemp('source')
    for name in ('infmae_mm', 'requirements'):
        shutil.copytree(ROOT / name, source / name)
    for path in ROOT.iterdir():
        if path.suffix in ('.py', '.toml', '.md', '.in'):
            shutil.copy(path, source)
    shutil.copy(ROOT / 'LICENSE', source)

    def run(*command):
        subprocess.run(
            [sys.executable, *command],
            cwd=source,
            check=True,
            capture_output=True,
        )

    run('setup.py', 'sdist')
    [sdist] = (source / 'dist').glob('*.tar.gz')
    run(
        *('-m', 'pip', 'wheel', '--no-deps', '--no-build-isolation'),
        *('--wheel-dir', 'wheels', str(sdist)),
    )
    [wheel] = (source / 'wheels').glob('*.whl')
    with zipfile.ZipFile(wheel) as archive:
        yield archive


def test_wheel_holds_every_module(wheel):
    modules = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / 'infmae_mm').rglob('*.py')
    }
    packed = {name for name in wheel.namelist() if name.endswith('.py')}
    assert packed == modules


def test_wheel_requires_no_stack(wheel):
    [name] = [n for n in wheel.namelist() if n.endswith('/METADATA')]
    metadata = message_from_string(wheel.read(name).decode())
    assert metadata['Version'] == __version__
    assert set(metadata.get_all('Provides-Extra')) == {
        'onedl',
        'openmmlab',
        'tests',
    }
    requirements = metadata.get_all('Requires-Dist')
    hard = [line for line in requirements if 'extra ==' not in line]
    assert any(line.startswith('torch') for line in hard)
    assert not [line for line in hard if 'mm' in line.split(';')[0]]
    for extra, package in (
        ('onedl', 'onedl-mmcv==2.3.6'),
        ('openmmlab', 'mmcv==2.1.0'),
    ):
        assert any(
            line.startswith(package) and extra in line for line in requirements
        )
