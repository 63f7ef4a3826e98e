"""Classes of the published sets and the colours they are drawn in.

Names stand in the order of their ids. Colours are RGB, 0 to 255.
"""

import colorsys
from collections.abc import Iterable, Sequence
from numbers import Integral

M3FD_CLASSES = ('People', 'Car', 'Bus', 'Motorcycle', 'Lamp', 'Truck')

M3FD_PALETTE = (
    (255, 80, 80),
    (90, 200, 255),
    (255, 200, 60),
    (210, 120, 255),
    (120, 255, 120),
    (255, 140, 0),
)
"""Bright, as boxes are thin: the set has no colours of its own."""

MSRS_CLASSES = (
    'unlabelled',
    'car',
    'person',
    'bike',
    'curve',
    'car_stop',
    'guardrail',
    'color_cone',
    'bump',
)

MSRS_PALETTE = (
    (0, 0, 0),
    (64, 0, 128),
    (64, 64, 0),
    (0, 128, 192),
    (0, 0, 192),
    (128, 128, 0),
    (64, 64, 128),
    (192, 128, 128),
    (192, 64, 0),
)
"""Those of the published label maps."""

SMALL_TARGET_CLASSES = ('background', 'target')

SMALL_TARGET_PALETTE = ((0, 0, 0), (255, 64, 64))


def bright_colour(id: int) -> tuple[int, int, int]:
    """A colour for a class that has none."""
    # steps of the golden ratio keep the hues of few classes apart
    red, green, blue = colorsys.hsv_to_rgb((0.02 + 0.618 * id) % 1, 0.8, 1)
    return round(255 * red), round(255 * green), round(255 * blue)


class LabelError(ValueError):
    """Labels, or their classes, that do not fit; says what to do."""


def check_class_names(classes: Sequence[str] | str) -> tuple[str, ...]:
    """See that classes are names, each once.

    Args:
        classes (Sequence[str]): As ``metainfo=dict(classes=...)`` has them.

    Returns:
        tuple[str, ...]: The same.

    Raises:
        LabelError: If it is one string, whose letters would be the classes,
            or a set, which has no order; if a name is no string, empty or
            there twice; if there is none.
    """
    if isinstance(classes, str):
        raise LabelError(
            f'classes={classes!r} is one string, not a list of names. A '
            f'single class is written with a comma: ({classes!r},).'
        )
    if not isinstance(classes, Sequence):
        raise LabelError(
            f'classes={classes!r} is a {type(classes).__name__}, not a list '
            'of names: their order numbers the classes.'
        )
    names = tuple(classes)
    wrong = [name for name in names if not isinstance(name, str) or not name]
    if wrong:
        raise LabelError(f'classes has {wrong[0]!r}, which is no name.')
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LabelError(f'classes has {twice[0]!r} more than once.')
    if not names:
        raise LabelError('classes is empty: give the names of the classes.')
    return names


def check_palette(palette: Sequence[Sequence[int]]) -> None:
    """See that colours can be drawn.

    Args:
        palette (Sequence[Sequence[int]]): RGB, 0 to 255, a colour each.

    Raises:
        LabelError: If one is something else, such as a name or a fraction.
    """
    for colour in palette:
        values = tuple(colour) if isinstance(colour, Iterable) else ()
        if len(values) != 3 or not all(
            isinstance(v, Integral) and 0 <= v <= 255 for v in values
        ):
            raise LabelError(
                f'palette has {colour!r}, which is no colour: it has three '
                'whole numbers of 0 to 255, red, green and blue.'
            )


def check_order(
    classes: Sequence[str], others: Sequence[str], of: str
) -> None:
    """See that two do not have the same classes in another order.

    Args:
        classes (Sequence[str]): Names of the classes.
        others (Sequence[str]): Those of something else.
        of (str): What has them, for the error: 'the train set has them'.

    Raises:
        LabelError: If the names are the same, and their order is not.
    """
    classes, others = list(classes), list(others)
    if classes != others and sorted(classes) == sorted(others):
        raise LabelError(
            f'the classes are {", ".join(classes)}, and {of} in another '
            f'order, {", ".join(others)}: their order numbers the classes, so '
            'that what is measured would be wrong. Give both the same.'
        )
