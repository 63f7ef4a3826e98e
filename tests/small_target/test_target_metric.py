"""The metric in evaluations: of mmseg's outputs, over processes, in files."""

import csv
import math
import runpy
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.distributed
import torch.multiprocessing
from mmengine.dataset import DefaultSampler
from mmengine.structures import PixelData
from mmseg.models.segmentors import EncoderDecoder  # noqa: F401  (registers)
from mmseg.structures import SegDataSample
from torch.utils.data import DataLoader

from infmae_mm.small_target import (
    SmallTargetMetric,
    small_target_measures,
)
from infmae_mm.small_target.report import THRESHOLDS
from infmae_mm.synthetic.layouts import write_scenes

ROOT = Path(__file__).parents[2]

CONFIG = """
default_scope = 'mmseg'
custom_imports = dict(
    imports=['infmae_mm.small_target', 'mmseg.models', 'toy_segmentor']
)
model = dict(
    type='BrightnessSegmentor',
    channels={channels},
    data_preprocessor=dict(type='SegDataPreProcessor'),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='SIRSTDataset',
        data_root={root!r},
        pipeline=[
            dict(type='LoadThermalImage'),
            dict(type='LoadTargetMask'),
            dict(type='PackSegInputs'),
        ],
        test_mode=True,
    ),
)
test_evaluator = dict(type='SmallTargetMetric')
visualizer = dict(type='SmallTargetVisualizer', name={root!r})
test_cfg = dict()
log_level = 'WARNING'
"""


def images(count, shape=(24, 30)):
    """Probabilities and masks: some targets missed, some alarms false."""
    rng = np.random.default_rng(count)
    for _ in range(count):
        mask = np.zeros(shape, bool)
        score = rng.random(shape, np.float32) * 0.4
        for y, x in rng.integers(2, 20, (rng.integers(0, 4), 2)):
            mask[y : y + 3, x : x + 3] = True
            score[y + 1 : y + 4, x : x + 3] = rng.random()
        score[rng.random(shape) < 0.01] = 0.8
        yield score, mask


def sample(score, mask, name='a.png'):
    """The result of a segmentor, as a metric is given it."""
    result = SegDataSample(metainfo=dict(img_path=name))
    result.gt_sem_seg = PixelData(data=torch.from_numpy(mask)[None].long())
    result.seg_logits = PixelData(data=torch.from_numpy(score)[None])
    return result.to_dict()


class Samples(torch.utils.data.Dataset):
    def __init__(self, count):
        self.samples = [
            sample(*pair, f'{i}.png') for i, pair in enumerate(images(count))
        ]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


def evaluate(count, batch_size=2, shuffle=False, round_up=True, out_dir=None):
    """Evaluate in as many processes as there are."""
    dataset = Samples(count)
    sampler = DefaultSampler(
        dataset, shuffle=shuffle, seed=3, round_up=round_up
    )
    metric = SmallTargetMetric(out_dir)
    for batch in DataLoader(
        dataset, batch_size, sampler=sampler, collate_fn=list
    ):
        metric.process(None, batch)
    return metric.evaluate(count)


CASES = [
    dict(count=7),
    dict(count=7, batch_size=1, shuffle=True),
    dict(count=7, round_up=False),
    dict(count=6, batch_size=3),
    dict(count=1),
]


def run_rank(rank, folder):
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo',
        init_method=f'file://{folder}/rendezvous',
        rank=rank,
        world_size=2,
    )
    results = [evaluate(**case) for case in CASES]
    evaluate(7, out_dir=str(folder / 'out'))
    torch.save(results, folder / f'{rank}.results')
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path):
    (tmp_path / 'two').mkdir()
    torch.multiprocessing.spawn(run_rank, (tmp_path / 'two',), nprocs=2)
    wanted = [evaluate(**case) for case in CASES]
    for rank in range(2):
        found = torch.load(tmp_path / 'two' / f'{rank}.results')
        for one, other in zip(found, wanted, strict=True):
            assert one == pytest.approx(other, rel=1e-12, abs=0, nan_ok=True)
    evaluate(7, out_dir=str(tmp_path / 'one'))
    for name in ('images', 'roc', 'pd_fa'):
        one, two = (
            (tmp_path / folder / f'{name}.csv').read_text()
            for folder in ('one', 'two/out')
        )
        assert one == two


