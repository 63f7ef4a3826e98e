"""The configs of segmentation build what they say."""

from pathlib import Path

import pytest
import torch
import yaml
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DATASETS
from mmengine.utils import import_modules_from_strings
from mmseg.registry import MODELS

from infmae_mm.archs import ARCHS
from infmae_mm.backbone import InfMAE

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / 'configs' / 'segmentation'
CONFIGS = sorted(FOLDER.glob('*.py'))
MSRS = [path for path in CONFIGS if 'msrs-512x512' in path.name]


def load(path):
    cfg = Config.fromfile(path)
    import_modules_from_strings(**cfg.custom_imports)
    return cfg


def build_small(cfg):
    """The model of a config; 'base' becomes 'tiny', with narrow heads."""
    model = cfg.model
    model.backbone.init_cfg = None
    heads = [model.decode_head, model.auxiliary_head]
    for head in filter(None, heads):
        if 'norm_cfg' in head:
            head.norm_cfg.type = 'BN'
        if model.backbone.arch == 'base':
            narrow = {256: 32, 384: 48, 768: 64, 512: 16}
            wide = head.in_channels
            head.in_channels = (
                [narrow[n] for n in wide]
                if isinstance(wide, list)
                else narrow[wide]
            )
            head.channels = narrow[head.channels]
    if model.backbone.arch == 'base':
        model.backbone.arch = 'tiny'
    return MODELS.build(model)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_builds(path):
    """Its backbone, heads, optimizer and pipelines, which must fit."""
    cfg = load(path)
    in_channels = cfg.model.decode_head.in_channels
    if cfg.model.backbone.arch == 'base':
        dims = ARCHS['base']['embed_dims']
        maps = (*dims, dims[-1])
        maps = [
            maps[i] for i in cfg.model.backbone.get('out_indices', range(4))
        ]
        assert in_channels in (maps, maps[-1])
    model = build_small(cfg)
    assert type(model.backbone) is InfMAE
    build_optim_wrapper(model, cfg.optim_wrapper)
    images = torch.randn(2, 3, 64, 80)
    maps = model.extract_feat(images)
    logits = model.decode_head(maps)
    nine = dict(classes=range(9))
    classes = len(cfg.get('metainfo', nine)['classes'])
    assert logits.shape[:2] == (2, classes)
    if model.with_auxiliary_head:
        assert model.auxiliary_head(maps).shape[:2] == (2, classes)


@pytest.mark.parametrize('path', MSRS, ids=lambda p: p.stem)
def test_schedule_of_the_paper(path):
    cfg = load(path)
    assert cfg.train_cfg.max_iters == 240_000
    warm_up, decay = cfg.param_scheduler
    assert warm_up.end == decay.begin == 1500
    assert (decay.type, decay.end) == ('PolyLR', 240_000)
    assert cfg.train_dataloader.batch_size == 2
    optimizer = cfg.optim_wrapper.optimizer
    assert (optimizer.type, optimizer.weight_decay) == ('AdamW', 0.05)
    assert cfg.optim_wrapper.paramwise_cfg == dict(decay_rate=0.75)
    if 'linear' not in path.name:
        assert optimizer.lr == 1e-4
        assert cfg.model.backbone.drop_path_rate == 0.2
        assert cfg.model.auxiliary_head.type == 'FCNHead'
    assert cfg.model.test_cfg.mode == 'slide'


@pytest.mark.parametrize('head', ['upernet', 'fcn'])
def test_scratch_differs_in_the_start_alone(head):
    name = f'infmae-base_{head}_1xb2-240k_msrs-512x512'
    pretrained = load(FOLDER / f'{name}.py')
    scratch = load(FOLDER / f'{name}_scratch.py')
    assert scratch.model.backbone.init_cfg.checkpoint is None
    assert pretrained.model.backbone.init_cfg.type == 'Pretrained'
    scratch.model.backbone.init_cfg = pretrained.model.backbone.init_cfg
    assert scratch.to_dict() == pretrained.to_dict()


def test_linear_probe_trains_one_convolution():
    cfg = load(FOLDER / 'infmae-base_linear_1xb2-240k_msrs-512x512.py')
    model = build_small(cfg)
    model.train()
    learnt = [n for n, p in model.named_parameters() if p.requires_grad]
    assert learnt == [
        'decode_head.conv_seg.weight',
        'decode_head.conv_seg.bias',
    ]
    groups = build_optim_wrapper(
        model, cfg.optim_wrapper
    ).optimizer.param_groups
    assert sum(len(group['params']) for group in groups) == 2
    assert not model.backbone.blocks3.training


def test_checkpoint_of_pretraining_is_where_it_is_written():
    cfg = load(FOLDER / 'infmae-base_upernet_1xb2-240k_msrs-512x512.py')
    path = Path(cfg.model.backbone.init_cfg.checkpoint)
    pretraining = ROOT / 'configs' / 'pretrain' / f'{path.parts[1]}.py'
    epochs = Config.fromfile(pretraining).train_cfg.max_epochs
    assert path.parts[0] == 'work_dirs'
    assert path.name == f'epoch_{epochs}.pth'


def test_grey_images_stay_grey(msrs):
    cfg = load(FOLDER / 'infmae-base_upernet_1xb2-240k_msrs-512x512.py')
    dataset = dict(cfg.train_dataloader.dataset, data_root=msrs)
    for sample in DATASETS.build(dataset):
        image, labels = sample['inputs'], sample['data_samples'].gt_sem_seg
        assert (image == image[:1]).all()
        assert image.shape[1:] == labels.data.shape[1:]


def test_metafile():
    index = yaml.safe_load((FOLDER / 'metafile.yml').read_text())
    for model in index['Models']:
        assert (ROOT / model['Config']).is_file()
        assert Path(model['Config']).stem == model['Name']
        results = model['Metadata']['Paper Results']
        assert results['Source'] == 'Table 1 of the paper'
