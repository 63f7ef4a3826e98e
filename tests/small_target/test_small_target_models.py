"""The head, the losses and DNANet."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from infmae_mm.small_target.models import (
    DNANet,
    SmallTargetHead,
    TargetSoftIoULoss,
)

LOSSES = [
    dict(
        type='CrossEntropyLoss',
        use_sigmoid=True,
        avg_non_ignore=True,
        loss_name='loss_bce',
    ),
    dict(type='TargetSoftIoULoss'),
]


def build_segmentor(flips=False, **head):
    return MODELS.build(
        dict(
            type='SmallTargetSegmentor',
            data_preprocessor=dict(type='SegDataPreProcessor'),
            backbone=dict(type='InfMAE', arch='tiny'),
            decode_head=dict(
                type='SmallTargetHead',
                in_channels=(3, 32, 48, 64, 64),
                channels=16,
                dropout_ratio=0.0,
                loss_decode=LOSSES,
                **head,
            ),
            train_cfg=dict(),
            test_cfg=ConfigDict(mode='whole', flips=flips),
        )
    )


def sample_of(mask):
    size = tuple(mask.shape)
    metainfo = dict(ori_shape=size, img_shape=size, pad_shape=size)
    return SegDataSample(
        gt_sem_seg=PixelData(data=mask.long()[None]), metainfo=metainfo
    )


def backward(model, images, masks):
    losses = model.loss(images, [sample_of(mask) for mask in masks])
    total, _ = model.parse_losses(losses)
    total.backward()
    return losses


def without_gradient(model):
    return [
        name
        for name, p in model.named_parameters()
        if p.grad is None or not p.grad.abs().sum()
    ]


@pytest.fixture
def masks():
    masks = torch.zeros(2, 53, 70)
    masks[0, 20:23, 31:34] = 1
    masks[1, :5] = 255
    return masks


@pytest.mark.parametrize('side_weight', [0.0, 0.5])
def test_every_parameter_of_the_segmentor_learns(side_weight, masks):
    model = build_segmentor(side_weight=side_weight)
    losses = backward(model, torch.randn(2, 3, 53, 70), masks)
    assert without_gradient(model) == []
    names = {'decode.loss_bce', 'decode.loss_iou'}
    if side_weight:
        names |= {
            f'decode.side{i}_{loss}'
            for i in range(1)
            for loss in ('loss_bce', 'loss_iou')
        }
    assert set(losses) == names


@pytest.mark.parametrize('size', [(64, 64), (33, 47), (16, 101)])
@torch.no_grad()
def test_predicts_each_pixel_at_any_size(size):
    model = build_segmentor().eval()
    model.init_weights()
    images = torch.randn(1, 3, *size)
    assert model(images).shape == (1, 1, *size)
    (result,) = model.predict(images, [sample_of(torch.zeros(size))])
    probability = result.seg_logits.data
    assert probability.shape == (1, *size)
    # What `bias_prob` asks for.
    assert probability.mean() == pytest.approx(0.01, abs=0.005)
    model.decode_head.conv_seg.bias.data.fill_(0.0)
    (result,) = model.predict(images, [sample_of(torch.zeros(size))])
    found = result.seg_logits.data > 0.5
    assert 0 < found.float().mean() < 1
    assert (result.pred_sem_seg.data == found).all()


@torch.no_grad()
def test_views_agree():
    """No more than the least of four views, whichever way the image lies."""
    model = build_segmentor(flips=True).eval()
    image = torch.randn(1, 3, 33, 48)
    result = model.encode_decode(image, [dict(img_shape=(33, 48))])
    assert torch.equal(result, model(image))
    model.flips = False
    views = [model(image.flip(axes)).flip(axes) for axes in ((), 2, 3, (2, 3))]
    assert torch.equal(result, torch.stack(views).amin(0))
    assert not torch.equal(result, views[0])
    model.flips = True
    for axes in (2, 3):
        assert torch.equal(model(image.flip(axes)).flip(axes), result)


def test_views_of_two_logits_cannot_agree():
    head = dict(type='FCNHead', in_channels=64, channels=8, num_classes=2)
    with pytest.raises(ValueError, match='flips'):
        MODELS.build(
            dict(
                type='AgreeingEncoderDecoder',
                backbone=dict(type='InfMAE', arch='tiny'),
                decode_head=head,
                test_cfg=ConfigDict(mode='whole', flips=True),
            )
        )


@pytest.mark.parametrize(
    ('reaches', 'farthest'), [((), 32), ((3,), 48), ((3, 9, 33), 112)]
)
def test_head_sees_single_pixels(reaches, farthest):
    """A pixel changes the output at its place, and not far from it."""
    head = SmallTargetHead(
        (3, 8), 4, contrast_reaches=reaches, loss_decode=LOSSES
    ).eval()
    maps = torch.randn(1, 8, 64, 64)
    image = torch.randn(1, 3, 256, 256)
    other = image.clone()
    other[..., 123, 128] += 5.0
    changed = (head((image, maps)) - head((other, maps)))[0, 0] != 0
    assert changed[123, 128]
    rows, columns = changed.nonzero().unbind(1)
    assert (rows - 123).abs().max() <= farthest
    assert (columns - 128).abs().max() <= farthest


@pytest.mark.slow
def test_learns_a_target_of_nine_pixels():
    model = build_segmentor()
    model.init_weights()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    image = torch.randn(1, 3, 48, 64)
    mask = torch.zeros(48, 64)
    mask[17:20, 42:45] = 1
    image[0, :, mask.bool()] += 3.0
    model.train()
    for _ in range(40):
        optimizer.zero_grad()
        backward(model, image, [mask])
        optimizer.step()
    model.eval()
    (result,) = model.predict(image, [sample_of(mask)])
    assert (result.pred_sem_seg.data[0] == mask).all()


def test_side_outputs_only_add_losses():
    plain, deep = build_segmentor(), build_segmentor(side_weight=1.0)
    deep.load_state_dict(plain.state_dict(), strict=False)
    images = torch.randn(1, 3, 32, 32)
    torch.testing.assert_close(plain.eval()(images), deep.eval()(images))


def test_head_needs_a_map_and_a_stem():
    with pytest.raises(ValueError, match='image and of one map'):
        SmallTargetHead((3,), 16)
    with pytest.raises(ValueError, match='stem_channels'):
        SmallTargetHead((3, 8), 16, stem_channels=())


class WithoutLists(torch.nn.Module):
    def __init__(self, head):
        super().__init__()
        self.head = head

    def forward(self, image, f1, f2):
        return self.head((image, f1, f2))


def test_head_exports_with_any_size(tmp_path):
    """Traced at one size, it gives the same at others, odd ones too."""
    pytest.importorskip('onnx')
    runtime = pytest.importorskip('onnxruntime')
    head = SmallTargetHead((3, 4, 6), 8, stem_channels=(4, 6)).eval()

    def inputs(batch, height, width):
        return (
            torch.randn(batch, 3, height, width),
            torch.randn(batch, 4, -(-height // 4), -(-width // 4)),
            torch.randn(batch, 6, -(-height // 8), -(-width // 8)),
        )

    names = ('image', 'f1', 'f2')
    path = str(tmp_path / 'head.onnx')
    torch.onnx.export(
        WithoutLists(head).eval(),
        inputs(1, 32, 48),
        path,
        input_names=list(names),
        dynamic_axes={
            name: {0: 'batch', 2: f'height_{name}', 3: f'width_{name}'}
            for name in names
        },
        dynamo=False,
    )
    session = runtime.InferenceSession(path)
    for size in ((1, 32, 48), (2, 33, 47), (1, 17, 70)):
        maps = inputs(*size)
        with torch.no_grad():
            wanted = head(maps).numpy()
        feed = dict(zip(names, (m.numpy() for m in maps), strict=True))
        (found,) = session.run(None, feed)
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def soft_iou(logits, labels, smooth):
    """One image, pixel by pixel."""
    overlap = union = 0.0
    for logit, label in zip(logits.ravel(), labels.ravel(), strict=True):
        if label == 255:
            continue
        p = 1 / (1 + np.exp(-logit))
        overlap += p * label
        union += p + label - p * label
    return 1 - (overlap + smooth) / (union + smooth)


@pytest.mark.parametrize('smooth', [1.0, 0.1])
def test_soft_iou_is_its_formula(smooth):
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (3, 1, 9, 11))
    labels = rng.choice([0, 0, 0, 1, 255], (3, 9, 11))
    labels[2] = 0
    loss = TargetSoftIoULoss(smooth=smooth, loss_weight=2.0)
    expected = 2 * np.mean(
        [soft_iou(*pair, smooth) for pair in zip(logits, labels, strict=True)]
    )
    value = loss(torch.tensor(logits), torch.tensor(labels), ignore_index=255)
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_soft_iou_falls_to_zero_at_the_truth():
    labels = torch.zeros(2, 16, 16, dtype=torch.long)
    labels[0, 4:7, 4:7] = 1
    truth = 20.0 * (labels * 2 - 1)[:, None].float()
    loss = TargetSoftIoULoss()
    assert loss(truth, labels) < 1e-5
    assert loss(-truth, labels) > 0.9
    weight = (labels == 1).float()
    assert loss(truth.abs(), labels, weight=weight) < 1e-5


def test_soft_iou_of_large_images_in_half_precision():
    logits = torch.full((1, 1, 512, 512), 12.0, dtype=torch.half)
    labels = torch.ones(1, 512, 512, dtype=torch.long)
    assert TargetSoftIoULoss()(logits, labels) < 1e-4


def test_soft_iou_takes_one_logit():
    with pytest.raises(ValueError, match='out_channels=1'):
        TargetSoftIoULoss()(torch.zeros(1, 2, 4, 4), torch.zeros(1, 4, 4))


def dnanet(**options):
    return DNANet(channels=(4, 6, 8), num_blocks=(1, 2), **options)


def test_dnanet_wires_its_nodes_as_its_paper():
    """By gradients: each node cut off from the one that made its input."""
    # (row, column): the nodes that it sees
    wiring = {
        (0, 0): set(),
        (1, 0): {(0, 0)},
        (2, 0): {(1, 0)},
        (0, 1): {(0, 0), (1, 0)},
        (1, 1): {(1, 0), (0, 1), (2, 0)},
        (0, 2): {(0, 0), (0, 1), (1, 1)},
    }
    model = dnanet().eval()
    made, cut = {}, {}

    def record(place):
        def hook(module, args, output):
            made[place] = output
            cut[place] = output.detach().requires_grad_()
            return cut[place]

        return hook

    for column, nodes in enumerate(model.nodes):
        for row, node in enumerate(nodes):
            node.register_forward_hook(record((row, column)))
    model(torch.randn(1, 3, 16, 16))
    assert set(made) == set(wiring)
    for place, output in made.items():
        gradients = torch.autograd.grad(
            output.sum(), list(cut.values()), allow_unused=True
        )
        seen = {
            other
            for other, gradient in zip(cut, gradients, strict=True)
            if gradient is not None
        }
        assert seen == wiring[place], place


@pytest.mark.parametrize('size', [(32, 32), (33, 18), (5, 70)])
def test_dnanet_gives_full_maps_at_any_size(size):
    maps = dnanet()(torch.randn(2, 3, *size))
    assert [tuple(m.shape) for m in maps] == [(2, 4, *size)] * 2


def test_dnanet_has_the_published_size():
    """4.7 M parameters, as comparisons of other papers quote it."""
    count = sum(p.numel() for p in DNANet().parameters())
    assert count == pytest.approx(4.7e6, rel=0.01)


def test_every_parameter_of_dnanet_learns(masks):
    head = dict(
        type='FCNHead',
        in_channels=4,
        channels=4,
        num_convs=0,
        concat_input=False,
        num_classes=2,
        out_channels=1,
        threshold=0.5,
        loss_decode=LOSSES,
    )
    model = MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=dict(
                type='DNANet', channels=(4, 6, 8), num_blocks=(1, 2)
            ),
            decode_head=dict(in_index=1, **head),
            auxiliary_head=[dict(in_index=0, **head)],
            train_cfg=dict(),
            test_cfg=ConfigDict(mode='whole'),
        )
    )
    losses = backward(model, torch.randn(2, 3, 53, 70), masks)
    assert {'decode.loss_iou', 'aux_0.loss_iou'} < set(losses)
    assert without_gradient(model) == []


def test_dnanet_names_what_does_not_fit():
    with pytest.raises(ValueError, match='num_blocks'):
        DNANet(channels=(4, 6, 8), num_blocks=(1,))


@pytest.mark.slow
def test_mmseg_is_imported_for_models_only():
    code = (
        'import sys, infmae_mm.small_target as wing; '
        "assert 'mmseg' not in sys.modules; wing.SmallTargetHead; "
        "assert 'mmseg' in sys.modules; "
        "assert not hasattr(wing, 'SmallTargetHat')"
    )
    subprocess.run([sys.executable, '-c', code], check=True)
