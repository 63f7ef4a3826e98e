"""The rivals: their size, their wiring, and that all of them learns."""

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from infmae_mm.small_target.models import (
    ACM,
    DNANet,
    LPNetGA,
    LPNetGAHead,
    MSHNet,
    MSHNetHead,
    SLSLoss,
    TargetSoftIoULoss,
    TransUNet,
)
from infmae_mm.small_target.models.lpnet import spread_mask

BCE = dict(type='CrossEntropyLoss', use_sigmoid=True, avg_non_ignore=True)
FCN = dict(
    type='FCNHead',
    num_convs=0,
    concat_input=False,
    num_classes=2,
    out_channels=1,
    threshold=0.5,
    loss_decode=BCE,
)
NETWORKS = dict(
    dnanet=(
        dict(type='DNANet', channels=(4, 6, 8), num_blocks=(1, 2)),
        dict(FCN, in_channels=4, channels=4, in_index=1),
    ),
    mshnet=(
        dict(type='MSHNet', channels=(4, 6, 8), num_blocks=(1, 1, 1)),
        dict(
            type='MSHNetHead',
            in_channels=(4, 6),
            loss_decode=dict(type='SLSLoss'),
        ),
    ),
    acm=(
        dict(type='ACM', channels=(4, 4, 6, 8), depth=1),
        dict(FCN, in_channels=4, channels=4, in_index=0),
    ),
    transunet=(
        dict(
            type='TransUNet',
            depth=18,
            base_channels=4,
            embed_dims=16,
            num_layers=1,
            num_heads=2,
            channels=(8, 8, 4, 4),
        ),
        dict(FCN, in_channels=4, channels=4, in_index=0),
    ),
    lpnetga=(
        dict(type='LPNetGA', in_channels=3, size=40, width=2),
        dict(type='LPNetGAHead', patch_size=10, stride=5, width=4, sigma=5.0),
    ),
)


def build(name):
    backbone, head = NETWORKS[name]
    return MODELS.build(
        dict(
            type='EncoderDecoder',
            backbone=backbone,
            decode_head=head,
            train_cfg=dict(),
            test_cfg=ConfigDict(mode='whole'),
        )
    )


def sample_of(mask):
    size = tuple(mask.shape)
    metainfo = dict(ori_shape=size, img_shape=size, pad_shape=size)
    return SegDataSample(
        gt_sem_seg=PixelData(data=mask.long()[None]), metainfo=metainfo
    )


def count(*modules):
    return sum(p.numel() for m in modules for p in m.parameters())


@pytest.mark.slow
@pytest.mark.parametrize('name', NETWORKS)
def test_learns_and_predicts(name):
    torch.manual_seed(0)
    mask = torch.zeros(2, 40, 40)
    mask[0, 12:15, 20:24] = 1
    mask[1, 30:33, 5:8] = 1
    images = torch.rand(2, 3, 40, 40) + 2 * mask[:, None]
    samples = [sample_of(m) for m in mask]
    # ReLU may be dead in so few channels: one of three starts must reach all
    reached = set()
    for seed in range(3):
        torch.manual_seed(seed)
        model = build(name)
        total, _ = model.parse_losses(model.loss(images, samples))
        total.backward()
        reached |= {
            name
            for name, p in model.named_parameters()
            if p.grad is not None and p.grad.abs().sum()
        }
    # a bias before a norm has no gradient but rounding; the norm has its own
    expected = {
        name
        for name, _ in model.named_parameters()
        if not name.endswith('conv.bias') and 'enlarge.0.bias' not in name
    }
    assert expected - reached == set()

    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    first = None
    for _ in range(30):
        optimizer.zero_grad()
        total, _ = model.parse_losses(model.loss(images, samples))
        total.backward()
        optimizer.step()
        first = first or total.item()
    assert total.item() < 0.95 * first
    model.eval()
    results = model.predict(images, samples)
    for result in results:
        probability = result.seg_logits.data
        assert probability.shape == (1, 40, 40)
        assert probability.min() >= 0
        assert probability.max() <= 1


