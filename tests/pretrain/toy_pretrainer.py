"""A tiny model of pre-training, and scenes for it."""

import numpy as np
import torch

from infmae_mm.pretrain import InfMAEPretrainer

SIZE = 64


def model_config(masking='InformationAwareMasking', norm_pix=False):
    return dict(
        type='InfMAEPretrainer',
        backbone=dict(
            type='InfMAEPretrainEncoder',
            arch='tiny',
            img_size=SIZE,
            drop_path_rate=0.2,
            masking=dict(type=masking),
        ),
        neck=dict(
            type='InfMAEPretrainDecoder',
            embed_dims=64,
            decoder_embed_dims=32,
            decoder_num_heads=4,
            img_size=SIZE,
        ),
        head=dict(type='InfMAEPretrainHead', norm_pix=norm_pix),
    )


def build(**kwargs):
    torch.manual_seed(0)
    config = model_config(**kwargs)
    del config['type']
    return InfMAEPretrainer(**config)


def scene(seed=0, height=SIZE, width=SIZE):
    rng = np.random.default_rng(seed)
    image = rng.integers(60, 180, (height // 8, width // 8), dtype=np.uint8)
    return torch.from_numpy(image.repeat(8, 0).repeat(8, 1))[None]
