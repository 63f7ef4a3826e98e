"""Make a pre-training set out of folders of infrared images.

Drops what cannot be read, what is too small and near-duplicates, and writes
a list of the rest. Images are neither copied nor changed.

Example:
    python tools/prepare_thermal_set.py downloads/* --out prepared
"""

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from infmae_mm.curation.near_duplicates import MAX_DISTANCE
from infmae_mm.curation.plots import write_pictures
from infmae_mm.curation.preparation import (
    STATISTICS,
    claim_folder,
    measure_all,
)
from infmae_mm.curation.selection import KEPT, STATUSES, Recipe, judge
from infmae_mm.curation.sources import Sources, find_sources
from infmae_mm.curation.statistics_cache import StatisticsCache
from infmae_mm.curation.tables import (
    count_key,
    summarize,
    warnings_of,
    write_tables,
)
from infmae_mm.files import in_a_sentence
from infmae_mm.thermal.damage import printable

DISTANCE = 8


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'sources',
        nargs='+',
        metavar='SRC',
        help='folder tree of images; archives are left aside',
    )
    parser.add_argument(
        '--out',
        required=True,
        type=Path,
        metavar='DST',
        help='new or empty folder, or that of an interrupted run',
    )
    parser.add_argument(
        '--exclude',
        action='append',
        default=[],
        metavar='PATTERN',
        help="leave images out, such as 'masks' or '*_label.png': of the path "
        'below SRC, or of the name of a file or folder on it; repeatable',
    )
    parser.add_argument(
        '--distance',
        type=int,
        default=DISTANCE,
        help='bits of 64 up to which two images are near-duplicates, 0 to '
        f'{MAX_DISTANCE} (default: {DISTANCE})',
    )
    parser.add_argument(
        '--min-size',
        type=int,
        default=20,
        metavar='PIXELS',
        help='drop images whose width and height are both smaller '
        '(default: 20)',
    )
    parser.add_argument(
        '--sample',
        type=int,
        metavar='N',
        help='list only N of the images that are kept, drawn at random',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of the sample (default: 0)'
    )
    parser.add_argument(
        '--statistics',
        type=Path,
        metavar='FILE',
        help=f'{STATISTICS} of another set: images in it are not read again, '
        f'others are added (default: {STATISTICS} in DST)',
    )
    parser.add_argument(
        '--features', type=Path, dest='old_name', help=argparse.SUPPRESS
    )
    parser.add_argument(
        '--workers',
        type=int,
        default=len(os.sched_getaffinity(0)),
        metavar='N',
        help='processes (default: one a core)',
    )
    args = parser.parse_args(argv)
    if args.workers < 1:
        parser.error('--workers must be 1 or more')
    if args.old_name:
        print('--features is called --statistics now; the old name goes.')
        args.statistics = args.old_name
    if args.statistics and not args.statistics.is_file():
        parser.error(f'--statistics: there is no file {args.statistics}')
    return args


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        prepare(args)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {in_a_sentence(error)}') from error
    except BrokenProcessPool as error:
        raise SystemExit(
            'error: a process died, perhaps for want of memory. Run the same '
            'command again, with fewer --workers: what is measured is kept.'
        ) from error
    except KeyboardInterrupt:
        print(
            'Stopped. The same command goes on from here: what is measured '
            'is kept.',
            file=sys.stderr,
        )
        raise SystemExit(130) from None  # as shells tell of Ctrl-C


def no_image(folders: Sequence[str], found: Sources) -> str:
    """Why there is nothing to prepare, in sentences."""
    sentences = [f'There is no image in {", ".join(map(printable, folders))}.']
    if found.archives:
        sentences.append(
            f'{len(found.archives)} archives were found: unpack them first.'
        )
    if found.others:
        sentences.append(f'Passed over: {kinds_of(found)}.')
    if found.unlistable:
        sentences.append(
            f'{len(found.unlistable)} images were found whose paths cannot '
            'stand in a list, for they hold line breaks or are no UTF-8, such '
            f'as {printable(found.unlistable[0])}: rename them, or the '
            'folders that they lie in.'
        )
    for folder, reason in found.closed.items():
        sentences.append(
            f'The folder {printable(folder)} cannot be listed: {reason}.'
        )
    return ' '.join(sentences)


def kinds_of(found: Sources) -> str:
    """The most frequent endings of files that are no images."""
    some = list(found.others.items())[:5]
    more = len(found.others) - len(some)
    listed = ', '.join(f'{count} {ending}' for ending, count in some)
    return listed + (f' and {more} more kinds' if more else '')


def prepare(args: argparse.Namespace) -> None:
    """Make the set."""
    recipe = Recipe(
        sources=tuple(os.path.abspath(source) for source in args.sources),
        distance=args.distance,
        min_size=args.min_size,
        sample=args.sample,
        seed=args.seed,
        exclude=tuple(args.exclude),
    )
    sources = find_sources(recipe.sources, recipe.exclude)
    if not sources.images:
        raise ValueError(no_image(args.sources, sources))
    if args.sample and args.sample > len(sources.images):
        raise ValueError(
            f'A sample of {args.sample} was asked for, but there are only '
            f'{len(sources.images)} images.'
        )
    claim_folder(args.out, recipe)
    with StatisticsCache(args.statistics or args.out / STATISTICS) as cache:
        results = measure_all(sources.images, cache, args.workers)
    verdicts = judge(sources.images, results, recipe)
    summary = summarize(recipe, sources, verdicts)
    write_pictures(args.out, verdicts)
    write_tables(args.out, summary, verdicts)
    for status in STATUSES:
        print(f'{summary[count_key(status)]:9} {status}')
    if len(recipe.sources) > 1:
        for source, counts in summary['sources'].items():
            kept, all_of = counts[count_key(KEPT)], sum(counts.values())
            print(f'{kept:9} kept of {all_of} in {printable(source)}')
    if sources.excluded:
        print(f'{sources.excluded:9} excluded')
    if sources.archives:
        print(f'{len(sources.archives):9} archives skipped')
    if sources.others:
        count = sum(sources.others.values())
        print(f'{count:9} files of other kinds: {kinds_of(sources)}')
    if sources.unlistable:
        print(f'{len(sources.unlistable):9} images with unusable names')
    if sources.closed:
        print(f'{len(sources.closed):9} folders that cannot be listed')
    for line in warnings_of(summary):
        print(f'Warning: {line}')
    if not any(verdict.status == KEPT for verdict in verdicts):
        raise ValueError(f'No image is kept: see {args.out / "images.csv"}.')
    print(f'The list is {printable(str(args.out / "train.txt"))}.')


if __name__ == '__main__':
    main()
