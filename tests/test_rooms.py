"""Which room of the package may import which (docs/architecture.md)."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'infmae_mm'
# A room imports rooms of the lists above its own, or, in the first three
# lists, of its own.
BASE = 'archs compatibility configs files quiet registry sizes version'
CORE = (
    'attention backbone checkpoint classes conversion depthwise layers '
    'masking patches position windows'
)
SHARED = 'annotations curation drawing engine synthetic thermal'
WINGS = 'classification detection pretrain segmentation small_target'
ABOVE = 'compare deploy rivals'
FLOORS = [floor.split() for floor in (BASE, CORE, SHARED, WINGS, ABOVE)]
LEVELS = {room: i for i, floor in enumerate(FLOORS) for room in floor}
NO_CODE = ('.mim', '__pycache__', 'weights')
MODULES = sorted(PACKAGE.rglob('*.py'))


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
            together = LEVELS[room] <= 2 and LEVELS[room] == LEVELS[other]
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


def picture() -> str:
    page = (ROOT / 'docs' / 'architecture.md').read_text()
    return page.partition('```mermaid')[2].partition('```')[0]


def test_the_picture_shows_every_room():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    for room in folders - {'.mim', '__pycache__'}:
        assert room in picture()


def test_the_picture_has_the_arrows_of_the_code():
    arrows = re.findall(r'(\w+) --> (\w+)', picture())
    boxes = dict.fromkeys(WINGS.split(), 'wings')
    boxes |= dict.fromkeys(CORE.split(), 'backbone')
    boxes |= {room: room for room in f'{SHARED} {ABOVE} checkpoint'.split()}
    real = {
        (boxes[room], boxes[other])
        for room in boxes
        for path in MODULES
        if room_of(path) == room
        for other in imported(path)
        # the lowest box, and an old name
        if other in boxes and other not in ('classes', 'conversion')
    }
    real = {(a, b) for a, b in real if a != b}
    shown = {tuple(boxes.get(room, room) for room in a) for a in arrows}
    assert shown - {('checkpoint', 'weights')} <= real
    reached = set(shown)
    while (
        more := {(a, d) for a, b in reached for c, d in shown if b == c}
        - reached
    ):
        reached |= more
    assert real <= reached
