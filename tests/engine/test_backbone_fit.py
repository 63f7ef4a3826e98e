"""What is told where a neck or head expects other maps than InfMAE gives."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import EMAHook
from mmengine.model import ExponentialMovingAverage
from mmengine.registry import MODELS, DefaultScope

from infmae_mm import InfMAE, find_config
from infmae_mm.engine import (
    BackboneFitError,
    BackboneFitHook,
    check_backbone_fit,
)

TINY = (32, 48, 64, 64)


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmdet'):
        yield


def detector(out_indices=(0, 1, 2, 3), in_channels=TINY, strides=(4, 8)):
    """FCOS on an FPN: as many maps out of the neck as go in."""
    return MODELS.build(
        dict(
            type='FCOS',
            backbone=dict(type='InfMAE', arch='tiny', out_indices=out_indices),
            neck=dict(
                type='FPN',
                in_channels=list(in_channels),
                out_channels=16,
                num_outs=len(in_channels),
            ),
            bbox_head=dict(
                type='FCOSHead',
                num_classes=2,
                in_channels=16,
                feat_channels=16,
                stacked_convs=1,
                strides=list(strides),
                norm_cfg=None,
                regress_ranges=tuple((i, i + 1) for i in range(len(strides))),
            ),
        )
    )


def predict(model, size=(64, 96)):
    with torch.no_grad():
        return model.bbox_head(model.extract_feat(torch.zeros(1, 3, *size)))


def test_maps_that_fit_are_accepted():
    model = detector(strides=(4, 8, 16, 32))
    check_backbone_fit(model)
    BackboneFitHook().watch(model)
    predict(model)


def test_strides_may_be_parts_of_a_size():
    """As YOLACT's, which are 550 pixels by the columns of its maps."""
    model = detector(strides=[62 / columns for columns in (16, 8, 4, 2)])
    BackboneFitHook().watch(model)
    predict(model, (62, 62))


def test_error_gives_the_channels():
    with pytest.raises(BackboneFitError) as error:
        check_backbone_fit(detector(in_channels=(256, 512, 1024, 2048)))
    assert 'neck=dict(in_channels=[32, 48, 64, 64])' in str(error.value)


def test_error_gives_the_maps_of_a_neck_of_three():
    with pytest.raises(BackboneFitError) as error:
        check_backbone_fit(detector(in_channels=(96, 192, 384)))
    assert (
        'backbone=dict(out_indices=(1, 2, 3)), '
        'neck=dict(in_channels=[48, 64, 64])' in str(error.value)
    )


def test_strides_that_are_not_those_of_the_maps():
    """Silently wrong without the hook: the fourth map is not read."""
    model = detector(strides=(8, 16, 32))
    check_backbone_fit(model)
    predict(model)
    BackboneFitHook().watch(model)
    with pytest.raises(BackboneFitError, match=r'out_indices=\(1, 2, 3\)'):
        predict(model)


def test_three_maps_fit_their_strides():
    model = detector((1, 2, 3), (48, 64, 64), strides=(8, 16, 32))
    check_backbone_fit(model)
    BackboneFitHook().watch(model)
    predict(model)
    hooks = [m._forward_pre_hooks for m in model.modules()]
    assert not any(hooks), 'the first maps are enough'


def test_strides_of_a_mask_head_are_not_those_of_maps():
    """CondInst's says the stride of the map that it makes out of five."""
    model = detector(strides=(4, 8, 16, 32))
    mask_head = detector(strides=(8,)).bbox_head
    model.mask_head = mask_head
    BackboneFitHook().watch(model)
    maps = model.extract_feat(torch.zeros(1, 3, 64, 96))
    mask_head(maps[:1])


def test_a_moving_average_of_a_watched_model_predicts():
    model = detector(strides=(4, 8, 16, 32))
    BackboneFitHook().watch(model)
    average = ExponentialMovingAverage(model)
    predict(model)
    predict(average.module, size=(128, 64))


@pytest.mark.parametrize('img_size', [None, 64])
def test_an_average_wants_the_grid_of_the_checkpoint(tmp_path, img_size):
    source = InfMAE('tiny', img_size=64)
    path = tmp_path / 'start.pth'
    torch.save({'state_dict': source.state_dict()}, path)
    model = detector()
    model.backbone = InfMAE(
        'tiny',
        img_size=img_size,
        init_cfg=dict(type='Pretrained', checkpoint=str(path)),
    )
    average = EMAHook()
    average.before_run(SimpleNamespace(model=model))
    model.backbone.init_weights()
    runner = SimpleNamespace(hooks=[average])
    if img_size:
        BackboneFitHook().before_train(runner)
        average.ema_model.update_parameters(model)
    else:
        with pytest.raises(
            BackboneFitError, match=r'4x4 .* 14x14.*img_size=\(64, 64\)'
        ):
            BackboneFitHook().before_train(runner)


@pytest.mark.parametrize(
    'change,words',
    [
        (dict(in_channels=[256, 512, 1024, 2048]), 'in_channels=\\[32, 48'),
        (dict(in_index=[0, 1, 2, 4]), 'in_index'),
    ],
)
def test_segmentation_head(change, words):
    cfg = Config.fromfile(find_config('infmae-tiny_upernet_custom'))
    cfg.model.backbone.init_cfg = None
    with DefaultScope.overwrite_default_scope('mmseg'):
        check_backbone_fit(MODELS.build(cfg.model))
        cfg.model.decode_head.update(change)
        with pytest.raises(BackboneFitError, match=words):
            check_backbone_fit(MODELS.build(cfg.model))


def test_a_head_that_sees_the_image_fits():
    import infmae_mm.small_target.models  # noqa: F401

    cfg = Config.fromfile(find_config('infmae-tiny_1xb8-1200_sirst-128x128'))
    with DefaultScope.overwrite_default_scope('mmseg'):
        check_backbone_fit(MODELS.build(cfg.model))
