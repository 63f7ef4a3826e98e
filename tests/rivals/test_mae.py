"""MAE: its pre-training against mmpretrain's, and its backbone."""

import pytest
import torch
from mmpretrain.models import MAE, VisionTransformer
from mmseg.models.necks import Feature2Pyramid
from torch import nn

from infmae_mm.checkpoint import CheckpointError
from infmae_mm.engine.layer_decay import LayerDecayOptimWrapperConstructor
from infmae_mm.masking import mask_from_ids
from infmae_mm.pretrain import InfMAEPretrainer
from infmae_mm.rivals.mae import ViTMAE

ARCH = dict(embed_dims=32, num_layers=4, num_heads=4, feedforward_channels=64)
HEAD = dict(
    type='MAEPretrainHead',
    norm_pix=True,
    patch_size=16,
    loss=dict(type='PixelReconstructionLoss', criterion='L2'),
)
MASKINGS = [
    dict(type='RandomMasking'),
    dict(type='InformationAwareMasking', stride=4),
]


def build(masking, size=64):
    torch.manual_seed(0)
    model = InfMAEPretrainer(
        backbone=dict(
            type='ViTMAEPretrainEncoder',
            arch=ARCH,
            img_size=size,
            masking=masking,
        ),
        neck=dict(
            type='ViTMAEPretrainDecoder',
            embed_dims=32,
            decoder_embed_dims=16,
            decoder_num_heads=4,
            img_size=size,
        ),
        head=dict(type='InfMAEPretrainHead', norm_pix=True),
    )
    model.init_weights()
    return model


def upstream_twin(model):
    """mmpretrain's MAE with the same weights."""
    twin = MAE(
        backbone=dict(type='MAEViT', arch=ARCH, img_size=64, patch_size=16),
        neck=dict(
            type='MAEPretrainDecoder',
            num_patches=16,
            patch_size=16,
            embed_dim=32,
            decoder_embed_dim=16,
            decoder_depth=2,
            decoder_num_heads=4,
        ),
        head=HEAD,
    )
    twin.init_weights()
    weights = {
        name: value
        for name, value in model.state_dict().items()
        if not name.startswith('backbone.masking')
    }
    for ours, theirs in (
        ('.norm1.', '.ln1.'),
        ('.norm2.', '.ln2.'),
        ('.mlp.fc1.', '.ffn.layers.0.0.'),
        ('.mlp.fc2.', '.ffn.layers.1.'),
    ):
        weights = {
            n.replace(ours, theirs) if n.startswith('neck.') else n: v
            for n, v in weights.items()
        }
    # The decoder's norm has no number here, and no position of a class token.
    for kind in ('weight', 'bias'):
        weights[f'neck.ln1.{kind}'] = weights.pop(f'neck.decoder_norm.{kind}')
    table = weights['neck.decoder_pos_embed']
    weights['neck.decoder_pos_embed'] = torch.cat(
        [torch.zeros(1, 1, 16), table], dim=1
    )
    missing, unexpected = twin.load_state_dict(weights, strict=False)
    assert not missing and not unexpected
    return twin


@pytest.mark.parametrize('masking', MASKINGS, ids=lambda m: m['type'])
def test_loss_and_gradients_are_mmpretrains(masking):
    """With the same visible patches, in a network of the same weights."""
    model = build(masking)
    twin = upstream_twin(model)
    x = torch.randn(3, 3, 64, 64)
    torch.manual_seed(3)
    visible, masked = model.backbone.masking(x)

    def same_masking(tokens, mask_ratio):
        order = torch.cat([visible, masked], dim=1)
        ids = visible[..., None].expand(-1, -1, tokens.shape[-1])
        mask = mask_from_ids(visible, 16)
        return tokens.gather(1, ids), mask, order.argsort(dim=1)

    twin.backbone.random_masking = same_masking
    torch.manual_seed(3)
    loss = model.loss(x)['loss']
    theirs = twin.loss(x, [])['loss']
    torch.testing.assert_close(loss, theirs)
    loss.backward()
    theirs.backward()
    gradients = {n: p.grad for n, p in twin.backbone.named_parameters()}
    for name, parameter in model.backbone.named_parameters():
        if name == 'pos_embed':
            assert parameter.grad is None
            continue
        torch.testing.assert_close(parameter.grad, gradients[name])
        assert parameter.grad.abs().sum() > 0, name
    for name, parameter in model.neck.named_parameters():
        assert parameter.grad is not None, name


def test_any_size_and_other_crops():
    model = ViTMAE(ARCH, img_size=64, in_channels=1, out_indices=(0, 1, 3))
    maps = model(torch.randn(2, 1, 70, 110))
    assert [m.shape for m in maps] == [(2, 32, 5, 7)] * 3
    sum(m.mean() for m in maps).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name
    pretrainer = build(MASKINGS[0])
    assert pretrainer.loss(torch.randn(1, 3, 96, 48))['loss'].isfinite()
    (sample,) = pretrainer.backbone(torch.randn(1, 3, 96, 48), masked=False)
    assert sample.shape == (1, 32, 6, 3)


def test_maps_are_those_of_mmpretrain():
    model = ViTMAE(ARCH, img_size=64, out_indices=(0, 3))
    model.init_weights()
    twin = VisionTransformer(
        ARCH,
        img_size=64,
        out_indices=[0, 3],
        out_type='featmap',
        final_norm=False,
    )
    twin.load_state_dict(model.state_dict())
    x = torch.randn(1, 3, 80, 64)
    for ours, theirs in zip(model(x), twin(x), strict=True):
        assert torch.equal(ours, theirs)


