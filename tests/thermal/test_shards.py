"""Images inside tar archives."""

import tarfile

import cv2
import numpy as np
import pytest
import torch
from mmengine import fileio

from infmae_mm.thermal import InfraredImages
from infmae_mm.thermal.shards import TarBackend

PIPELINE = [
    dict(type='LoadThermalImage', channels=1),
    dict(type='PackInfrared'),
]


@pytest.fixture
def shard(tmp_path):
    """Three PNG of one value each, and a label, as WebDataset packs them."""
    path = tmp_path / 'shard-000.tar'
    with tarfile.open(path, 'w', format=tarfile.USTAR_FORMAT) as tar:
        for i in range(3):
            file = tmp_path / f'{i}.png'
            cv2.imwrite(str(file), np.full((32, 40), 10 * i, np.uint8))
            tar.add(file, f'set/{i}.png')
        file.with_suffix('.cls').write_text('7')
        tar.add(file.with_suffix('.cls'), 'set/2.cls')
    return path


def dataset(folder, addresses):
    (folder / 'list.txt').write_text('\n'.join(addresses))
    return InfraredImages(
        str(folder / 'list.txt'), pipeline=PIPELINE, test_mode=True
    )


def test_a_list_of_a_shard_gives_its_images(tmp_path, shard):
    images = dataset(
        tmp_path, [f'tar://set/{i}.png::{shard}' for i in (2, 0, 1)]
    )
    loader = torch.utils.data.DataLoader(
        images, num_workers=2, collate_fn=lambda batch: batch[0]
    )
    values = [sample['inputs'].unique().tolist() for sample in loader]
    assert values == [[20], [0], [10]]


def test_what_is_missing_is_replaced_and_named(tmp_path, shard):
    missing = f'tar://set/9.png::{shard}'
    images = dataset(tmp_path, [missing, f'tar://set/1.png::{shard}'])
    sample = images[0]
    assert sample['inputs'].unique().tolist() == [10]
    assert sample['data_samples'].unreadable == (missing,)


def test_the_start_of_a_shard_that_was_cut_off(tmp_path, shard):
    backend = TarBackend()
    whole = backend.get(f'tar://set/0.png::{shard}')
    cut = tmp_path / 'cut.tar'  # within the second file: both are of 2 blocks
    cut.write_bytes(shard.read_bytes()[: 3 * 512 + len(whole) // 2])
    assert len(whole) < 512
    assert backend.get(f'tar://set/0.png::{cut}') == whole
    with pytest.raises(OSError, match='cut.tar .* set/1.png'):
        backend.get(f'tar://set/1.png::{cut}')


def test_a_packed_archive_says_so(tmp_path, shard):
    packed = tmp_path / 'shard.tar.gz'
    with tarfile.open(packed, 'w:gz') as tar:
        tar.add(shard, '0.png')
    with pytest.raises(OSError, match='compressed'):
        TarBackend().get(f'tar://0.png::{packed}')


def test_through_mmengine(shard):
    assert fileio.get_text(f'tar://set/2.cls::{shard}') == '7'
    assert fileio.exists(f'tar://set/2.cls::{shard}')
    assert not fileio.exists(f'tar://set/3.cls::{shard}')
    assert not fileio.exists(f'tar://set/2.cls::{shard}.not')
    with pytest.raises(FileNotFoundError, match='NAME::ARCHIVE'):
        fileio.get('tar://set/2.cls')