@pytest.mark.parametrize('name', NETWORKS)
@pytest.mark.parametrize('size', [(33, 47), (16, 70)])
@torch.no_grad()
def test_any_size(name, size):
    model = build(name).eval()
    (result,) = model.predict(
        torch.rand(1, 3, *size), [sample_of(torch.zeros(size))]
    )
    assert result.seg_logits.data.shape == (1, *size)


@pytest.mark.parametrize(
    ('build', 'millions'),
    [
        (lambda: [DNANet(), *[torch.nn.Conv2d(16, 1, 1)] * 4], 4.697),
        (
            lambda: [
                MSHNet(),
                MSHNetHead((16, 32, 64, 128), loss_decode=BCE),
            ],
            4.066,
        ),
        (lambda: [LPNetGA(), LPNetGAHead()], 0.925),
        (lambda: [ACM(), torch.nn.Conv2d(16, 4, 3)], 0.398),
    ],
    ids=['dnanet', 'mshnet', 'lpnetga', 'acm'],
)
def test_has_the_published_parameters(build, millions):
    """As counted in the published networks, to the last digit quoted."""
    with torch.device('meta'):
        assert round(count(*build()) / 1e6, 3) == pytest.approx(millions)


def test_mshnet_warms_up_on_its_finest_output():
    head = MSHNetHead((4, 6), warm_up=2, loss_decode=dict(type='SLSLoss'))
    maps = (torch.rand(1, 4, 16, 16), torch.rand(1, 6, 8, 8))
    mask = torch.zeros(16, 16)
    mask[4:6, 5:7] = 1
    fused, sides = head.logits(maps)
    for step in range(3):
        torch.testing.assert_close(head(maps), fused)
        loss = head.loss(maps, [sample_of(mask)], None)['loss_sls']
        parts = [SLSLoss()(fused, mask[None])]
        for i, side in enumerate(sides):
            pooled = torch.nn.functional.max_pool2d(mask[None], 2**i)
            parts.append(SLSLoss()(side, pooled))
        expected = parts[1] if step < 2 else sum(parts) / len(parts)
        torch.testing.assert_close(loss, expected)
    assert head.state_dict()['iteration'] == 3


def test_mshnet_pools_what_is_ignored():
    head = MSHNetHead((4,), loss_decode=dict(type='SLSLoss'))
    labels = torch.tensor([[0, 0, 255, 0], [0, 1, 0, 0], [255, 1, 0, 0]])
    pooled = head._pool(labels[None, None])[0, 0]
    assert pooled.tolist() == [[1, 255], [1, 0]]


def test_lpnetga_adds_up_overlapping_patches():
    """Against a loop over the patches of the padded map."""
    head = LPNetGAHead(patch_size=4, stride=2, width=4).eval()
    features = torch.randn(1, 8, 8, 8)
    padded = torch.nn.functional.pad(features, [4] * 4)
    total = torch.zeros(16, 16)
    for y in range(0, 13, 2):
        for x in range(0, 13, 2):
            patch = padded[..., y : y + 4, x : x + 4]
            found = head.of_patches(patch).sigmoid()[0, 0]
            total[y : y + 4, x : x + 4] += found.detach()
    total = total[4:-4, 4:-4]
    scaled = (total - total.min()) / (total.max() - total.min())
    found = head((features, None)).sigmoid()[0, 0]
    torch.testing.assert_close(found, scaled, atol=2e-6, rtol=0)


def test_lpnetga_trains_at_its_own_size_only():
    model = LPNetGA(size=20, width=2)
    maps = model(torch.rand(1, 1, 30, 30))
    with pytest.raises(ValueError, match='resize both'):
        LPNetGAHead(10, 5, 4).loss(
            maps, [sample_of(torch.zeros(30, 30))], None
        )
    with pytest.raises(ValueError, match='even'):
        LPNetGAHead(patch_size=9)


