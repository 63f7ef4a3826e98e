import os

import cv2
import numpy as np
import pytest
import torch
from mmengine import fileio
from mmengine.registry import DATASETS
from mmengine.runner import Runner

from infmae_mm.thermal import InfraredImages
from infmae_mm.thermal.dataset import scan_images, split_paths

PIPELINE = [
    dict(type='LoadRandomResizedCrop', size=32),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackInfrared'),
]


def names(dataset):
    root = dataset.data_root
    return [
        os.path.relpath(dataset.get_data_info(i)['img_path'], root)
        for i in range(len(dataset))
    ]


def test_tree(folder):
    (folder / '.hidden').mkdir()
    (folder / '.hidden' / 'a.png').touch()
    (folder / 'x' / '.b.png').touch()
    (folder / 'x' / 'notes.txt').touch()
    (folder / 'x' / 'folder.png').mkdir()
    dataset = DATASETS.build(
        dict(type='InfraredImages', data_root=str(folder), pipeline=PIPELINE)
    )
    assert names(dataset) == [
        'a.JPG',
        'b.png',
        'x/1.png',
        'x/2.bmp',
        'x/y/3.TIFF',
        'z/4.jpeg',
        'z/5.png',
        'z/6.png',
    ]
    for i in range(len(dataset)):
        sample = dataset[i]
        assert sample['inputs'].shape == (1, 32, 32)
        assert sample['inputs'].dtype == torch.uint8
        assert sample['data_samples'].unreadable == ()
        assert os.path.exists(sample['data_samples'].img_path)


def test_links_are_followed_once(folder, tmp_path):
    linked = tmp_path / 'linked'
    linked.mkdir()
    (linked / 'set').symlink_to(folder)
    (folder / 'x' / 'up').symlink_to(folder)
    (linked / 'again').symlink_to(linked)
    (linked / 'one.png').symlink_to(folder / 'b.png')
    paths = list(scan_images(str(linked)))
    assert len(paths) == 9
    assert paths[0] == 'one.png'


def test_link_to_nothing_is_reported_when_read(folder):
    (folder / 'gone.png').symlink_to(folder / 'no.png')
    dataset = InfraredImages(str(folder), pipeline=PIPELINE, test_mode=True)
    i = names(dataset).index('gone.png')
    assert dataset[i]['data_samples'].unreadable == (str(folder / 'gone.png'),)


def test_list_file(folder):
    (folder / 'train.txt').write_text('z/6.png\n\n b.png \nz/no.png\n')
    dataset = InfraredImages(
        str(folder), ann_file='train.txt', pipeline=PIPELINE, test_mode=True
    )
    assert names(dataset) == ['z/6.png', 'b.png', 'z/no.png']
    assert dataset[2]['data_samples'].img_path.endswith('z/6.png')


@pytest.mark.slow
@pytest.mark.parametrize('absolute', [True, False])
@pytest.mark.parametrize('how', ['root', 'absolute', 'here', 'inside'])
def test_a_list_can_lie_anywhere(folder, tmp_path, monkeypatch, absolute, how):
    root = f'{folder}/' if absolute else ''
    text = f'{root}z/6.png\n{root}b.png\n'
    (folder / 'inside.txt').write_text(text)
    (tmp_path / 'lists').mkdir()
    (tmp_path / 'lists' / 'train.txt').write_text(text)
    monkeypatch.chdir(tmp_path)
    options = dict(
        # its own folder is what relative paths start from
        root=dict(data_root=str(folder / 'inside.txt')),
        absolute=dict(
            data_root='images', ann_file=f'{tmp_path}/lists/train.txt'
        ),
        here=dict(data_root='images', ann_file='lists/train.txt'),
        inside=dict(data_root='images', ann_file='inside.txt'),
    )[how]
    dataset = InfraredImages(**options, pipeline=PIPELINE)
    paths = [dataset.get_data_info(i)['img_path'] for i in range(2)]
    assert [os.path.abspath(path) for path in paths] == [
        str(folder / 'z/6.png'),
        str(folder / 'b.png'),
    ]
    assert dataset[1]['data_samples'].unreadable == ()


def test_list_of_another_folder(folder, tmp_path, monkeypatch):
    (tmp_path / 'lists').mkdir()
    (tmp_path / 'lists' / 'train.txt').write_text('../images/b.png\n')
    monkeypatch.chdir(tmp_path / 'lists')
    for root in ('train.txt', str(tmp_path / 'lists' / 'train.txt')):
        dataset = InfraredImages(root, pipeline=PIPELINE)
        assert dataset[0]['data_samples'].unreadable == ()


