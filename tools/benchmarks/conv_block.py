"""Time the forms in which a conv block can be computed in pre-training.

One block, forward and backward, on the visible patches of a batch, in turns:

- ours: tokens (channels last), the 5x5 convolution on windows;
- map: tokens, the 5x5 convolution on a whole map, which is zero where masked;
- convolutions: as ours, with 1x1 convolutions of a channels-last map in place
  of matrix products of tokens.

All give the same output and gradients within rounding.
"""

import argparse
from collections.abc import Callable

import measure
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from infmae_mm.archs import ARCHS
from infmae_mm.layers import ConvBlock, PointwiseConv
from infmae_mm.patches import VisiblePatches, image_grid

DTYPES = dict(none=torch.float32, bfloat16=torch.bfloat16)


class WholeMaps(VisiblePatches):
    """Convolves on maps that are zero where masked."""

    def pixels(self, size: int) -> Tensor:
        """Places of the patches' pixels on the maps, ``(B * N_v * p * p)``."""
        rows, columns = self.grid
        step = torch.arange(size, device=self.ids.device)
        top = (self.ids // columns * size)[..., None] + step
        left = (self.ids % columns * size)[..., None] + step
        image = torch.arange(len(self.ids), device=self.ids.device)
        top = top + image[:, None, None] * rows * size
        flat = top[..., None] * columns * size + left[:, :, None]
        return flat.flatten()

    def convolve(self, x: Tensor, conv: nn.Conv2d) -> Tensor:
        b, _, size, _, c = x.shape
        height, width = (side * size for side in self.grid)
        places = self.pixels(size)
        maps = x.new_zeros(b * height * width, c)
        maps = maps.index_copy(0, places, x.flatten(0, 3))
        maps = conv(maps.view(b, height, width, c))  # (B, H, W, C)
        return maps.reshape(-1, c).index_select(0, places).view(x.shape)


class Conv1x1(PointwiseConv):
    """The same layer, as a convolution of a channels-last map."""

    def forward(self, x: Tensor) -> Tensor:
        maps = x.flatten(0, 1).permute(0, 3, 1, 2)  # (B * N_v, C, p, p)
        maps = F.conv2d(maps, self.weight, self.bias).permute(0, 2, 3, 1)
        return maps.reshape(*x.shape[:-1], -1)


def build_step(
    block: ConvBlock, visible: VisiblePatches, x: Tensor, amp: str
) -> Callable[[], tuple[Tensor, ...]]:
    """A function that runs forward and backward and returns the gradients."""
    inputs = [x, *block.parameters()]

    def run() -> tuple[Tensor, ...]:
        with torch.autocast(x.device.type, DTYPES[amp], enabled=amp != 'none'):
            y = block(x, visible)
        return y, *torch.autograd.grad(y, inputs, torch.ones_like(y))

    return run


def variants(
    stage: int, args: argparse.Namespace
) -> dict[str, Callable[[], tuple[Tensor, ...]]]:
    """The forms of a block of a stage (0 or 1), with the same weights."""
    device = torch.device(args.device)
    channels = ARCHS[args.arch]['embed_dims'][stage]
    size = 4 // 2**stage
    grid = image_grid(args.img_size)
    count = grid[0] * grid[1]
    noise = torch.rand(args.batch_size, count, device=device)
    ids = noise.argsort(dim=1)[:, : -(-count // args.stride)]
    x = torch.randn(*ids.shape, size, size, channels, device=device)
    x.requires_grad_()
    blocks = {}
    for name in ('ours', 'map', 'convolutions'):
        block = ConvBlock(channels, 4, 0.0)
        if name == 'convolutions':
            block.conv1 = Conv1x1(channels, channels)
            block.conv2 = Conv1x1(channels, channels)
            block.mlp.fc1 = Conv1x1(channels, 4 * channels)
            block.mlp.fc2 = Conv1x1(4 * channels, channels)
        blocks[name] = block.to(device)
        block.load_state_dict(blocks['ours'].state_dict())
    return {
        name: build_step(
            block,
            (WholeMaps if name == 'map' else VisiblePatches)(ids, grid),
            x,
            args.amp,
        )
        for name, block in blocks.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--device', default='cpu', help='cpu or cuda')
    parser.add_argument('--batch-size', type=int, default=16)
    parser.add_argument('--img-size', type=int, default=224)
    parser.add_argument('--stride', type=int, default=4, help='of the mask')
    parser.add_argument('--amp', choices=DTYPES, default='none')
    parser.add_argument('--arch', choices=ARCHS, default='base')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    parser.add_argument('--json', help='write the table to this file')
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    rows = []
    for stage in (0, 1):
        steps = variants(stage, args)
        results = {name: step() for name, step in steps.items()}
        seconds = measure.interleaved_medians(steps, device, args.repeats)
        for name in steps:
            rows.append(
                {
                    'stage': stage + 1,
                    'form': name,
                    'forward + backward (s)': seconds[name],
                    'time / ours': seconds[name] / seconds['ours'],
                    'largest difference': max(
                        (a - b).norm().item() / b.norm().item()
                        for a, b in zip(
                            results[name], results['ours'], strict=True
                        )
                    ),
                }
            )
    title = (
        f'conv block of {args.arch}, {args.batch_size} images of '
        f'{args.img_size}, stride {args.stride}, amp {args.amp}; '
        f'{measure.machine(device)}'
    )
    measure.report(title, rows, args.json)


if __name__ == '__main__':
    main()
