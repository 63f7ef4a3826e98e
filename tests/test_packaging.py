"""What pip gets: the source distribution and the wheel built from it."""

import os
import subprocess
import sys
import sysconfig
import threading
import zipfile
from email import message_from_string
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from checkout import copy_checkout, files_below

from infmae_mm import __version__

ROOT = Path(__file__).parents[1]
TINY = 'infmae_tiny_1xb64-200e_inf30-128'
# One epoch of a few small images, in one process.
SMALL_RUN = (
    *('--cfg-options', 'train_dataloader.batch_size=2'),
    *('train_dataloader.num_workers=0', 'val_dataloader.num_workers=0'),
    'train_dataloader.persistent_workers=False',
    'val_dataloader.persistent_workers=False',
    *('train_cfg.max_epochs=1', 'train_cfg.val_interval=1'),
    *('param_scheduler.0.end=1', 'param_scheduler.1.begin=1'),
    'param_scheduler.1.end=2',
)


def python(*command, executable=sys.executable, **options):
    """Run Python, and return what it printed."""
    done = subprocess.run(
        [executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def install(folder, *arguments):
    """A fresh environment with the stack of this one and one package.

    A path file adds the folder of the stack: what lies there is found after
    what is installed here, and its own path files, such as that of an
    editable install, are not read.
    """
    python('-m', 'venv', '--without-pip', folder)
    executable = folder / 'bin' / 'python'
    places = {'base': str(folder), 'platbase': str(folder)}
    packages = Path(sysconfig.get_path('purelib', vars=places))
    stack = sysconfig.get_path('purelib')
    (packages / 'zz_stack.pth').write_text(f'{stack}\n')
    python(
        *('-m', 'pip', '--python', executable, 'install', '--no-deps'),
        *('--no-build-isolation', '--force-reinstall', *arguments),
    )
    return executable


@pytest.fixture(scope='module')
def source(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp('source'))


@pytest.fixture(scope='module')
def wheel_file(source):
    python('setup.py', 'sdist', cwd=source)
    [sdist] = (source / 'dist').glob('*.tar.gz')
    python(
        *('-m', 'pip', 'wheel', '--no-deps', '--no-build-isolation'),
        *('--wheel-dir', 'wheels', sdist),
        cwd=source,
    )
    [wheel] = (source / 'wheels').glob('*.whl')
    return wheel


@pytest.fixture(scope='module')
def wheel(wheel_file):
    with zipfile.ZipFile(wheel_file) as archive:
        yield archive


@pytest.fixture(scope='module')
def run(wheel_file, tmp_path_factory):
    """Run Python in a fresh environment that has the wheel."""
    executable = install(tmp_path_factory.mktemp('fresh') / 'venv', wheel_file)
    environment = {**os.environ, 'OMP_NUM_THREADS': '1'}
    environment.pop('PYTHONPATH', None)
    # mim calls pip with what it finds there
    folder = tmp_path_factory.mktemp('elsewhere')
    return partial(python, executable=executable, env=environment, cwd=folder)


@pytest.fixture
def mim(run):
    pytest.importorskip('mim')
    return partial(run, '-m', 'mim')


def test_wheel_holds_modules_configs_and_tools(wheel):
    mim = {*files_below('configs', 'tools'), 'model-index.yml'}
    expected = {f'infmae_mm/.mim/{name}' for name in mim}
    expected |= files_below('infmae_mm')
    packed = {n for n in wheel.namelist() if '.dist-info/' not in n}
    assert packed == expected


def test_wheel_finds_its_configs(run):
    path = run(
        '-c',
        'from infmae_mm import find_config\n'
        'from mmengine.config import Config\n'
        f'path = find_config({TINY!r})\n'
        'Config.fromfile(path)\n'
        'print(path)',
    ).splitlines()[-1]
    assert '/venv/lib/' in path
    assert path.endswith(f'/infmae_mm/.mim/configs/pretrain/{TINY}.py')
    assert path in run('-m', 'infmae_mm', 'configs', 'tiny').splitlines()


def test_mim_trains_and_tests_from_a_wheel(mim, tmp_path):
    images = tmp_path / 'images'
    images.mkdir()
    rng = np.random.default_rng(0)
    for i in range(8):
        image = rng.integers(0, 256, (40, 50), np.uint8)
        cv2.imwrite(str(images / f'{i}.png'), image)
    runs = tmp_path / 'runs'
    mim(
        *('train', 'infmae_mm', f'{TINY}.py', '--gpus', 0),
        *('--data-root', images, '--work-dir', runs, *SMALL_RUN),
        *('train_dataloader.dataset.holdout=0.5',),
        *('val_dataloader.dataset.holdout=0.5',),
    )
    printed = mim(
        *('test', 'infmae_mm', f'{TINY}.py'),
        *('--checkpoint', runs / 'epoch_1.pth', '--data-root', images),
        *('--cfg-options', 'test_dataloader.num_workers=0'),
        'test_dataloader.persistent_workers=False',
    )
    assert 'val/loss: ' in printed
    assert 'Testing finished successfully' in printed


def test_mim_finds_every_model_of_a_wheel(mim):
    printed = mim('search', 'infmae_mm', '--valid-config')
    for metafile in (ROOT / 'configs').glob('*/metafile.yml'):
        for line in metafile.read_text().splitlines():
            if line.startswith('  - Name: ') and 'xb' in line:
                assert f"'{line.split()[-1]}'" in printed


def test_mim_downloads_what_a_metafile_publishes(wheel_file, tmp_path):
    """No model has a public address yet: give one a local address."""
    pytest.importorskip('mim')
    executable = install(tmp_path / 'venv', wheel_file)
    [mim_folder] = (tmp_path / 'venv').glob('lib/*/*/infmae_mm/.mim')
    (tmp_path / 'published').mkdir()
    (tmp_path / 'published' / 'tiny.pth').write_bytes(b'weights')
    handler = partial(
        SimpleHTTPRequestHandler, directory=str(tmp_path / 'published')
    )
    server = ThreadingHTTPServer(('127.0.0.1', 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    metafile = mim_folder / 'configs' / 'pretrain' / 'metafile.yml'
    config = f'    Config: configs/pretrain/{TINY}.py\n'
    address = f'http://127.0.0.1:{server.server_port}/tiny.pth'
    text = metafile.read_text()
    assert config in text
    metafile.write_text(
        text.replace(config, f'{config}    Weights: {address}\n')
    )
    try:
        python(
            *('-m', 'mim', 'download', 'infmae_mm', '--config', TINY),
            *('--dest', tmp_path / 'got'),
            executable=executable,
            cwd=tmp_path,
            env={**os.environ, 'PYTHONPATH': '', 'no_proxy': '127.0.0.1'},
        )
    finally:
        server.shutdown()
        server.server_close()
    assert (tmp_path / 'got' / 'tiny.pth').read_bytes() == b'weights'
    assert 'InfMAEPretrainer' in (tmp_path / 'got' / f'{TINY}.py').read_text()


def test_editable_install_links_into_the_checkout(source, tmp_path):
    install(tmp_path / 'venv', '--editable', source)
    mim_folder = source / 'infmae_mm' / '.mim'
    for name in ('configs', 'tools', 'model-index.yml'):
        assert (mim_folder / name).resolve() == (source / name).resolve()


def test_wheel_requires_no_stack(wheel):
    [name] = [n for n in wheel.namelist() if n.endswith('/METADATA')]
    metadata = message_from_string(wheel.read(name).decode())
    assert metadata['Version'] == __version__
    assert set(metadata.get_all('Provides-Extra')) == {
        'deploy',
        'onedl',
        'openmmlab',
        'tests',
        'tiff',
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
