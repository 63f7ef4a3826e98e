"""A set of two classes."""

import cv2
import numpy as np
import pytest


@pytest.fixture
def folders(tmp_path):
    """Two classes, bright and dark, in train and val."""
    rng = np.random.default_rng(0)
    for split in ('train', 'val'):
        for name, level in (('bright', 200), ('dark', 50)):
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for i in range(4):
                image = rng.normal(level, 10, (40, 24)).clip(0, 255)
                cv2.imwrite(str(folder / f'{i}.png'), image.astype(np.uint8))
    return tmp_path
