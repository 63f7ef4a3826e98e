"""Convert a checkpoint: from and to the authors' names, or to a backbone.

Examples:
    # the authors' file, for pre-training to go on or to be looked at
    python tools/convert_checkpoint.py InfMAE.pth infmae_base.pth
    # what fine-tuning needs of a pre-training checkpoint
    python tools/convert_checkpoint.py work_dirs/run/epoch_400.pth backbone.pth
    # back to the authors' code
    python tools/convert_checkpoint.py work_dirs/run/epoch_400.pth theirs.pth \
        --to authors
    # MCMAE's public file, to start from it (docs/starts.md)
    python tools/convert_checkpoint.py convmae_base.pth mcmae_base.pth
"""

import argparse
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from infmae_mm import InfMAE, __version__
from infmae_mm.checkpoint import (
    NUM_HEADS,
    CheckpointError,
    backbone_state_dict,
    extract_state_dict,
    from_authors,
    group_names,
    heads_of_file,
    kind_of,
    read_checkpoint,
    to_authors,
    to_pretrain,
)
from infmae_mm.checkpoint.mcmae import RELATIVE, as_infmae, mcmae_kind
from infmae_mm.checkpoint.names import (
    AUTHORS_SCORE,
    BACKBONE,
    NECK,
    SCORE_FILTER,
    StateDict,
)
from infmae_mm.files import sha256, write_atomically

KINDS = dict(
    authors="the authors' names",
    pretrain='a pre-training checkpoint',
    model='a model with a backbone',
    backbone='a backbone-only file',
)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Convert a checkpoint of InfMAE. SRC may be the '
        "authors' file, a pre-training checkpoint, a segmentor's or "
        "detector's, a backbone-only file, or one of MCMAE's (pre-training, "
        'classification, segmentation, detection); which one shows by its '
        'names. '
        'DST holds weights alone: no optimizer, no training state.',
    )
    parser.add_argument('src', metavar='SRC', type=Path, help='local file')
    parser.add_argument('dst', metavar='DST', type=Path, help='file to write')
    parser.add_argument(
        '--to',
        choices=('pretrain', 'backbone', 'authors'),
        help="'pretrain': backbone and decoder under this project's names "
        "(default for the authors' file); 'backbone': what init_cfg of a "
        "segmentor or detector needs (default for all others); 'authors': "
        "{'model': ...} under the authors' names",
    )
    parser.add_argument(
        '--force', action='store_true', help='replace DST if it exists'
    )
    return parser.parse_args(argv)


def describe(state_dict: StateDict) -> str:
    """What a file is, in words."""
    mcmae = mcmae_kind(state_dict)
    if mcmae is None:
        return KINDS[kind_of(state_dict)]
    if mcmae == 'pre-training':
        return f'MCMAE, decoder depth {depth(state_dict, "decoder_blocks.")}'
    return f'MCMAE, fine-tuned for {mcmae}'


def depth(names: Iterable[str], blocks: str) -> int:
    """How many blocks of a name there are."""
    return len({n.split('.')[1] for n in names if n.startswith(blocks)})


def convert(state_dict: StateDict, to: str) -> StateDict:
    """Rename weights of any kind."""
    if to == 'backbone':
        return backbone_state_dict(state_dict)
    if kind_of(state_dict) == 'authors':
        state_dict = from_authors(state_dict)
    ours = to_pretrain(state_dict)
    return to_authors(ours) if to == 'authors' else ours


def canonical(name: str) -> str:
    """One spelling for the names of the same weight."""
    name = name.removeprefix(BACKBONE).removeprefix(NECK)
    return f'{AUTHORS_SCORE}weight' if name == SCORE_FILTER else name


def expected_names(
    names: Iterable[str], to: str, score: bool = True
) -> list[str]:
    """Names that a complete result has, as :func:`canonical` spells them.

    Args:
        names (Iterable[str]): Of the result: they tell the depths.
        to (str): As on the command line.
        score (bool): Whether pre-training has a score filter.
    """
    names = [canonical(name) for name in names]
    with torch.device('meta'):
        depths = [max(depth(names, f'blocks{i}.'), 1) for i in (1, 2, 3)]
        arch = dict(embed_dims=(4, 4, 4), depths=depths, num_heads=1)
        model = InfMAE(arch, out_indices=(0, 1, 2))
    expected = list(model.state_dict())
    if to == 'backbone':
        return expected
    block = [n.removeprefix('blocks3.0') for n in expected if 's3.0.' in n]
    layers = [
        f'{AUTHORS_SCORE[:-1]}',
        'stage1_output_decode',
        'stage2_output_decode',
        'norm',
        'decoder_embed',
        'decoder_norm',
        'decoder_pred',
    ]
    expected += [f'{n}.{p}' for n in layers for p in ('weight', 'bias')]
    expected += ['mask_token', 'decoder_pos_embed']
    expected += [
        f'decoder_blocks.{i}{name}'
        for i in range(max(depth(names, 'decoder_blocks.'), 1))
        for name in block
    ]
    if to == 'pretrain' or not score:  # one filter, without a bias
        expected.remove(f'{AUTHORS_SCORE}bias')
    if not score:
        expected.remove(f'{AUTHORS_SCORE}weight')
    return expected