def test_equals_the_plain_core():
    found = evaluate(7)
    assert found.pop('Fa_ppm') == found['Fa'] * 1e6
    assert 0 <= found.pop('hIoU') <= 1
    pairs = list(images(7))
    wanted = small_target_measures(*zip(*pairs, strict=True))
    assert found == pytest.approx(wanted, rel=1e-14)
    assert 0 < wanted['Fa'] < wanted['Pd'] < 1


@pytest.mark.parametrize(
    'probability,silent', [(0.31, True), (0.5, True), (0.51, False)]
)
def test_silence_is_explained(monkeypatch, probability, silent):
    said = []
    monkeypatch.setattr(
        'infmae_mm.small_target.metric.print_log',
        lambda text, *args: said.append(text),
    )
    metric = SmallTargetMetric()
    score = np.full((8, 9), probability, np.float32)
    metric.process(None, [sample(score, np.eye(8, 9) > 0)])
    metric.evaluate(1)
    reason = f'Nothing exceeds 0.5: the greatest probability is {probability}.'
    assert (reason in said) == silent


def test_metric_starts_anew():
    metric = SmallTargetMetric()
    for _ in range(2):
        for i, pair in enumerate(images(3)):
            metric.process(None, [sample(*pair, f'{i}.png')])
        values = metric.evaluate(3)
    assert values == evaluate(3)


def test_two_channels_are_logits():
    [(score, mask)] = images(1)
    logit = np.log(score / (1 - score))
    two = np.stack([5 - logit / 2, 5 + logit / 2])
    metric = SmallTargetMetric()
    result = sample(score, mask)
    result['seg_logits']['data'] = torch.from_numpy(two)
    metric.process(None, [result])
    assert metric.evaluate(1) == pytest.approx(evaluate(1), abs=1e-4)


def test_raw_logits_are_refused():
    [(score, mask)] = images(1)
    metric = SmallTargetMetric()
    metric.process(None, [sample(np.log(score), mask, 'raw.png')])
    with pytest.raises(ValueError, match='raw.png.*sigmoid'):
        metric.evaluate(1)


def test_three_channels_are_refused():
    [(score, mask)] = images(1)
    result = sample(score, mask)
    result['seg_logits']['data'] = torch.zeros(3, *mask.shape)
    with pytest.raises(ValueError, match='a.png.*3 outputs'):
        SmallTargetMetric().process(None, [result])


def test_masks_of_255_are_refused():
    [(score, mask)] = images(1)
    with pytest.raises(ValueError, match='a.png.*255.*LoadTargetMask'):
        SmallTargetMetric().process(None, [sample(score, mask | True * 255)])


def test_missing_mask_names_the_transform():
    [(score, mask)] = images(1)
    result = sample(score, mask)
    del result['gt_sem_seg']
    with pytest.raises(KeyError, match='a.png.*LoadTargetMask'):
        SmallTargetMetric().process(None, [result])


def test_more_images_than_the_set_has():
    metric = SmallTargetMetric()
    metric.process(None, [sample(*pair) for pair in images(3)])
    with pytest.raises(RuntimeError, match='3 images of a set of 2'):
        metric.evaluate(2)


def read(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_report(tmp_path):
    values = evaluate(7, out_dir=str(tmp_path))
    rows = read(tmp_path / 'images.csv')
    assert [row['image'] for row in rows] == [f'{i}.png' for i in range(7)]
    sums = {
        key: sum(int(row[key]) for row in rows)
        for key in ('targets', 'detected', 'false_alarm_pixels', 'pixels')
    }
    assert values['Pd'] == sums['detected'] / sums['targets']
    assert values['Fa'] == sums['false_alarm_pixels'] / sums['pixels']
    for row, (score, mask) in zip(rows, images(7), strict=True):
        alone = small_target_measures([score], [mask])
        for name in ('IoU', 'Precision', 'Recall', 'F1', 'Pd', 'Fa'):
            assert float(row[name]) == pytest.approx(alone[name], nan_ok=True)

    curve = read(tmp_path / 'pd_fa.csv')
    assert [float(row['threshold']) for row in curve] == list(THRESHOLDS)
    at_half = next(row for row in curve if row['threshold'] == '0.5')
    assert float(at_half['Pd']) == values['Pd']
    assert float(at_half['Fa']) == values['Fa']

    roc = read(tmp_path / 'roc.csv')
    rates = [
        [float(row[key]) for row in roc]
        for key in ('false_positive_rate', 'true_positive_rate')
    ]
    fpr, tpr = map(np.array, rates)
    area = np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2)
    assert area == pytest.approx(values['AUC'])
    for name in ('roc.png', 'pd_fa.png'):
        assert cv2.imread(str(tmp_path / name)).std() > 10
    assert not list(tmp_path.glob('.*'))


