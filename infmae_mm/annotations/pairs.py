"""Images and the masks or label maps of them: sizes and values, beforehand."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

from ..thermal.headers import image_sizes, loaded_size
from ..thermal.reading import UnreadableImageError
from .error import AnnotationError

SAMPLE = 256
"""Labels whose values are looked at before the first iteration.

A second of a processor: less than one part in a hundred of any training.
"""


Size = tuple[int, int]
"""Height and width."""


def check_sizes(
    pairs: Mapping[str, str],
    what: str,
    known: Mapping[str, tuple[Size, Size]] = MappingProxyType({}),
) -> list[str]:
    """See from the headers that labels have the sizes of their images.

    Args:
        pairs (Mapping[str, str]): The label of each image, local files.
        what (str): What a label is, for messages: 'label map' or 'mask'.
        known (Mapping): Images whose label is of another size as published:
            the size of the image and that of the label.

    Returns:
        list[str]: Of ``known``, the images that are so here.

    Raises:
        AnnotationError: If files cannot be read, or sizes differ; all of
            them are listed.
    """
    sizes = image_sizes([*pairs, *pairs.values()])
    problems, as_known = [], []
    for image, label in pairs.items():
        pair = (('image', image), (what, label))
        broken = [
            f'cannot read the {kind} {path}: {sizes[path].reason}'
            for kind, path in pair
            if isinstance(sizes[path], UnreadableImageError)
        ]
        problems += broken
        if broken or sizes[image] == sizes[label]:
            continue
        (height, width), (h, w) = loaded_size(image), loaded_size(label)
        if known.get(image) == ((height, width), (h, w)):
            as_known.append(image)
        elif (height, width) != (h, w):
            problems.append(
                f'the {what} {label} has {w}x{h} pixels, its image {image} '
                f'has {width}x{height}'
            )
    if problems:
        raise AnnotationError(
            f'{len(problems)} of {len(pairs)} images or their {what}s cannot '
            f'be used: {"; ".join(problems)}. Make both the same size '
            '(labels are resized by nearest neighbour), and write damaged '
            'files again.'
        )
    return as_known


def check_some(labels: Sequence[str], check: Callable[[str], object]) -> None:
    """Look at the values of some labels, spread over the set.

    A wrong way of writing labels shows in each of them, so that a few tell
    it before the first iteration. A smaller set is looked at as a whole; of a
    larger one the others are checked when they are first read.

    Args:
        labels (Sequence[str]): Label files.
        check (Callable): Reads one, and raises what is wrong with it.
    """
    count = min(len(labels), SAMPLE)
    some = [labels[i * len(labels) // count] for i in range(count)]
    with ThreadPoolExecutor() as readers:
        for _ in readers.map(check, some):
            pass
