import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from toy_sets import run, save

from infmae_mm.synthetic.scenes import render_scene

# Configs of runs import `toy`.
sys.path.insert(0, str(Path(__file__).parents[1] / 'engine'))


@pytest.fixture(scope='module')
def planted(tmp_path_factory):
    """Five scenes, copies of them, and what does not belong into a set."""
    root = tmp_path_factory.mktemp('downloads')
    scenes = [
        render_scene(np.random.default_rng(i), (200, 300)).image
        for i in range(5)
    ]
    for i, scene in enumerate(scenes):
        save(root / f'a/{i}.png', scene)
    half = cv2.resize(scenes[0], None, fx=0.5, fy=0.5, interpolation=3)
    save(root / 'b/resized.png', half)
    cv2.imwrite(str(root / 'b/coded.jpg'), scenes[1], [1, 50])
    save(root / 'b/brighter.png', cv2.add(scenes[2], 15))
    save(root / 'b/same.bmp', scenes[3])
    save(root / 'b/flipped.png', scenes[4][:, ::-1])
    save(root / 'c/tiny.png', scenes[0][:19, :19])
    save(root / 'c/narrow.png', scenes[1][:19, :20])
    (root / 'a/2b.png').write_bytes((root / 'a/2.png').read_bytes()[:900])
    (root / 'a/more.zip').write_bytes(b'PK')
    (root / 'a/notes.txt').write_text('a note')
    return root


@pytest.fixture(scope='module')
def prepared(planted, tmp_path_factory):
    out = tmp_path_factory.mktemp('made') / 'set'
    run(planted, '--out', out, '--workers=1')
    return out
