"""The configs of small targets build what they say."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DATASETS, VISUALIZERS
from mmengine.utils import import_modules_from_strings
from mmseg.registry import MODELS

from infmae_mm.archs import ARCHS
from infmae_mm.synthetic.layouts import write_scenes

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / 'configs' / 'small_target'
CONFIGS = sorted(FOLDER.glob('*.py'))
PAPER = FOLDER / 'infmae-base_1xb2-240k_irstd1k-512x512.py'
TINY = FOLDER / 'infmae-tiny_1xb8-1200_sirst-128x128.py'
SAME_LOSSES = ['acm', 'dnanet-pooled', 'transunet', 'unet']
OWN_LOSSES = ['dnanet', 'mshnet']
LAYOUTS = dict(
    IRSTD1kDataset='irstd1k',
    NUDTSIRSTDataset='nudt',
    SIRSTDataset='sirst',
    SmallTargetDataset='nudt',
)
SPLITS = (
    *('train', 'val', 'trainval', 'test', '50_50/train', '50_50/test'),
    *('splits/trainval_full', 'splits/test_full'),
)


def load(path):
    cfg = Config.fromfile(path)
    import_modules_from_strings(**cfg.custom_imports)
    return cfg


@pytest.fixture(scope='module')
def sets(tmp_path_factory):
    """One generated set of each layout, with split files."""
    root = tmp_path_factory.mktemp('sets')
    for layout in set(LAYOUTS.values()):
        write_scenes(str(root / layout), layout, num=4, size=(60, 84))
        folder = 'IRSTD1k_Img' if layout == 'irstd1k' else 'images'
        names = sorted(p.stem for p in (root / layout / folder).iterdir())
        for split in SPLITS:
            path = root / layout / f'{split}.txt'
            path.parent.mkdir(exist_ok=True)
            path.write_text('\n'.join(names))
    # SIRST-V2 has other folders
    (root / 'sirst' / 'mixed').symlink_to(root / 'sirst' / 'images')
    (root / 'sirst' / 'annotations').mkdir()
    masks = root / 'sirst' / 'annotations' / 'masks'
    masks.symlink_to(root / 'sirst' / 'masks')
    return root


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_builds(path, sets):
    """Model, losses, optimizer, pipelines, metric and drawing fit."""
    cfg = load(path)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
        # LPNetGA takes grey images, and scales them itself
        size = cfg.model.data_preprocessor.get('size', (120, 120))
        channels = len(cfg.model.data_preprocessor.mean)
        images = torch.zeros(1, channels, *size)
        model.eval()
        logits = model.encode_decode(images, [dict(img_shape=size)])
        assert logits.shape == (1, 1, *size)
    assert model.decode_head.threshold == 0.5
    assert model.decode_head.out_channels == 1
    build_optim_wrapper(model, cfg.optim_wrapper)
    warm_up, decay = cfg.param_scheduler
    assert warm_up.end == decay.begin
    assert decay.end == cfg.train_cfg.max_iters
    assert cfg.train_cfg.max_iters % cfg.train_cfg.val_interval == 0

    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        for dataset in loader.dataset.get('datasets', [loader.dataset]):
            root = sets / LAYOUTS[dataset.type]
            dataset.update(data_root=str(root), indices=2)
        sample = DATASETS.build(loader.dataset)[0]
        mask = sample['data_samples'].gt_sem_seg.data
        assert sample['inputs'].shape[1:] == mask.shape[1:]
        assert set(mask.unique().tolist()) <= {0, 1}
        if loader.dataset.get('test_mode'):
            assert sample['inputs'].shape == (channels, 60, 84)
    Evaluator(cfg.val_evaluator)
    VISUALIZERS.build(dict(cfg.visualizer, name=path.stem, vis_backends=None))


def test_recipe_of_the_paper():
    """Section 5.4 of the paper."""
    cfg = load(PAPER)
    optimizer = cfg.optim_wrapper.optimizer
    assert optimizer.type == 'AdamW'
    assert (optimizer.lr, optimizer.weight_decay) == (1e-3, 0.05)
    assert cfg.train_dataloader.batch_size == 2
    assert cfg.train_cfg.max_iters == 240_000
    assert cfg.model.backbone.arch == 'base'
    dims = ARCHS['base']['embed_dims']
    assert cfg.model.decode_head.in_channels == (3, *dims, dims[-1])


@pytest.mark.parametrize(
    'name',
    ['infmae-base_1xb2-240k_irstd1k-512x512', 'infmae-tiny_1xb8-1200_sirst'],
)
def test_scratch_differs_in_the_start_alone(name):
    (scratch,) = FOLDER.glob(f'{name}*_scratch.py')
    scratch, start = load(scratch), load(str(scratch).replace('_scratch', ''))
    assert scratch.model.backbone.init_cfg.checkpoint is None
    assert start.model.backbone.init_cfg.type == 'Pretrained'
    scratch.model.backbone.init_cfg = start.model.backbone.init_cfg
    assert scratch.to_dict() == start.to_dict()


@pytest.mark.parametrize('rival', [*SAME_LOSSES, *OWN_LOSSES])
def test_rivals_differ_in_the_network_alone(rival):
    """And in the losses, where those are part of what was published."""
    ours = load(PAPER)
    theirs = load(str(PAPER).replace('infmae-base', rival))
    heads = theirs.model.get('auxiliary_head', [])
    for head in [theirs.model.decode_head, *heads]:
        same = head.loss_decode == ours.model.decode_head.loss_decode
        assert same == (rival in SAME_LOSSES)
    theirs.model.data_preprocessor.pop('test_cfg', None)
    assert theirs.model.data_preprocessor == ours.model.data_preprocessor
    for key in ours.keys() - {'model'}:
        assert theirs[key] == ours[key]


def test_loss_of_dnanet_is_the_mean_of_its_outputs():
    model = load(FOLDER / 'dnanet_1xb2-240k_sirst-256x256.py').model
    heads = [model.decode_head, *model.auxiliary_head]
    assert len(heads) == 4
    for head in heads:
        assert head.loss_decode.loss_weight == 1 / len(heads)
        assert not head.loss_decode.per_image


def test_every_network_is_there_for_every_set():
    names = {path.stem for path in CONFIGS}
    for network in (*SAME_LOSSES, *OWN_LOSSES, 'infmae-base', 'lpnetga'):
        for trained_on in (
            'irstd1k-512x512',
            'nudt-sirst-256x256',
            'sirst-256x256',
            'sirst-v2-512x512',
            'sirst3-256x256',
        ):
            assert f'{network}_1xb2-240k_{trained_on}' in names


@pytest.fixture
def training_set(sets):
    """What builds the training set of a recipe, on rendered scenes."""
    cfg = load(PAPER)

    def build(pipeline):
        dataset = dict(
            cfg.train_dataloader.dataset,
            data_root=str(sets / 'irstd1k'),
            pipeline=pipeline,
        )
        return DATASETS.build(dataset)

    np.random.seed(0)
    return cfg.train_pipeline, build


def pixels_of_targets(dataset):
    return np.array(
        [(dataset[i]['gt_seg_map'] == 1).sum() for i in range(len(dataset))]
    )


def test_augmentation_keeps_targets(training_set):
    pipeline, build = training_set
    original = pixels_of_targets(build(pipeline[:2]))
    assert original.all()
    augmented = build(pipeline[:5])
    for _ in range(8):
        assert (pixels_of_targets(augmented) >= original).all()


def test_crops_look_for_targets(training_set):
    pipeline, build = training_set
    crop = pipeline[5]
    crop.crop_size = (24, 24)
    looking = build(pipeline[:6])
    crop.cat_max_ratio = 1.0
    anywhere = build(pipeline[:6])
    found, chance = (
        sum((pixels_of_targets(crops) > 0).sum() for _ in range(20))
        for crops in (looking, anywhere)
    )
    assert found > 1.5 * chance > 0


@pytest.mark.parametrize('path', [PAPER], ids=['base'])
def test_checkpoint_of_pretraining_is_where_it_is_written(path):
    path = Path(load(path).model.backbone.init_cfg.checkpoint)
    pretraining = ROOT / 'configs' / 'pretrain' / f'{path.parts[1]}.py'
    epochs = Config.fromfile(pretraining).train_cfg.max_epochs
    assert path.parts[0] == 'work_dirs'
    assert path.name == f'epoch_{epochs}.pth'


def test_demo_continues_the_demo_of_pretraining():
    demo = load(FOLDER / 'infmae-tiny_irstd1k_demo.py')
    before = Config.fromfile(ROOT / 'configs/pretrain/infmae_tiny_demo.py')
    assert demo.model.backbone.arch == before.model.backbone.arch


def is_old_name(path):
    return path.read_text().startswith('# The name that this config had')


def test_metafile():
    index = yaml.safe_load((FOLDER / 'metafile.yml').read_text())
    listed = {ROOT / model['Config'] for model in index['Models']}
    assert listed == {
        path
        for path in CONFIGS
        if 'demo' not in path.name and not is_old_name(path)
    }
    collections = {collection['Name'] for collection in index['Collections']}
    for model in index['Models']:
        assert Path(model['Config']).stem == model['Name']
        assert model['In Collection'] in collections
