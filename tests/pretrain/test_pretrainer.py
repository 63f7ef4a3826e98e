"""The pre-training algorithm with its decoder, head and preprocessor."""

import pytest
import torch
from mmengine.structures import BaseDataElement
from mmpretrain.registry import MODELS

from infmae_mm.patches import take_patches, unpatchify
from infmae_mm.pretrain import (
    InfMAEPretrainer,
    InfMAEPretrainHead,
    InfraredDataPreprocessor,
)


def build(
    in_channels=3, size=64, norm_pix=False, masking=None, depth=2, head=None
):
    torch.manual_seed(0)
    model = InfMAEPretrainer(
        backbone=dict(
            type='InfMAEPretrainEncoder',
            arch='tiny',
            img_size=size,
            in_channels=in_channels,
            masking=masking or dict(type='InformationAwareMasking'),
        ),
        neck=dict(
            type='InfMAEPretrainDecoder',
            in_channels=in_channels,
            embed_dims=64,
            decoder_embed_dims=32,
            decoder_depth=depth,
            decoder_num_heads=4,
            img_size=size,
        ),
        head=head or dict(type='InfMAEPretrainHead', norm_pix=norm_pix),
        data_preprocessor=dict(
            type='InfraredDataPreprocessor', in_channels=in_channels
        ),
    )
    model.init_weights()
    return model


@pytest.mark.parametrize('depth', [2, 4, 8, 12])
def test_every_parameter_gets_a_gradient(depth):
    model = build(depth=depth)
    assert len(model.neck.decoder_blocks) == depth
    model.loss(torch.randn(2, 3, 64, 64))['loss'].backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize(
    'size,masking',
    [
        (16, dict(type='RandomMasking')),
        (64, dict(type='InformationAwareMasking', stride=1)),
    ],
)
def test_nothing_to_predict_is_an_error(size, masking):
    """The mean of no patch is no loss."""
    model = build(size=size, masking=masking)
    with pytest.raises(ValueError, match=f'{size}x{size} are visible'):
        model.loss(torch.randn(1, 3, size, size))


def test_unpatchify_inverts():
    x = torch.randn(2, 3, 48, 80)
    patches = take_patches(x, torch.arange(15).expand(2, 15))
    tokens = patches.permute(0, 1, 3, 4, 2).flatten(2)  # (B, N, 16 * 16 * C)
    assert torch.equal(unpatchify(tokens, (3, 5)), x)


@pytest.mark.parametrize('norm_pix', [False, True])
def test_loss_is_that_of_upstreams_head(norm_pix):
    """Which patchifies square images, and masks, by itself."""
    model = build(norm_pix=norm_pix)
    head = MODELS.build(
        dict(
            type='MAEPretrainHead',
            norm_pix=norm_pix,
            loss=dict(type='PixelReconstructionLoss', criterion='L2'),
        )
    )
    x = torch.randn(2, 3, 64, 64)
    result = model.reconstruct(x)
    expected = head.loss(head.patchify(result.image), x, result.mask)
    torch.testing.assert_close(model.loss(x)['loss'], expected)


def test_upstreams_head_by_name_is_ours_and_says_so():
    loss = dict(type='PixelReconstructionLoss', criterion='L2')
    old = dict(type='MAEPretrainHead', norm_pix=True, loss=loss)
    with pytest.warns(UserWarning, match='InfMAEPretrainHead'):
        model = build(head=old)
    assert isinstance(model.head, InfMAEPretrainHead)
    assert model.head.norm_pix


def test_predict_measures_each_image():
    model = build()
    x = torch.randn(3, 3, 64, 64)
    samples = [BaseDataElement() for _ in x]
    samples = model(x, samples, mode='predict')
    mean = sum(s.loss for s in samples) / 3
    assert mean == pytest.approx(model.loss(x)['loss'].item(), rel=1e-5)
    # White noise: the mean of 768 values explains 1 / 768 of the variance.
    assert samples[0].patch_mean_loss == pytest.approx(1.0, abs=0.1)


def test_tensor_mode_gives_the_maps_of_whole_images():
    model = build()
    maps = model(torch.randn(2, 3, 64, 96), mode='tensor')
    assert [m.shape[-2:] for m in maps] == [(16, 24), (8, 12), (4, 6)]


def test_reconstruct_without_scores():
    model = build(masking=dict(type='RandomMasking'))
    result = model.reconstruct(torch.randn(2, 3, 32, 64))
    assert result.scores is None
    assert result.grid == (2, 4)
    assert torch.equal(result.mask.sum(1), torch.full((2,), 6.0))


def test_one_channel_loads_three():
    """Grey images: the same latent, and the mean of the predictions."""
    three, one = build(), build(in_channels=1)
    one.load_state_dict(three.state_dict())
    x = torch.randn(2, 1, 64, 64)
    a, b = three.reconstruct(x.expand(-1, 3, -1, -1)), one.reconstruct(x)
    assert torch.equal(a.mask, b.mask)
    expected = a.image.mean(1, keepdim=True)
    torch.testing.assert_close(b.image, expected, rtol=1e-4, atol=1e-5)


def test_another_size_than_that_of_the_checkpoint():
    model = build(size=96)
    model.load_state_dict(build(size=64).state_dict())
    assert model.loss(torch.randn(1, 3, 48, 80))['loss'].isfinite()


def test_preprocessor_normalises_on_the_range_of_8_bit():
    images = torch.randint(0, 256, (2, 1, 16, 32), dtype=torch.uint8)
    preprocess = InfraredDataPreprocessor()
    x = preprocess(dict(inputs=images, data_samples=[1, 2]))
    assert x['data_samples'] == [1, 2]
    expected = (images / 255 - 0.425) / 0.2
    torch.testing.assert_close(
        x['inputs'], expected.expand(-1, 3, -1, -1), rtol=1e-5, atol=1e-5
    )
    assert x['inputs'].stride(1) == 0
    listed = preprocess(dict(inputs=list(images)))['inputs']
    assert torch.equal(listed, x['inputs'])


def test_preprocessor_takes_the_units_of_before_with_a_warning():
    with pytest.warns(UserWarning, match='mean=108.375, std=51'):
        old = InfraredDataPreprocessor(mean=0.425, std=0.2)
    images = torch.randint(0, 256, (2, 1, 16, 32), dtype=torch.uint8)
    x = [p(dict(inputs=images)) for p in (old, InfraredDataPreprocessor())]
    torch.testing.assert_close(x[0]['inputs'], x[1]['inputs'])


def test_preprocessor_errors():
    preprocess = InfraredDataPreprocessor()
    with pytest.raises(ValueError, match='differ in size'):
        preprocess(dict(inputs=[torch.zeros(1, 8, 8), torch.zeros(1, 8, 9)]))
    with pytest.raises(ValueError, match='2 channels'):
        preprocess(dict(inputs=torch.zeros(1, 2, 8, 8)))


@pytest.mark.slow
def test_compiles_to_one_graph():
    """No break, and the same gradients (``aot_eager`` compiles no code)."""
    model = build()
    x = torch.randn(2, 1, 64, 64).expand(-1, 3, -1, -1)
    model.loss(x)['loss'].backward()
    expected = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    compiled = torch.compile(model.loss, backend='aot_eager', fullgraph=True)
    compiled(x)['loss'].backward()
    for a, b in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(a.grad, b, rtol=1e-4, atol=1e-6)
