"""Computing visible patches only equals the dense masked form."""

import pytest
import torch
from mmpretrain.registry import MODELS

from infmae_mm.pretrain import InfMAEPretrainer
from infmae_mm.pretrain.dense_reference import DenseReferenceEncoder

ARCH = dict(embed_dims=(32, 48, 64), depths=(2, 2, 2), num_heads=4)
MASKINGS = [
    dict(type='RandomMasking', mask_ratio=0.75),
    *(dict(type='InformationAwareMasking', stride=s) for s in (2, 4, 7, 14)),
    *(
        dict(type='InformationAwareMasking', score=score, order=order)
        for score in ('intensity', 'entropy', 'variance')
        for order in ('ascending', 'descending')
    ),
]


def pair(masking, size):
    """The pre-trainer, and the same weights over the dense reference."""
    models = []
    for encoder in ('InfMAEPretrainEncoder', DenseReferenceEncoder):
        model = InfMAEPretrainer(
            backbone=dict(
                type=encoder, arch=ARCH, img_size=size, masking=masking
            ),
            neck=dict(
                type='InfMAEPretrainDecoder',
                embed_dims=64,
                decoder_embed_dims=32,
                decoder_num_heads=4,
                img_size=size,
            ),
            head=dict(
                type='MAEPretrainHead',
                loss=dict(type='PixelReconstructionLoss', criterion='L2'),
            ),
        )
        models.append(model)
    models[0].init_weights()
    models[1].load_state_dict(models[0].state_dict())
    return models


def losses(models, x, **autocast):
    values = []
    for model in models:
        torch.manual_seed(3)  # the noise of random masking
        with torch.autocast('cpu', torch.bfloat16, **autocast):
            values.append(model.loss(x)['loss'])
    return values


@pytest.mark.parametrize('size', [(64, 64), (48, 112)])
@pytest.mark.parametrize('masking', MASKINGS, ids=str)
def test_loss_gradients_and_step(masking, size):
    models = pair(masking, size)
    x = torch.randn(3, 1, *size).expand(-1, 3, -1, -1)
    visible, dense = losses(models, x, enabled=False)
    torch.testing.assert_close(visible, dense, rtol=1e-5, atol=0)
    visible.backward()
    dense.backward()
    for (name, a), b in zip(
        models[0].named_parameters(), models[1].parameters(), strict=True
    ):
        assert a.grad.abs().sum() > 0, name
        # Biases of keys have no gradient but rounding: hence the atol.
        torch.testing.assert_close(
            a.grad, b.grad, rtol=1e-3, atol=1e-6, msg=name
        )
    for model in models:
        torch.optim.SGD(model.parameters(), lr=0.1).step()
    for a, b in zip(*(m.parameters() for m in models), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
    visible, dense = losses(models, x, enabled=False)
    torch.testing.assert_close(visible, dense, rtol=1e-5, atol=0)


@pytest.mark.parametrize('masking', MASKINGS[:3], ids=str)
def test_bfloat16(masking):
    models = pair(masking, (64, 96))
    x = torch.randn(3, 3, 64, 96)
    visible, dense = losses(models, x, enabled=True)
    torch.testing.assert_close(visible, dense, rtol=1e-2, atol=0)
    visible.backward()
    dense.backward()
    for (name, a), b in zip(
        models[0].named_parameters(), models[1].parameters(), strict=True
    ):
        scale = b.grad.norm().clamp_min(1e-3)
        assert (a.grad - b.grad).norm() < 0.05 * scale, name


def test_masked_pixels_do_not_matter():
    """What the mask hides changes the target, never the latent."""
    model = pair(dict(type='RandomMasking'), (64, 64))[0].backbone
    x = torch.randn(2, 3, 64, 64)
    torch.manual_seed(1)
    latent, _, masked = model(x)
    y = x.clone()
    for image, ids in zip(y, masked.tolist(), strict=True):
        for i in ids:
            row, column = i // 4 * 16, i % 4 * 16
            image[:, row : row + 16, column : column + 16] = 100.0
    torch.manual_seed(1)
    assert torch.equal(model(y)[0], latent)


def test_registered_under_one_name():
    assert MODELS.get('DenseReferenceEncoder') is None