def test_report_without_a_target(tmp_path, recwarn):
    metric = SmallTargetMetric(str(tmp_path))
    metric.process(
        None, [sample(np.zeros((9, 9), np.float32), np.zeros((9, 9), bool))]
    )
    assert math.isnan(metric.evaluate(1)['Pd'])
    assert {path.name for path in tmp_path.iterdir()} == {
        *('images.csv', 'roc.csv', 'roc.png', 'pd_fa.csv', 'pd_fa.png'),
        *('misses.csv', 'target_level.csv'),
    }
    assert not [w for w in recwarn if 'small_target' in w.filename]


@pytest.mark.slow
@pytest.mark.parametrize('channels', [1, 2])
def test_segmentor_of_mmseg_through_the_runner(tmp_path, channels):
    write_scenes(str(tmp_path / 'set'), 'sirst', 3, (48, 64))
    config = tmp_path / 'config.py'
    config.write_text(
        CONFIG.format(channels=channels, root=str(tmp_path / 'set'))
    )
    torch.save(
        dict(state_dict=dict(level=torch.tensor(150.0))), tmp_path / 'a.pth'
    )
    test = runpy.run_path(str(ROOT / 'tools' / 'test.py'))['main']
    out = tmp_path / 'results'
    pictures = tmp_path / 'pictures'
    options = [str(config), str(tmp_path / 'a.pth'), f'--out={out}']
    values = test([*options, f'--show-dir={pictures}'])

    probabilities, masks = [], []
    for i in range(3):
        grey, mask = (
            cv2.imread(str(tmp_path / 'set' / path), cv2.IMREAD_GRAYSCALE)
            for path in (f'images/Misc_{i}.png', f'masks/Misc_{i}_pixels0.png')
        )
        half = torch.nn.functional.avg_pool2d(
            torch.from_numpy(grey)[None, None].float(), 2
        )
        logit = torch.nn.functional.interpolate(
            (half - 150) / 20, scale_factor=2, mode='bilinear'
        )
        probabilities.append(logit[0, 0].sigmoid().numpy())
        masks.append(mask > 127)
    wanted = small_target_measures(probabilities, masks)
    del values['Fa_ppm']
    level = {
        row['measure']: float(row['value'])
        for row in read(out / 'target_level.csv')
    }
    assert values.pop('hIoU') == level['hIoU'] > 0
    assert level['Pd_overlap'] >= values['Pd']
    # the image reaches the metric, and with it the contrast of targets
    misses = read(out / 'misses.csv')
    assert {row['by'] for row in misses} == {'area', 'contrast'}
    assert values == pytest.approx(wanted, abs=1e-4)
    assert values['Pd'] > 0
    assert len(read(out / 'images.csv')) == 3
    assert len(list(pictures.rglob('Misc_?.png'))) == 3
    with pytest.raises(SystemExit, match='results is not empty'):
        test(options)


def test_out_needs_a_metric_that_writes(tmp_path):
    write_scenes(str(tmp_path / 'set'), 'sirst', 1, (48, 64))
    config = tmp_path / 'config.py'
    text = CONFIG.format(channels=1, root=str(tmp_path / 'set'))
    config.write_text(text.replace('SmallTargetMetric', 'IoUMetric'))
    torch.save(dict(state_dict={}), tmp_path / 'a.pth')
    test = runpy.run_path(str(ROOT / 'tools' / 'test.py'))['main']
    with pytest.raises(SystemExit, match='--out.*IoUMetric'):
        test([str(config), str(tmp_path / 'a.pth'), '--out=results'])
