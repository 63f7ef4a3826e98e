"""Render infrared-like scenes into the layout of a public set."""

import argparse
import sys

from infmae_mm.files import in_a_sentence
from infmae_mm.synthetic.layouts import LAYOUTS, write_scenes


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', help='new or empty folder')
    parser.add_argument('--layout', choices=LAYOUTS, default='pretrain')
    parser.add_argument('--num', type=int, default=64, help='images')
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        default=(480, 640),
        metavar=('HEIGHT', 'WIDTH'),
    )
    parser.add_argument(
        '--bits',
        type=int,
        choices=(8, 16),
        default=8,
        help='16: raw counts (layout pretrain only)',
    )
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    try:
        written = write_scenes(
            args.out, args.layout, args.num, args.size, args.bits, args.seed
        )
    except (ValueError, OSError) as error:
        sys.exit(f'error: {in_a_sentence(error)}')
    print(
        f'{args.out}: {written} images written, '
        f'{args.num - written} were there ({args.layout})'
    )


if __name__ == '__main__':
    main()