def test_spread_mask():
    mask = torch.zeros(2, 1, 40, 40)
    mask[0, 0, 10, 25] = 1
    spread = spread_mask(mask, 5.0)
    assert spread[0].sum() == pytest.approx(1)
    assert spread[0, 0].argmax() == 10 * 40 + 25
    assert (spread[0] > 0.1 * spread[0].max()).sum() > 5
    assert not spread[1].any()


def sls(p, y):
    """One image, by the formulas."""
    sum_p, sum_y = p.sum(), y.sum()
    d = ((sum_p - sum_y) / 2) ** 2
    w = (min(sum_p, sum_y) + d) / (max(sum_p, sum_y) + d)
    iou = (p * y).sum() / (p + y - p * y).sum()
    height, width = p.shape
    rows = torch.arange(height)[:, None] / height
    columns = torch.arange(width) / width
    rho, theta = [], []
    for m in (p, y):
        cx, cy = (m * columns).mean(), (m * rows).mean()
        rho.append(torch.hypot(cx, cy))
        theta.append(torch.atan2(cy, cx))
    turn = 4 / torch.pi**2 * (theta[0] - theta[1]) ** 2
    return 1 - w * iou + 1 - min(rho) / max(rho) + turn


def test_sls_is_its_formula():
    torch.manual_seed(0)
    logits = torch.randn(3, 1, 12, 15, dtype=torch.double).float()
    labels = (torch.rand(3, 12, 15) < 0.1).long()
    expected = sum(
        sls(a[0].sigmoid(), b.float())
        for a, b in zip(logits, labels, strict=True)
    )
    assert float(SLSLoss()(logits, labels)) == pytest.approx(
        float(expected) / 3, rel=1e-4
    )


def test_sls_without_a_target_asks_for_silence():
    logits = torch.zeros(2, 1, 8, 8, requires_grad=True)
    labels = torch.zeros(2, 8, 8, dtype=torch.long)
    loss = SLSLoss()(logits, labels)
    torch.testing.assert_close(loss, TargetSoftIoULoss()(logits, labels))
    loss.backward()
    assert (logits.grad > 0).all()
    # ignored pixels are no target, and have no gradient
    labels[0, 3, 3], labels[1] = 1, 255
    logits.grad = None
    SLSLoss()(logits, labels).backward()
    assert logits.grad.isfinite().all()
    assert logits.grad[0].any()
    assert not logits.grad[1].any()


def test_soft_iou_of_the_batch():
    torch.manual_seed(0)
    logits = torch.randn(2, 1, 6, 7)
    labels = (torch.rand(2, 6, 7) < 0.2).long()
    whole = TargetSoftIoULoss()(
        logits.reshape(1, 1, 12, 7), labels.reshape(1, 12, 7)
    )
    torch.testing.assert_close(
        TargetSoftIoULoss(per_image=False)(logits, labels), whole
    )


def test_dnanet_published_and_pooled_differ_as_told():
    published = DNANet(channels=(4, 6), num_blocks=(1,))
    pooled = DNANet(channels=(4, 6), num_blocks=(1,), published=False)
    names = set(dict(published.named_parameters()))
    others = set(dict(pooled.named_parameters()))
    assert 'reduce.0.conv.bias' in names - others
    assert 'reduce.0.bn.weight' in others - names
    published.init_weights()
    weight = published.nodes[0][1][0].body[0].conv.weight.detach()
    # Xavier, of 4 and 6 channels
    assert weight.std() == pytest.approx((2 / 90) ** 0.5, rel=0.15)


def test_networks_name_what_does_not_fit():
    with pytest.raises(ValueError, match='num_blocks'):
        MSHNet(channels=(4, 6), num_blocks=(1,))
    with pytest.raises(ValueError, match='strides 8, 4, 2 and 1'):
        TransUNet(channels=(4, 4))
