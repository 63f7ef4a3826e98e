import errno
import gc
import os
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope

REPOSITORY = Path(__file__).parents[1]
# Files that train, start processes or build: make test-fast leaves them out.
SLOW = (
    'compare/*',
    'configs/test_published_starts*',
    'deploy/*',
    'engine/test_distributed*',
    'engine/test_fsdp*',
    'engine/test_resume*',
    'pretrain/test_golden*',
    'pretrain/test_mcmae*',
    'rivals/*',
    'test_documents*',
    'test_integration*',
    'test_packaging*',
    'test_sentences*',
    'test_walkthrough*',
    'tools/*',
    '*_benchmark.py',
    '*_configs.py',
    '*_runs.py',
)


# What is imported stays: each collection would walk all of it, and datasets of
# MMEngine collect whenever one is made.
gc.disable()


def pytest_collection_finish() -> None:
    """Leave what is imported out of the garbage collection."""
    gc.freeze()
    gc.enable()


def is_slow(path: Path) -> bool:
    """Whether all tests of a file are slow."""
    path = path.relative_to(Path(__file__).parent)
    return any(path.match(pattern) for pattern in SLOW)


def pytest_ignore_collect(
    collection_path: Path, config: pytest.Config
) -> bool | None:
    """Import no file of which no test would run."""
    if config.option.markexpr == 'not slow' and is_slow(collection_path):
        return True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow files."""
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)


# Tiny models: handing work to threads costs more than the work.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture(scope='module', autouse=True)
def default_scope_of_module():
    """Also for what a module's own fixtures build, which come first."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield


@pytest.fixture(autouse=True)
def default_scope():
    """A runner that a test builds leaves its scope to the tests after it."""
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        yield


@pytest.fixture
def real_data() -> Path:
    """Folder with real thermal images; the test is skipped without it."""
    folder = Path(
        os.environ.get('INFMAE_DATA', REPOSITORY.parent / 'shared' / 'data')
    )
    if not (folder / 'hit_uav').is_dir():
        pytest.skip('no real images: INFMAE_DATA names no folder of them')
    return folder


@pytest.fixture
def picture() -> np.ndarray:
    """A smooth picture with some noise, uint8, (96, 128)."""
    noise = np.random.default_rng(0).normal(size=(96, 128, 2))
    image = cv2.GaussianBlur(noise[..., 0], (0, 0), 6) * 500 + 120
    return (image + noise[..., 1]).clip(0, 255).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, picture) -> Path:
    """Folder 'images' of 8 pictures at several depths."""
    root = tmp_path / 'images'
    for i, name in enumerate(
        ['b.png', 'a.JPG', 'x/1.png', 'x/2.bmp', 'x/y/3.TIFF', 'z/4.jpeg']
        + ['z/5.png', 'z/6.png']
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), np.roll(picture, i, axis=1))
    return root


@pytest.fixture
def forbid(monkeypatch):
    """Lets no one list a folder, who may be root."""
    scandir = os.scandir

    def forbid(folder: Path) -> None:
        def scan(path: str):
            if os.fspath(path) == str(folder):
                reason = os.strerror(errno.EACCES)
                raise PermissionError(errno.EACCES, reason, str(path))
            return scandir(path)

        monkeypatch.setattr(os, 'scandir', scan)

    return forbid


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 kB, where a test may mount one."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]
    try:
        done = subprocess.run(mount, capture_output=True)
    except FileNotFoundError:
        pytest.skip('There is no mount.')
    if done.returncode:
        pytest.skip('No file system may be mounted here.')
    yield folder
    # What is logged later shall not go to files of the full disk.
    logger = MMLogger.get_current_instance()
    for handler in list(logger.handlers):
        if getattr(handler, 'baseFilename', '').startswith(str(folder)):
            logger.removeHandler(handler)
    subprocess.run(['umount', '--lazy', folder], check=True)
