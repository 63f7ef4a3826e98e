"""One of two processes of ``test_fsdp.py``: shards a model, and trains it."""

import sys
from functools import partial

import torch
import torch.distributed as dist
from mmengine._strategy import FSDPStrategy
from torch.distributed.fsdp.wrap import transformer_auto_wrap_policy

from infmae_mm.layers import ConvBlock, TransformerBlock
from infmae_mm.pretrain import InfMAEPretrainer

BLOCKS = {ConvBlock, TransformerBlock}
STEPS = 3


def build() -> InfMAEPretrainer:
    torch.manual_seed(0)
    arch = dict(embed_dims=(16, 24, 32), depths=(1, 1, 2), num_heads=4)
    masking = dict(type='InformationAwareMasking', stride=4)
    model = InfMAEPretrainer(
        backbone=dict(
            type='InfMAEPretrainEncoder',
            arch=arch,
            img_size=64,
            masking=masking,
        ),
        neck=dict(
            type='InfMAEPretrainDecoder',
            embed_dims=32,
            decoder_embed_dims=16,
            decoder_depth=1,
            decoder_num_heads=4,
            img_size=64,
        ),
    )
    model.init_weights()
    return model


def images() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randint(0, 256, (4, 1, 64, 64), dtype=torch.uint8)


def main(out: str) -> None:
    dist.init_process_group('gloo')
    torch.manual_seed(0)
    strategy = FSDPStrategy(
        model_wrapper=dict(
            type='MMFullyShardedDataParallel',
            auto_wrap_policy=partial(
                transformer_auto_wrap_policy, transformer_layer_cls=BLOCKS
            ),
            device_id=torch.device('cpu'),
        ),
        state_dict_cfg='local',
        work_dir=out,
        env_kwargs=dict(launcher='pytorch'),
    )
    strategy.prepare(
        build(),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        param_scheduler=None,
    )
    model = strategy.model
    kept = sum(p.numel() for p in model.parameters())
    mine = images()[dist.get_rank() :: 2]
    losses = []
    for _ in range(STEPS):
        batch = dict(inputs=mine, data_samples=None)
        loss = model.train_step(batch, strategy.optim_wrapper)['loss']
        dist.all_reduce(loss)
        losses.append(loss.item() / 2)
    # 'local': with 'full', torch 2.10 crashes on processors.
    strategy.save_checkpoint(f'{out}/saved')
    torch.save(dict(losses=losses, kept=kept), f'{out}/{dist.get_rank()}.pth')
    dist.barrier()
    dist.destroy_process_group()


if __name__ == '__main__':
    main(sys.argv[1])