def test_few_files_of_a_list_are_looked_for(folder, monkeypatch):
    lines = ['no.png', 'b.png', *(f'{i}.png' for i in range(1000))]
    (folder / 'train.txt').write_text('\n'.join(lines))
    asked = []
    exists = fileio.exists
    monkeypatch.setattr(
        fileio, 'exists', lambda path: asked.append(path) or exists(path)
    )
    stats = []
    stat = os.stat
    monkeypatch.setattr(
        os, 'stat', lambda path, **k: stats.append(path) or stat(path, **k)
    )
    dataset = InfraredImages(str(folder / 'train.txt'))
    assert len(dataset) == 1002
    assert len(asked) == 2
    assert len(stats) < 20


def test_a_folder_is_searched_without_a_stat_a_file(tmp_path, monkeypatch):
    (tmp_path / 'a').mkdir()
    for i in range(300):
        (tmp_path / 'a' / f'{i}.png').touch()
    stats = []
    for name in ('stat', 'lstat'):
        call = getattr(os, name)
        monkeypatch.setattr(
            os,
            name,
            lambda path, call=call, **k: stats.append(path) or call(path, **k),
        )
    assert len(InfraredImages(str(tmp_path))) == 300
    assert len(stats) < 100


@pytest.mark.slow
def test_max_images_are_spread_over_the_folder(folder):
    everything = names(InfraredImages(str(folder)))
    two = names(InfraredImages(str(folder), max_images=2))
    assert two == [everything[0], everything[-1]]
    many = InfraredImages(str(folder), max_images=len(everything) + 1)
    assert names(many) == everything
    with pytest.raises(ValueError, match='max_images'):
        InfraredImages(str(folder), max_images=0)


def test_wrong_folders(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match='no folder'):
        InfraredImages(str(tmp_path / 'typo'))
    with pytest.raises(NotADirectoryError, match='is a file'):
        InfraredImages(str(folder / 'b.png'))
    (tmp_path / 'empty' / 'deep').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r'\.bmp.*\.tiff'):
        InfraredImages(str(tmp_path / 'empty'))
    with pytest.raises(FileNotFoundError, match='ann_file'):
        InfraredImages('s3://bucket/images')


def test_wrong_lists(folder):
    with pytest.raises(FileNotFoundError, match='no list'):
        InfraredImages(str(folder), ann_file='no.txt')
    for text, error, message in (
        ('\n', FileNotFoundError, 'empty'),
        ('q/1.png\nq/2.png', FileNotFoundError, 'None of the first'),
        ('b\n', ValueError, "names 'b'"),
    ):
        (folder / 'list.txt').write_text(text)
        with pytest.raises(error, match=message):
            InfraredImages(str(folder), ann_file='list.txt')


