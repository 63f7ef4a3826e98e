"""UM-MAE: its masking, its pre-training and its backbone."""

import pytest
import torch
import torch.nn.functional as F

from infmae_mm.checkpoint import CheckpointError
from infmae_mm.patches import take_patches
from infmae_mm.pretrain import InfMAEPretrainer
from infmae_mm.rivals.um_mae import UMMAE
from infmae_mm.rivals.um_mae_pretrain import UniformMasking

ARCH = dict(
    embed_dims=(8, 16, 24, 32),
    depths=(1, 2, 1, 1),
    num_heads=(1, 2, 3, 4),
    mlp_ratios=(2, 2, 2, 2),
)


def build(size=128, norm_pix=True, secondary_ratio=0.25, in_channels=3):
    torch.manual_seed(0)
    model = InfMAEPretrainer(
        backbone=dict(
            type='UMMAEPretrainEncoder',
            masking=dict(type='UniformMasking'),
            secondary_ratio=secondary_ratio,
            arch=ARCH,
            img_size=size,
            in_channels=in_channels,
        ),
        neck=dict(
            type='UMMAEPretrainDecoder',
            embed_dims=32,
            decoder_embed_dims=16,
            decoder_num_heads=4,
            img_size=size,
            in_channels=in_channels,
        ),
        head=dict(type='InfMAEPretrainHead', norm_pix=norm_pix),
    )
    model.init_weights()
    return model


