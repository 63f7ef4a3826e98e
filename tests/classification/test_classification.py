"""Features, what they are worth, and the classifier."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmengine.registry import DATASETS, MODELS, VISUALIZERS
from mmpretrain.evaluation import SingleLabelMetric
from mmpretrain.structures import DataSample

from infmae_mm import InfMAE
from infmae_mm.classification import (
    ClassFolders,
    KNNAccuracy,
    embed,
    knn_accuracy,
    linear_probe,
)
from infmae_mm.engine.training import check_images
from infmae_mm.thermal import (
    InfraredImages,
    LoadThermalImage,
    PackInfrared,
    ResizeCenterCrop,
)

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / 'configs' / 'classification').glob('*.py'))
TINY = ROOT / 'configs/pretrain/infmae_tiny_1xb64-200e_inf30-128.py'


@pytest.fixture
def logged(caplog):
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


def dataset(root, split='train', classes=('bright', 'dark'), **kwargs):
    return ClassFolders(str(root), classes, split, **kwargs)


@pytest.mark.slow
def test_labels_are_places_in_the_list(folders):
    for classes in (('bright', 'dark'), ('dark', 'bright')):
        for i in range(8):
            info = dataset(folders, classes=classes).get_data_info(i)
            folder = Path(info['img_path']).parent.name
            assert classes[info['gt_label']] == folder


def test_a_split_without_a_class_keeps_the_labels(folders, logged):
    for file in (folders / 'val' / 'bright').iterdir():
        file.unlink()
    found = dataset(folders, 'val', test_mode=True)
    assert 'no image of bright: in means' in logged.text
    of_upstream = SingleLabelMetric.calculate([1], [1], num_classes=2)
    assert of_upstream[1] == 50  # all are right, and recall is 50 %
    assert {found.get_data_info(i)['gt_label'] for i in range(4)} == {1}
    with pytest.raises(ValueError, match='no image of bright'):
        dataset(folders, 'val')


def test_images_in_no_folder_are_told_of(folders, logged):
    cv2.imwrite(str(folders / 'train' / 'loose.png'), np.zeros((40, 24)))
    assert len(dataset(folders)) == 8
    assert '1 images that lie in no folder' in logged.text


def test_arguments_of_upstream(folders):
    assert len(dataset(folders, indices=3)) == 3
    chosen = dataset(folders, indices=[1, 6], serialize_data=False)
    assert [chosen[i]['gt_label'] for i in range(2)] == [0, 1]
    later = dataset(folders, 'nowhere', lazy_init=True)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        later.full_init()


def test_folders_that_do_not_fit(folders):
    with pytest.raises(ValueError, match='no class: dark'):
        dataset(folders, classes=('bright', 'cold'))
    with pytest.raises(FileNotFoundError, match='nowhere'):
        dataset(folders, 'nowhere')
    (folders / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match='no image'):
        dataset(folders, 'empty', test_mode=True)


def test_embedding_is_the_pooled_map(folders):
    backbone = InfMAE('tiny', img_size=32, out_indices=(0, 1, 2)).eval()
    paths = sorted(map(str, (folders / 'train').rglob('*.png')))
    transforms = Compose(
        [LoadThermalImage(channels=1), ResizeCenterCrop(32), PackInfrared()]
    )
    found = np.concatenate(list(embed(backbone, paths, transforms, 3)))
    grey = transforms(dict(img_path=paths[5]))['inputs'].float()
    x = ((grey / 255 - 0.425) / 0.2).expand(1, 3, -1, -1)
    with torch.no_grad():
        expected = backbone(x)[2].mean(dim=(2, 3))[0].numpy()
    assert found.shape == (8, 64)
    np.testing.assert_allclose(found[5], expected, rtol=1e-4, atol=1e-5)


def brute_force(vectors, labels, tests, answers, k, same):
    """Votes counted one by one."""
    mean = sum(vectors) / len(vectors)
    vectors, tests = [v - mean for v in vectors], [t - mean for t in tests]
    right = 0
    for i, test in enumerate(tests):
        cosine = [
            -2.0
            if same and i == j
            else float(test @ v / np.linalg.norm(test) / np.linalg.norm(v))
            for j, v in enumerate(vectors)
        ]
        nearest = sorted(range(len(vectors)), key=lambda j: -cosine[j])[:k]
        votes = [labels[j] for j in nearest]
        best = max(sorted(set(votes)), key=votes.count)
        right += best == answers[i]
    return 100 * right / len(tests)


@pytest.mark.parametrize('k', [1, 4, 7])
def test_knn_against_brute_force(k):
    rng = np.random.default_rng(k)
    labels = rng.choice(['a', 'b', 'c'], 60)
    shift = np.array([dict(a=0.0, b=1.0, c=2.0)[n] for n in labels])[:, None]
    vectors = rng.normal(size=(60, 5)) + shift
    train, test = slice(0, 40), slice(40, 60)
    sets = (vectors[train], labels[train], vectors[test], labels[test])
    assert knn_accuracy(*sets, neighbors=k) == pytest.approx(
        brute_force(*sets, k, same=False)
    )
    assert knn_accuracy(vectors, labels, neighbors=k) == pytest.approx(
        brute_force(vectors, labels, vectors, labels, k, same=True)
    )


def test_duplicates_vote_for_each_other():
    vectors = np.repeat(np.eye(3), 5, axis=0)
    labels = np.repeat(['a', 'b', 'c'], 5)
    assert knn_accuracy(vectors, labels, neighbors=2) == 100.0


def test_knn_wants_enough_images():
    with pytest.raises(ValueError, match='4 others'):
        knn_accuracy(np.eye(5), np.arange(5), neighbors=5)


def test_linear_probe_separates_what_is_separable():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    vectors = rng.normal(size=(80, 4)) * [1, 100, 1, 1]
    vectors[:, 0] += 12 * labels
    sets = (vectors[:60], labels[:60], vectors[60:], labels[60:])
    assert linear_probe(*sets) == 100.0


def test_knn_metric_in_pretraining(folders):
    cfg = Config.fromfile(TINY)
    model = MODELS.build(dict(cfg.model, features=True)).eval()
    pipeline = [
        dict(type='LoadThermalImage', channels=1),
        dict(type='ResizeCenterCrop', size=128),
        dict(type='PackInfrared'),
    ]
    images = DATASETS.build(
        dict(
            type='InfraredImages',
            data_root=str(folders / 'val'),
            pipeline=pipeline,
        )
    )
    batch = [images[i] for i in range(len(images))]
    evaluator = Evaluator(
        [
            dict(type='ReconstructionMetric'),
            dict(type='KNNAccuracy', neighbors=3),
        ]
    )
    x = torch.stack([sample['inputs'] for sample in batch])
    x = model.data_preprocessor(dict(inputs=x))['inputs']
    found = model.predict(x, [sample['data_samples'] for sample in batch])
    evaluator.process(found)
    values = evaluator.evaluate(len(batch))
    vectors = model.extract_feat(x)[-1].mean(dim=(2, 3)).detach().numpy()
    labels = [Path(sample.img_path).parent.name for sample in found]
    expected = knn_accuracy(vectors, np.array(labels), neighbors=3)
    assert values['val/knn_accuracy'] == pytest.approx(expected)
    assert values['val/knn_chance'] == 50.0
    assert values['val/loss'] > 0


def test_knn_metric_says_what_is_missing():
    metric = KNNAccuracy()
    with pytest.raises(ValueError, match='model.features=True'):
        metric.process(None, [dict(img_path='a/b.png')])
    for i in range(3):
        sample = dict(img_path=f'one/{i}.png', features=torch.ones(2))
        metric.process(None, [sample])
    with pytest.raises(ValueError, match="one folder, 'one'"):
        metric.compute_metrics(metric.results)


def test_knn_metric_looks_at_its_set_before_the_training(folders):
    images = InfraredImages(str(folders / 'val'))
    KNNAccuracy(neighbors=len(images) - 1).check_dataset(images)
    for neighbors in (0, len(images)):
        with pytest.raises(ValueError, match='neighbours were asked for'):
            KNNAccuracy(neighbors=neighbors).check_dataset(images)
        metrics = Evaluator(dict(type='KNNAccuracy', neighbors=neighbors))
        loader = SimpleNamespace(dataset=images)
        runner = SimpleNamespace(
            train_dataloader=[0],
            val_loop=SimpleNamespace(dataloader=loader, evaluator=metrics),
        )
        with pytest.raises(ValueError, match='neighbours were asked for'):
            check_images(runner)
    one_class = InfraredImages(str(folders / 'val' / 'dark'))
    with pytest.raises(ValueError, match="one folder, 'dark'"):
        KNNAccuracy(neighbors=1).check_dataset(one_class)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_builds(path):
    cfg = Config.fromfile(path)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    assert model.head.num_classes == len(cfg.classes)
    width = model.backbone.out_channels[-1]
    assert model.head.in_channels == width
    assert model.neck[1].bn.num_features == width
    assert cfg.param_scheduler[1].end == cfg.train_cfg.max_epochs
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        assert loader.dataset.classes == cfg.classes
        assert loader.dataset.data_root == cfg.data_root
        [resize] = [s for s in loader.dataset.pipeline if s.type == 'Resize']
        assert resize.scale == cfg.size


@pytest.mark.slow
def test_a_step_and_frozen_stages(folders):
    cfg = Config.fromfile(
        ROOT / 'configs/classification/'
        'infmae-mini_frozen_1xb32-6e_solar-modules-160x96.py'
    )
    cfg.model.backbone.update(arch='tiny', init_cfg=None)
    cfg.model.neck[1].input_features = cfg.model.head.in_channels = 64
    model = MODELS.build(cfg.model).train()
    pipeline = Compose(cfg.train_pipeline)
    infos = [dataset(folders).get_data_info(i) for i in range(8)]
    samples = [pipeline(info) for info in infos]
    assert samples[0]['inputs'].shape == (3, 160, 96)
    x = torch.stack([s['inputs'] for s in samples]).float()
    loss = model.loss(x, [s['data_samples'] for s in samples])['loss']
    loss.backward()
    assert all(p.grad is None for p in model.backbone.parameters())
    assert all(p.grad is not None for p in model.head.parameters())


def test_pictures_of_predictions(tmp_path):
    visualizer = VISUALIZERS.build(dict(type='ClassVisualizer', name='look'))
    visualizer.dataset_meta = dict(classes=('good', 'bad'))
    sample = DataSample().set_gt_label(0)
    sample.set_pred_score(torch.tensor([0.2, 0.8])).set_pred_label(1)
    image = np.full((40, 24, 3), 90, np.uint8)
    file = tmp_path / 'picture.png'
    visualizer.add_datasample('a', image, sample, str(file))
    assert cv2.imread(str(file)).shape[1] >= 320