@pytest.mark.parametrize(
    'options',
    [
        dict(subset='test'),
        dict(holdout=0.0),
        dict(holdout=1),
        dict(max_refetch=0),
    ],
)
def test_wrong_options(folder, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        InfraredImages(str(folder), **options)


class TestSplit:
    paths = [f'video{i % 7}/{i:06}.png' for i in range(20000)]

    def test_parts(self):
        train, val = split_paths(self.paths, 0.01)
        assert sorted(train + val) == sorted(self.paths)
        assert 140 < len(val) < 260

    def test_stable_under_more_files_and_order(self):
        _, val = split_paths(self.paths, 0.05)
        _, more = split_paths(self.paths[:7000:-1] + ['new.png'], 0.05)
        assert set(self.paths[7001:]) & set(val) == set(more) - {'new.png'}

    def test_larger_holdout_holds_the_smaller(self):
        _, small = split_paths(self.paths, 0.01)
        _, large = split_paths(self.paths, 0.1)
        assert set(small) < set(large)

    @pytest.mark.parametrize('n', range(2, 12))
    @pytest.mark.parametrize('holdout', [0.01, 0.5, 0.99])
    def test_neither_part_is_empty(self, n, holdout):
        train, val = split_paths(self.paths[:n], holdout)
        assert train and val
        assert len(train) + len(val) == n

    def test_subsets(self, folder):
        train = InfraredImages(str(folder), subset='train', holdout=0.2)
        val = InfraredImages(str(folder), subset='val', holdout=0.2)
        everything = InfraredImages(str(folder))
        assert sorted(names(train) + names(val)) == names(everything)

    def test_one_image(self, folder):
        (folder / 'one.txt').write_text('b.png\n')
        options = dict(data_root=str(folder), ann_file='one.txt')
        assert len(InfraredImages(subset='train', **options)) == 1
        with pytest.raises(ValueError, match='one image'):
            InfraredImages(subset='val', **options)


class TestUnreadable:
    @pytest.fixture
    def broken(self, folder):
        (folder / 'b.png').write_bytes(b'')
        data = (folder / 'x' / '1.png').read_bytes()
        (folder / 'x' / '1.png').write_bytes(data[:-100])
        return folder

    def test_replaced_by_the_next_in_test_mode(self, broken):
        dataset = InfraredImages(
            str(broken), pipeline=PIPELINE, test_mode=True
        )
        for _ in range(2):
            sample = dataset[1]['data_samples']
            assert sample.img_path == str(broken / 'x' / '2.bmp')
            assert sample.unreadable == (
                str(broken / 'b.png'),
                str(broken / 'x' / '1.png'),
            )

    def test_replaced_at_random_in_training(self, broken):
        np.random.seed(0)
        dataset = InfraredImages(str(broken), pipeline=PIPELINE)
        seen = set()
        for _ in range(100):
            sample = dataset[1]['data_samples']
            assert sample.unreadable[0] == str(broken / 'b.png')
            assert sample.img_path not in sample.unreadable
            seen.add(sample.img_path)
        assert len(seen) == 6

    def test_read_only_once(self, broken, monkeypatch):
        dataset = InfraredImages(
            str(broken), pipeline=PIPELINE, test_mode=True
        )
        calls = []
        transform = dataset.pipeline
        monkeypatch.setattr(
            dataset,
            'pipeline',
            lambda info: calls.append(info['img_path']) or transform(info),
        )
        for _ in range(3):
            dataset[1]
        assert calls.count(str(broken / 'b.png')) == 1
        assert calls.count(str(broken / 'x' / '2.bmp')) == 3

    @pytest.mark.parametrize('test_mode', [True, False])
    def test_gives_up(self, folder, test_mode):
        for path in folder.rglob('*.*'):
            path.write_bytes(b'nothing')
        dataset = InfraredImages(
            str(folder), pipeline=PIPELINE, test_mode=test_mode
        )
        with pytest.raises(RuntimeError) as error:
            dataset[0]
        assert '100 images in a row' in str(error.value)
        assert str(folder) in str(error.value)
        assert 'cannot read the image' in str(error.value)

    def test_errors_of_the_pipeline_are_not_hidden(self, folder):
        dataset = InfraredImages(
            str(folder), pipeline=[dict(type='PackInfrared')]
        )
        with pytest.raises(KeyError):
            dataset[0]


@pytest.mark.filterwarnings('ignore')
def test_loader_with_workers(folder):
    (folder / 'b.png').write_bytes(b'')
    loader = Runner.build_dataloader(
        dict(
            dataset=dict(
                type='InfraredImages',
                data_root=str(folder),
                pipeline=PIPELINE,
            ),
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='default_collate'),
            batch_size=4,
            num_workers=2,
            persistent_workers=True,
        ),
        seed=3,
    )
    epochs = []
    for _ in range(2):
        batches = list(loader)
        assert len(batches) == 2
        for batch in batches:
            assert batch['inputs'].shape == (4, 1, 32, 32)
            assert batch['inputs'].dtype == torch.uint8
        samples = [s for b in batches for s in b['data_samples']]
        assert len(samples) == 8
        assert [s.unreadable for s in samples if s.unreadable] == [
            (str(folder / 'b.png'),)
        ]
        epochs.append(torch.cat([b['inputs'] for b in batches]))
    # crops are drawn anew
    assert not torch.equal(*epochs)


def test_workers_share_one_buffer_of_paths(tmp_path):
    (tmp_path / 'images').mkdir()
    for i in range(500):
        (tmp_path / 'images' / f'{i}.png').touch()
    dataset = InfraredImages(str(tmp_path))
    assert len(dataset) == 500
    assert not dataset.data_list
    assert dataset.data_bytes.dtype == np.uint8


def test_16_bit(tmp_path):
    raw = np.random.default_rng(0).integers(9000, 9100, (64, 64), np.uint16)
    cv2.imwrite(str(tmp_path / 'raw.png'), raw)
    inputs = InfraredImages(str(tmp_path), pipeline=PIPELINE)[0]['inputs']
    assert inputs.float().std() > 30
