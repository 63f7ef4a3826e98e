"""Single values of COCO's JSON: what they are, if they are valid."""

import math


def plain_id(value: object) -> object:
    """An id without the point that programs for tables give to numbers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def is_id(value: object) -> bool:
    """Whether it can be an id: a whole number or a string."""
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def flag_of(value: object) -> bool | None:
    """Yes or no, as numbers, words or nothing; None if it is neither."""
    if value is None:
        return False
    if isinstance(value, str):
        words = {'0': 0, 'false': 0, '': 0, '1': 1, 'true': 1}
        value = words.get(value.strip().lower())
    return bool(value) if value in (0, 1) else None


def declared_size(image: dict) -> tuple[int, int] | None:
    """Height and width, where the annotations have both."""
    size = [image.get('height'), image.get('width')]
    for i, value in enumerate(map(plain_id, size)):
        if isinstance(value, str) and value.strip().isdigit():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        size[i] = value
    return tuple(size) if min(size) > 0 else None


def box_values(values: object) -> list[float] | None:
    """Four finite numbers, which may be strings; None if they are not."""
    if not isinstance(values, (list, tuple)) or len(values) != 4:
        return None
    if any(isinstance(v, bool) for v in values):
        return None
    try:
        numbers = [float(v) for v in values]
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if all(map(math.isfinite, numbers)) else None


def are_polygons(shape: object) -> bool:
    """Whether it is one polygon or more, of three corners or more."""
    return (
        isinstance(shape, list)
        and len(shape) > 0
        and all(
            isinstance(p, list)
            and len(p) >= 6
            and len(p) % 2 == 0
            and all(isinstance(v, (int, float)) for v in p)
            and all(map(math.isfinite, p))
            for p in shape
        )
    )


def runs_of(shape: object, size: tuple[int, int]) -> list[int] | None:
    """Run lengths of a mask, those packed into a string unpacked.

    Columns from left to right, each from top to bottom; the first run, which
    may be 0, is outside of the mask, and they take turns.

    Args:
        shape (object): As COCO has it: a dict of ``size`` and ``counts``.
        size (tuple[int, int]): Height and width of the image.

    Returns:
        list[int] | None: None if it is no mask that fills such an image.
    """
    if not isinstance(shape, dict) or shape.get('size') != list(size):
        return None
    runs = shape.get('counts')
    if isinstance(runs, str):
        runs = _unpacked(runs)
    fits = (
        isinstance(runs, list)
        and all(type(v) is int and v >= 0 for v in runs)
        and sum(runs) == size[0] * size[1]
    )
    return runs if fits else None


def _unpacked(text: str) -> list[int] | None:
    """What pycocotools packed; it reads beyond the end of damaged texts.

    Characters from '0' on carry 6 bits: five of a number, the lowest first,
    and whether more follow. From the fourth run on a number is the
    difference to the run before the last, and its highest bit the sign.
    """
    runs, value, shift = [], 0, 0
    for character in text:
        bits = ord(character) - ord('0')
        if not 0 <= bits < 64:
            return None
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value, shift = 0, 0
    return None if shift else runs


def box_of_runs(runs: list[int], height: int) -> list[float] | None:
    """Left, top, width and height of a mask; None if it has no pixel."""
    xs, ys, start = [], [], 0
    for i, run in enumerate(runs):
        if i % 2 and run:
            left, top = divmod(start, height)
            right, bottom = divmod(start + run - 1, height)
            xs += [left, right]
            # what goes on in the next column has the lowest row and the first
            ys += [top, bottom] if left == right else [0, height - 1]
        start += run
    if not xs:
        return None
    left, top = min(xs), min(ys)
    return [
        float(v) for v in (left, top, max(xs) + 1 - left, max(ys) + 1 - top)
    ]


def box_of(polygons: list[list[float]]) -> list[float]:
    """Left, top, width and height of polygons."""
    xs = [x for polygon in polygons for x in polygon[0::2]]
    ys = [y for polygon in polygons for y in polygon[1::2]]
    return [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]


def polygon_area(polygon: list[float]) -> float:
    """Area of a polygon that does not cross itself."""
    xs, ys = polygon[0::2], polygon[1::2]
    following = zip(xs, ys, xs[1:] + xs[:1], ys[1:] + ys[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for x1, y1, x2, y2 in following)) / 2