@pytest.mark.parametrize('size', [(256, 256), (64, 192), (96, 32)])
def test_one_visible_patch_in_each_cell(size):
    rows, columns = size[0] // 16, size[1] // 16
    visible, masked = UniformMasking()(torch.zeros(5, 3, *size))
    n = rows * columns
    ids, _ = torch.cat([visible, masked], dim=1).sort(dim=1)
    assert torch.equal(ids, torch.arange(n).expand(5, n))
    cell = visible // columns // 2 * (columns // 2) + visible % columns // 2
    # In the order of the cells: position k of the dense map is cell k.
    assert torch.equal(cell, torch.arange(n // 4).expand(5, n // 4))


def test_the_four_places_are_nearly_balanced():
    visible, _ = UniformMasking()(torch.zeros(64, 1, 256, 256))
    place = visible // 16 % 2 * 2 + visible % 16 % 2
    counts = torch.stack([(place == p).sum(1) for p in range(4)])  # (4, 64)
    # The pool has 32 of each for 64 cells.
    assert counts.max() <= 32
    assert (counts.sum(0) == 64).all()
    # Independent draws would be wider spread: a deviation of 3.46.
    assert 1.5 < counts.float().std() < 3.2
    assert counts.unique(dim=1).shape[1] > 1  # images differ


def test_cells_must_cover_the_grid():
    with pytest.raises(ValueError, match='multiples of 32'):
        UniformMasking()(torch.zeros(1, 3, 48, 64))
    with pytest.raises(ValueError, match='multiples of 64.*96x128'):
        build().loss(torch.zeros(1, 3, 96, 128))


def test_loss_is_that_of_the_masked_patches():
    """Pixels of visible patches, hidden once more or not, do not count."""
    model = build(norm_pix=False).eval()
    x = torch.randn(2, 3, 128, 128)
    torch.manual_seed(5)
    pred, masked = model._predict_masked(x)
    assert masked.shape == (2, 48)
    patches = F.unfold(x, 16, stride=16).view(2, 3, 16, 16, 64)
    target = patches.permute(0, 4, 2, 3, 1).flatten(2)  # (B, N, 256 * C)
    target = target.gather(1, masked[..., None].expand(-1, -1, 768))
    torch.manual_seed(5)
    loss = model.loss(x)['loss']
    torch.testing.assert_close(loss, F.mse_loss(pred, target))


def test_target_is_normalised_by_patch():
    model = build()
    x = torch.randn(2, 3, 128, 128)
    targets = []
    for image in (x, 7 * x + 3):
        torch.manual_seed(5)
        _, masked = model._predict_masked(image)
        torch.manual_seed(5)
        # The prediction differs, the target does not.
        targets.append(model.head.target(take_patches(image, masked)))
    torch.testing.assert_close(*targets, atol=1e-4, rtol=1e-4)


def test_every_parameter_gets_a_gradient():
    model = build()
    model.loss(torch.randn(2, 3, 128, 128))['loss'].backward()
    for name, parameter in model.named_parameters():
        if name == 'backbone.pos_embed':
            assert parameter.grad is None  # learnt in fine-tuning only
        else:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.ndim < 2 or parameter.grad.any(), name


def dense_attention(attn, x, reduction):
    """Attention of a map ``(C, H, W)`` to its averages, by its definition."""
    c, h, w = x.shape
    few = F.avg_pool2d(x[None], reduction)[0]
    few = F.conv2d(few[None], attn.reduce.weight, attn.reduce.bias)[0]
    few = few.flatten(1).T  # (n, C)
    few = F.layer_norm(few, (c,), attn.norm.weight, attn.norm.bias, 1e-6)
    q = attn.q(x.flatten(1).T)
    k, v = attn.kv(few)[:, :c], attn.kv(few)[:, c:]
    size = c // attn.num_heads
    outputs = []
    for head in range(attn.num_heads):
        part = slice(head * size, (head + 1) * size)
        weight = (q[:, part] @ k[:, part].T / size**0.5).softmax(dim=1)
        outputs.append(weight @ v[:, part])
    return attn.proj(torch.cat(outputs, 1)).T.view(c, h, w)


def dense_stages(model, x, reductions):
    """Stages on one map ``(C, H, W)``, with convolutions of images."""

    def norm(layer, x):
        return layer(x.permute(1, 2, 0)).permute(2, 0, 1)

    for i, stage in enumerate(model.stages):
        if i:
            embed = model.patch_embeds[i]
            x = F.conv2d(x[None], embed.weight, embed.bias, stride=2)[0]
        for block in stage:
            attended = norm(block.norm1, x)
            x = x + dense_attention(block.attn, attended, reductions[i])
            hidden = norm(block.norm2, x).permute(1, 2, 0)
            hidden = block.mlp.fc2(F.gelu(block.mlp.fc1(hidden)))
            x = x + hidden.permute(2, 0, 1)
    return norm(model.norm, x)


def test_pretraining_equals_a_dense_computation():
    """From the whole image, with loops over patches, in float64.

    The map of embedded tokens is computed for all of the image, positions are
    added, and each visible patch is then cut out and pasted at its cell.
    """
    model = build(size=128).double().eval()
    encoder, decoder = model.backbone, model.neck
    x = torch.randn(2, 3, 128, 128, dtype=torch.float64)
    torch.manual_seed(9)
    visible, masked = encoder.masking(x)
    hidden = encoder.choose_hidden(visible)
    assert torch.equal(hidden.sum(1), torch.tensor([4, 4]))

    embed = encoder.patch_embeds[0]
    tokens = F.conv2d(x, embed.weight, embed.bias, stride=4)  # (B, C, 32, 32)
    positions = encoder.pos_embed.view(32, 32, -1).permute(2, 0, 1)
    total = 0
    for image in range(2):
        dense = torch.zeros(8, 16, 16, dtype=torch.float64)
        for k in range(16):
            row, column = divmod(visible[image, k].item(), 8)
            at = (
                slice(None),
                slice(4 * row, 4 * row + 4),
                slice(4 * column, 4 * column + 4),
            )
            patch = tokens[image][at]
            if hidden[image, k]:
                patch = encoder.mask_token[:, None, None].expand(8, 4, 4)
            top, left = 4 * (row // 2), 4 * (column // 2)
            dense[:, top : top + 4, left : left + 4] = patch + positions[at]
        last = dense_stages(encoder, dense, (4, 2, 1, 1))  # (32, 2, 2)

        grid = decoder.mask_token[0].repeat(64, 1)  # (N, D)
        for k in range(16):
            cell_row, cell_column = divmod(k, 4)
            out = decoder.decoder_embed
            # pixel shuffle: channel c, place p of the cell is row 4 * c + p
            place = cell_row % 2 * 2 + cell_column % 2
            weight, bias = out.weight[place::4], out.bias[place::4]
            token = weight @ last[:, cell_row // 2, cell_column // 2] + bias
            grid[visible[image, k]] = token
        y = (grid + decoder.decoder_pos_embed[0])[None]
        for block in decoder.decoder_blocks:
            y = block(y)
        y = decoder.decoder_pred(decoder.decoder_norm(y))[0]
        for n in masked[image].tolist():
            row, column = divmod(n, 8)
            pixels = x[image][
                :,
                16 * row : 16 * row + 16,
                16 * column : 16 * column + 16,
            ]
            target = pixels.permute(1, 2, 0).flatten()
            target = (target - target.mean()) / (target.var() + 1e-6).sqrt()
            total = total + (y[n] - target).square().mean()
    torch.manual_seed(9)
    loss = model.loss(x)['loss']
    torch.testing.assert_close(loss, (total / masked.numel()).float())


def test_fine_tuning_equals_a_dense_computation():
    model = UMMAE(ARCH, img_size=128).double()
    x = torch.randn(1, 3, 128, 192, dtype=torch.float64)
    tokens = F.conv2d(
        x, model.patch_embeds[0].weight, model.patch_embeds[0].bias, stride=4
    )
    table = model.pos_embed.view(1, 32, 32, -1).permute(0, 3, 1, 2)
    table = F.interpolate(table, (32, 48), mode='bicubic')
    last = dense_stages(model, (tokens + table)[0], (8, 4, 2, 1))
    torch.testing.assert_close(model(x)[3][0], last)


@pytest.mark.parametrize('size', [(128, 128), (70, 110), (33, 250)])
def test_any_size(size):
    model = UMMAE('tiny', in_channels=1)
    maps = model(torch.randn(2, 1, *size))
    for i, found in enumerate(maps):
        stride = 4 * 2**i
        assert found.shape == (
            2,
            model.out_channels[i],
            -(-size[0] // stride),
            -(-size[1] // stride),
        )
    sum(found.mean() for found in maps).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name


def test_starts_from_its_pre_training(tmp_path):
    """Every weight bit for bit, or an error; another grid is interpolated."""
    pretrained = build(size=128)
    path = tmp_path / 'epoch_1.pth'
    torch.save(dict(state_dict=pretrained.state_dict()), path)
    init_cfg = dict(type='Pretrained', checkpoint=str(path))
    model = UMMAE(ARCH, img_size=128, init_cfg=init_cfg)
    model.init_weights()
    theirs = pretrained.backbone.state_dict()
    for name, value in model.state_dict().items():
        assert torch.equal(value, theirs[name]), name
    larger = UMMAE(ARCH, img_size=256, in_channels=1, init_cfg=init_cfg)
    position = larger.pos_embed
    larger.init_weights()
    assert larger.pos_embed is position  # an optimizer may hold it
    assert position.shape == (1, 64 * 64, 8)
    torch.testing.assert_close(
        larger.patch_embeds[0].weight,
        model.patch_embeds[0].weight.sum(1, keepdim=True),
    )
    with pytest.raises(CheckpointError, match='another arch'):
        UMMAE('tiny', init_cfg=init_cfg).init_weights()


def test_layers_of_the_learning_rate():
    model = UMMAE('small')
    depth = dict.fromkeys(n for n, _ in model.named_parameters())
    for name in depth:
        layer, layers = model.get_layer_depth(f'backbone.{name}', 'backbone.')
        assert layers == 18
        depth[name] = layer
    assert depth['pos_embed'] == depth['patch_embeds.0.weight'] == 0
    assert depth['stages.0.0.norm1.weight'] == 1
    assert depth['patch_embeds.1.weight'] == 4
    assert depth['stages.1.0.attn.q.weight'] == 4
    assert depth['stages.3.2.mlp.fc2.bias'] == 16
    assert depth['norm.weight'] == 17
    assert model.get_layer_depth('decode_head.x', 'backbone.') == (17, 18)


def test_size_of_the_published_network():
    """Without positions: 20.8 M, and 7.75 M for the decoder."""
    encoder = UMMAE('small')
    count = sum(p.numel() for p in encoder.parameters())
    assert count - encoder.pos_embed.numel() == 20_771_584


def test_checkpointing_changes_nothing():
    x = torch.randn(1, 3, 64, 64)
    gradients = []
    for with_cp in (False, True):
        torch.manual_seed(0)
        model = UMMAE('tiny', img_size=64, with_cp=with_cp)
        sum(m.mean() for m in model(x)).backward()
        gradients.append([p.grad for p in model.parameters()])
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b)