class PublishedBlock(nn.Module):
    """A block with the names of MAE's authors (those of timm)."""

    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(32, eps=1e-6)
        self.attn = nn.Module()
        self.attn.qkv = nn.Linear(32, 96)
        self.attn.proj = nn.Linear(32, 32)
        self.norm2 = nn.LayerNorm(32, eps=1e-6)
        self.mlp = nn.Module()
        self.mlp.fc1 = nn.Linear(32, 64)
        self.mlp.fc2 = nn.Linear(64, 32)

    def forward(self, x):
        y = self.attn.qkv(self.norm1(x)).unflatten(2, (3, 4, 8))
        q, k, v = y.permute(2, 0, 3, 1, 4)
        y = (q @ k.transpose(2, 3) / 8**0.5).softmax(-1) @ v
        x = x + self.attn.proj(y.transpose(1, 2).flatten(2))
        hidden = nn.functional.gelu(self.mlp.fc1(self.norm2(x)))
        return x + self.mlp.fc2(hidden)


class Published(nn.Module):
    """The encoder in a file of MAE's authors, from its description."""

    def __init__(self):
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, 32))
        self.pos_embed = nn.Parameter(torch.randn(1, 17, 32))
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, 32, 16, 16)
        self.blocks = nn.ModuleList(PublishedBlock() for _ in range(4))
        self.norm = nn.LayerNorm(32, eps=1e-6)

    def forward(self, x):
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1)
        x = x + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


@pytest.mark.parametrize('decoder', [False, True])
def test_published_file(decoder, tmp_path):
    """The same maps, from either kind of file."""
    published = Published()
    weights = published.state_dict()
    if decoder:
        weights['mask_token'] = torch.zeros(1, 1, 16)
        weights['decoder_embed.weight'] = torch.zeros(16, 32)
    path = tmp_path / 'mae_pretrain_vit_tiny.pth'
    torch.save(dict(model=weights), path)
    model = ViTMAE(
        ARCH,
        img_size=64,
        out_indices=(3,),
        final_norm=True,
        init_cfg=dict(type='Pretrained', checkpoint=str(path)),
    )
    model.init_weights()
    x = torch.randn(2, 3, 64, 64)
    (found,) = model(x)
    torch.testing.assert_close(
        found.flatten(2).transpose(1, 2), published(x)[:, 1:]
    )
    # Another size: position embedding interpolated, nothing else changed.
    other = ViTMAE(
        ARCH,
        img_size=(64, 96),
        out_indices=(3,),
        init_cfg=dict(type='Pretrained', checkpoint=str(path)),
    )
    other.init_weights()
    assert other.pos_embed.shape == (1, 25, 32)
    torch.testing.assert_close(
        other(torch.zeros(1, 3, 64, 96))[0].shape, torch.Size([1, 32, 4, 6])
    )


def test_starts_from_its_pre_training_or_not_at_all(tmp_path):
    pretrained = build(MASKINGS[0])
    path = tmp_path / 'epoch_1.pth'
    torch.save(dict(state_dict=pretrained.state_dict()), path)
    init_cfg = dict(type='Pretrained', checkpoint=str(path))
    model = ViTMAE(ARCH, img_size=64, out_indices=(0, 1, 3), init_cfg=init_cfg)
    model.init_weights()
    theirs = pretrained.backbone.state_dict()
    for name, value in model.state_dict().items():
        assert torch.equal(value, theirs[name]), name
    model.init_weights()  # a second call loads nothing and loses nothing
    assert torch.equal(model.cls_token, theirs['cls_token'])
    arch = dict(ARCH, embed_dims=64)
    with pytest.raises(CheckpointError, match='another arch'):
        ViTMAE(arch, out_indices=(0,), init_cfg=init_cfg).init_weights()
    torch.save(nn.Conv2d(3, 3, 3).state_dict(), path)
    with pytest.raises(CheckpointError, match='does not fit'):
        ViTMAE(ARCH, out_indices=(0,), init_cfg=init_cfg).init_weights()


class Segmentor(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = ViTMAE(ARCH, img_size=64, out_indices=(0, 1, 2, 3))
        self.neck = Feature2Pyramid(32, norm_cfg=dict(type='BN'))


def test_layer_decay():
    """Lowest: embeddings. Then the blocks. At the full rate: what follows."""
    constructor = LayerDecayOptimWrapperConstructor(
        dict(optimizer=dict(type='AdamW', lr=1.0)),
        paramwise_cfg=dict(decay_rate=0.5),
    )
    model = Segmentor()
    optimizer = constructor(model).optimizer
    names = {id(p): n for n, p in model.named_parameters()}
    rates = {
        names[id(p)]: (group['lr'], group['weight_decay'])
        for group in optimizer.param_groups
        for p in group['params']
    }
    assert set(rates) == set(names.values())
    assert rates['backbone.patch_embed.projection.weight'][0] == 0.5**5
    assert rates['backbone.pos_embed'] == (0.5**5, 0)
    assert rates['backbone.layers.0.attn.qkv.weight'][0] == 0.5**4
    assert rates['backbone.layers.3.ffn.layers.1.weight'][0] == 0.5
    assert rates['neck.upsample_2x.0.weight'][0] == 1


def test_a_map_cannot_be_asked_for_twice():
    with pytest.raises(ValueError, match='ascend'):
        ViTMAE(ARCH, out_indices=(0, 1, 3, 3))


def test_upstreams_neck_makes_four_maps():
    model = Segmentor()
    maps = model.neck(model.backbone(torch.randn(2, 3, 64, 96)))
    assert [tuple(m.shape[2:]) for m in maps] == [
        (16, 24),
        (8, 12),
        (4, 6),
        (2, 3),
    ]
