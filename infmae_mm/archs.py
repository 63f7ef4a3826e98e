"""Architectures of the encoder, by name."""

from typing import Any

ARCHS: dict[str, dict[str, Any]] = {
    'tiny': dict(embed_dims=(32, 48, 64), depths=(1, 1, 2), num_heads=4),
    # As many parameters as widths of (64, 128, 192) and two blocks in stage 1,
    # in three quarters of their time: stage 1 is cheap to store and dear to
    # compute (tools/benchmarks/arch_latency.py).
    'mini': dict(embed_dims=(48, 96, 192), depths=(1, 2, 6), num_heads=6),
    'small': dict(embed_dims=(128, 256, 384), depths=(2, 2, 11), num_heads=6),
    'base': dict(embed_dims=(256, 384, 768), depths=(2, 2, 11), num_heads=12),
    'large': dict(
        embed_dims=(384, 768, 1024), depths=(2, 2, 23), num_heads=16
    ),
}


def parse_arch(
    arch: str | dict,
) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Embedding dims, depths and number of heads of an architecture.

    Raises:
        ValueError: If there is no such architecture, or it cannot be built.
    """
    if isinstance(arch, str):
        if arch not in ARCHS:
            raise ValueError(f'arch must be one of {[*ARCHS]}, got {arch!r}.')
        arch = ARCHS[arch]
    keys = {'embed_dims', 'depths', 'num_heads'}
    if set(arch) != keys:
        raise ValueError(
            f'An arch dict has the keys {sorted(keys)}, got {sorted(arch)}.'
        )
    dims, depths = tuple(arch['embed_dims']), tuple(arch['depths'])
    if len(dims) != 3 or len(depths) != 3:
        raise ValueError(
            'An arch has three embed_dims and three depths, one for each '
            f'stage; got {dims} and {depths}.'
        )
    heads = arch['num_heads']
    for number in (*dims, *depths, heads):
        if not isinstance(number, int) or number < 1:
            raise ValueError(
                'embed_dims, depths and num_heads of an arch must be whole '
                f'numbers of 1 or more; got {dims}, {depths} and {heads}.'
            )
    if dims[2] % heads:
        raise ValueError(
            f'num_heads={heads} does not divide the {dims[2]} channels of '
            'the transformer stage.'
        )
    return dims, depths, heads
