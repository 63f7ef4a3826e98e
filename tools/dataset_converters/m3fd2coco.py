"""Convert M3FD, or boxes in any Pascal VOC XML: to_coco.py with its classes.

Example:
    # M3FD has no official split: m3fd_train.json and m3fd_val.json
    python tools/dataset_converters/m3fd2coco.py data/M3FD/Annotation \
        data/M3FD/m3fd.json --ratio 0.8 --seed 0
"""

import runpy
from collections.abc import Sequence
from pathlib import Path

from infmae_mm.classes import M3FD_CLASSES

TO_COCO = Path(__file__).with_name('to_coco.py')


def main(argv: Sequence[str] | None = None) -> None:
    to_coco = runpy.run_path(str(TO_COCO))['main']
    to_coco(argv, kind='voc', classes=M3FD_CLASSES)


if __name__ == '__main__':
    main()
