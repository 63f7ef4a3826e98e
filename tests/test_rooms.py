"""Which room of the package may import which (docs/architecture.md)."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'infmae_mm'
# A room imports rooms of the lists above its own, or, in the first two lists,
# of its own.
BASE = 'archs compatibility configs files quiet registry sizes version'
CORE = (
    'attention backbone checkpoint classes conversion depthwise layers '
    'masking patches position windows'
)
IMAGES = 'drawing thermal'
SHARED = 'annotations curation engine synthetic'
WINGS = 'classification detection pretrain segmentation small_target'
ABOVE = 'compare deploy rivals'
FLOORS = [
    floor.split() for floor in (BASE, CORE, IMAGES, SHARED, WINGS, ABOVE)
]
LEVELS = {room: i for i, floor in enumerate(FLOORS) for room in floor}
NO_CODE = ('.mim', '__pycache__', 'weights')
MODULES = sorted(PACKAGE.rglob('*.py'))


def test_the_picture_shows_the_rooms():
    svg = (ROOT / 'docs' / 'rooms.svg').read_text('utf-8')
    floors = svg.split('rx="8"')[1:]  # a frame each, from the top
    shown = [re.findall(r'"bold"[^>]*>(\w+)<', floor) for floor in floors]
    assert [sorted(rooms) for rooms in shown[::-1]] == [
        sorted(floor) for floor in FLOORS
    ]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix('').parts[0]


@cache
def imported(path: Path) -> set[str]:
    """Rooms that a file imports."""
    package = path.relative_to(PACKAGE).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text('utf-8'))):
        if not isinstance(node, ast.ImportFrom):
            continue
        names = [node.module] if node.module else [a.name for a in node.names]
        if node.level:
            above = package[: len(package) - node.level + 1]
            names = ['.'.join((PACKAGE.name, *above, name)) for name in names]
        found |= {
            name.split('.')[1]
            for name in names
            if name.startswith(f'{PACKAGE.name}.')
        }
    return found


@pytest.mark.parametrize('room', LEVELS)
def test_arrows_point_down(room):
    paths = [p for p in MODULES if room_of(p) == room]
    assert paths, 'a room that is not there'
    for path in paths:
        for other in imported(path) - {room}:
            together = LEVELS[room] <= 1 and LEVELS[room] == LEVELS[other]
            assert LEVELS[other] < LEVELS[room] or together, path


def test_no_circles():
    arrows = {
        room: set().union(
            *(imported(p) for p in MODULES if room_of(p) == room)
        )
        for room in LEVELS
    }
    left = dict(arrows)
    while left:
        leaves = [room for room in left if not (left[room] - {room}) & {*left}]
        assert leaves, f'a circle among {sorted(left)}'
        for room in leaves:
            del left[room]


def test_every_room_has_its_place():
    there = {room_of(path) for path in PACKAGE.iterdir()}
    assert there - {*NO_CODE} == {*LEVELS, '__init__', '__main__'}