def notes(kind: str, to: str, result: StateDict) -> list[str]:
    """What a user should know of this conversion."""
    score = any(canonical(n) == f'{AUTHORS_SCORE}weight' for n in result)
    found = []
    if kind == 'authors' and to == 'pretrain' and score:
        found.append(
            'The authors sort scores in ascending order: use the file with '
            "masking=dict(type='InformationAwareMasking', order='ascending')."
        )
    if to == 'authors' and score and kind != 'authors':
        found.append(
            f'{AUTHORS_SCORE}weight repeats the one score filter, and its '
            "bias is 0. The authors' code sorts in ascending order: a model "
            "trained with order='descending' sees other patches there."
        )
    if to == 'authors' and not score:
        found.append(
            'The source has no score filter (random masking, or no '
            f'pre-training file): {AUTHORS_SCORE}* is not written.'
        )
    stem = result.get('patch_embed1.proj.weight')
    if to == 'authors' and stem is not None and stem.shape[1] != 3:
        found.append("The model has one channel; the authors' code has three.")
    return found


def mcmae_notes(source: StateDict, to: str) -> list[str]:
    """What a user should know of a file of MCMAE."""
    found = []
    if mcmae_kind(source) == 'pre-training' and to == 'pretrain':
        found.append(
            'MCMAE masks at random, so there is no score filter: a model with '
            'InformationAwareMasking keeps its own. The decoder has '
            f'{depth(source, "decoder_blocks.")} blocks: '
            'model.neck.decoder_depth.'
        )
    if any('.gamma_' in name for name in source):
        found.append(
            'The scales gamma_1 and gamma_2 are folded into the layers before '
            'them, which changes no output.'
        )
    if any(name.endswith(RELATIVE) for name in source):
        found.append(
            'The biases between positions are dropped: InfMAE has none, so '
            "its maps differ from this network's until it is fine-tuned. The "
            'pre-training file has no such biases: start from that.'
        )
    return found


def report(rows: dict[str, Sequence[str]]) -> Table:
    """A table of what was taken, dropped and missing."""
    table = Table('', 'weights', 'of')
    for what, names in rows.items():
        table.add_row(what, str(len(names)), group_names(names))
    return table


def write(checkpoint: dict, path: Path) -> None:
    """Write a file that is, at any moment, absent, old or complete."""
    content = io.BytesIO()
    torch.save(checkpoint, content)
    try:
        write_atomically(content.getbuffer(), path)
    except OSError as error:
        raise SystemExit(
            f'{path} was not written, and nothing is left of it: {error}. '
            'Make room, or name another DST.'
        ) from error


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    if args.dst.is_dir():
        raise SystemExit(f'{args.dst} is a folder; name a file in it.')
    if args.dst.exists() and not args.force:
        raise SystemExit(f'{args.dst} exists. Use --force to replace it.')
    if args.dst.resolve() == args.src.resolve():
        raise SystemExit('SRC and DST are one file; name another DST.')
    try:
        checkpoint = read_checkpoint(args.src)
        source = extract_state_dict(checkpoint, args.src)
    except CheckpointError as error:
        raise SystemExit(str(error)) from error
    what, mcmae = describe(source), mcmae_kind(source)
    remarks = []
    kind = kind_of(source)
    to = args.to or ('pretrain' if kind == 'authors' else 'backbone')
    if mcmae is not None:
        remarks = mcmae_notes(source, to)
        source = as_infmae(source)
    result = convert(source, to)
    expected = expected_names(result, to, score=mcmae is None)
    written = {canonical(name) for name in result}
    if written.isdisjoint(expected):
        raise SystemExit(
            f'Nothing in {args.src} belongs to InfMAE, so nothing was '
            f'written. It holds {len(source)} weights: '
            f'{group_names(source)}. Wanted are such as: '
            f'{group_names(expected)}.'
        )
    meta = dict(
        infmae_mm=__version__,
        source=args.src.name,
        source_sha256=sha256(args.src),
    )
    if (heads := heads_of_file(checkpoint)) is not None:
        meta[NUM_HEADS] = heads
    # A view would be saved with all of its storage.
    result = {name: value.clone() for name, value in result.items()}
    weights = 'model' if to == 'authors' else 'state_dict'
    write({weights: result, 'meta': meta}, args.dst)

    console = Console()
    console.print(f'{args.src}: {what}', soft_wrap=True)
    console.print(
        report(
            dict(
                taken=[n for n in source if canonical(n) in written],
                dropped=[n for n in source if canonical(n) not in written],
                missing=[n for n in expected if n not in written],
            )
        )
    )
    for note in remarks or notes(kind, to, result):
        console.print(f'Note: {note}')
    console.print(f'Wrote {args.dst}: {KINDS[to]}', soft_wrap=True)


if __name__ == '__main__':
    main()
