"""``python -m infmae_mm``: what the package itself can tell."""

import argparse
import sys

from .configs import config_files, config_root


def list_configs(words: list[str]) -> int:
    """Print the path of each config whose own path has every word."""
    root = config_root()
    found = [
        path
        for path in config_files()
        if all(word in str(path.relative_to(root)) for word in words)
    ]
    for path in found:
        print(path)
    if not found:
        print(f'No config has {" and ".join(words)}.', file=sys.stderr)
    return int(not found)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog='python -m infmae_mm')
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    configs = commands.add_parser(
        'configs', help='print the paths of the configs of the package'
    )
    configs.add_argument(
        'words', nargs='*', help='only paths that have all of these words'
    )
    return list_configs(parser.parse_args(argv).words)


if __name__ == '__main__':
    sys.exit(main())
