"""Commands of README and pages, run one after the other at tiny size.

Each command stands on its page to the letter. What is replaced in it, and
nothing else, makes it small: a config of the paper by one of seconds, a file
of long training by that of the run before.
"""

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from infmae_mm.synthetic.layouts import write_scenes

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r'^```shell\n(.*?)^```', flags=re.M | re.S)

SMALL_LOADER = 'dict(batch_size=2, num_workers=0, persistent_workers=False)'
PRETRAIN = f"""
_base_ = '{ROOT}/configs/pretrain/infmae_tiny_1xb64-200e_inf30-128.py'
train_dataloader = {SMALL_LOADER}
val_dataloader = {SMALL_LOADER}
train_dataloader.update(dataset=dict(holdout=0.5))
val_dataloader.update(dataset=dict(holdout=0.5))
test_dataloader = val_dataloader
train_cfg = dict(max_epochs=1, val_interval=1)
param_scheduler = [dict(type='ConstantLR', factor=1.0)]
"""
SEGMENTATION = f"""
_base_ = '{ROOT}/configs/segmentation/infmae-tiny_upernet_custom.py'
train_dataloader = {SMALL_LOADER}
val_dataloader = dict({SMALL_LOADER}, batch_size=1)
test_dataloader = val_dataloader
train_cfg = dict(max_iters=2, val_interval=2)
default_hooks = dict(checkpoint=dict(interval=2))
param_scheduler = [dict(type='ConstantLR', factor=1.0, by_epoch=False)]
"""
TRAINED = 'work_dirs/mine/epoch_1.pth'
FINE_TUNED = 'work_dirs/segmentation/iter_2.pth'
# main of these returns values
MEASURES = ('tools/test.py',)
# (start of the command, what is replaced in it, what it leaves)
README = [
    (
        'python tools/prepare_thermal_set.py my_images more_images',
        {},
        'prepared/train.txt',
    ),
    (
        'python tools/train.py configs/pretrain/',
        {r'configs/\S+': 'pretrain.py'},
        TRAINED,
    ),
    (
        'python tools/browse_thermal.py CONFIG',
        {'CONFIG': 'pretrain.py --data-root my_images'},
        'sheets',
    ),
    (
        'python tools/visualize_reconstruction.py CONFIG',
        {
            'CONFIG': 'pretrain.py',
            'CHECKPOINT': TRAINED,
            r'IMAGES\.\.\.': 'my_images/0.png',
        },
        'work_dirs',
    ),
    (
        'python tools/convert_checkpoint.py epoch_400.pth backbone.pth',
        {'epoch_400.pth': TRAINED},
        'backbone.pth',
    ),
    (
        'python tools/convert_checkpoint.py epoch_400.pth theirs.pth',
        {'epoch_400.pth': TRAINED},
        'theirs.pth',
    ),
    (
        'python tools/convert_checkpoint.py InfMAE.pth',
        {'InfMAE.pth': 'theirs.pth'},
        'infmae_base.pth',
    ),
    (
        'python tools/train.py CONFIG --data-root FOLDER',
        {
            'CONFIG': 'segmentation.py --work-dir work_dirs/segmentation',
            'FOLDER': 'my_set',
            'epoch_400': 'epoch_1',
        },
        FINE_TUNED,
    ),
    (
        'python tools/test.py CONFIG CHECKPOINT --data-root FOLDER',
        {
            'CONFIG': 'segmentation.py',
            'CHECKPOINT': FINE_TUNED,
            'FOLDER': 'my_set',
        },
        'pictures',
    ),
    (
        'python tools/predict.py CONFIG CHECKPOINT my_images',
        {'CONFIG': 'segmentation.py', 'CHECKPOINT': FINE_TUNED},
        'found',
    ),
    (
        'python tools/export.py CONFIG CHECKPOINT model.onnx',
        {'CONFIG': 'segmentation.py', 'CHECKPOINT': FINE_TUNED},
        'model.onnx',
    ),
    (
        'python infmae_runtime.py model.onnx my_images',
        {},
        'found_there',
    ),
    ('python -m infmae_mm configs tiny', {}, None),
    (
        'python tools/compare.py configs/compare/own_segmentation.py',
        {'$': ' --dry-run --no-rehearsal'},
        None,
    ),
]
DETECTION = [
    (
        'python tools/dataset_converters/m3fd2coco.py data/M3FD/Annotation',
        {'$': ' --sequence-length 2'},
        'data/M3FD/m3fd_val.json',
    ),
    (
        'python tools/dataset_converters/to_coco.py my_set/Annotations',
        {
            'my_set/Annotations': 'data/M3FD/Annotation',
            'my_set/set.json': 'voc.json',
            'animal vehicle': 'People Car Bus Motorcycle Lamp Truck',
            '$': ' --sequence-length 2',
        },
        'voc_val.json',
    ),
    (
        'python tools/dataset_converters/to_coco.py sirst/masks',
        {},
        'sirst.json',
    ),
    (
        'python tools/dataset_converters/to_coco.py coco_train.json',
        {
            r'coco_(train|val)': r'data/M3FD/m3fd_\1',
            'JPEGImages': 'data/M3FD/Ir',
        },
        'yolo_set/data.yaml',
    ),
    (
        'python tools/dataset_converters/to_coco.py my_set/data.yaml',
        {
            'my_set/data.yaml': 'yolo_set/data.yaml',
            'my_set/set.json': 'yolo.json',
        },
        'yolo_val.json',
    ),
]
OTHERS = {
    # run by tests of their own
    'README.md': ('tools/dist_train', 'tools/slurm_train', 'mim ', 'make ')
    # what installs; from an environment of its own: test_packaging
    + ('pip ', "python -c 'import mmcv.ops'"),
}


def commands(page):
    for text in BLOCK.findall((ROOT / page).read_text()):
        for line in text.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield re.sub(r'\s+', ' ', line.partition(' #')[0]).strip()


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    """A folder with what a user has."""
    folder = tmp_path_factory.mktemp('walk')
    rng = np.random.default_rng(0)

    def write(name, image):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), image)

    for i in range(8):
        noise = rng.integers(0, 256, (6, 8), np.uint8)
        image = cv2.resize(noise, (80, 60), interpolation=cv2.INTER_CUBIC)
        write(f'my_images/{i}.png', image)
        write(f'more_images/{i}.png', 255 - image[:, ::-1])
        part = 'val' if i > 5 else 'train'
        write(f'my_set/images/{part}/{i}.png', image)
        write(f'my_set/labels/{part}/{i}.png', (image > 128).astype(np.uint8))
    (folder / 'pretrain.py').write_text(PRETRAIN)
    (folder / 'segmentation.py').write_text(SEGMENTATION)
    write_scenes(str(folder / 'data' / 'M3FD'), 'm3fd', num=6, size=(96, 128))
    write_scenes(str(folder / 'sirst'), 'sirst', num=3, size=(64, 64))
    for tool in ('tools', 'configs'):
        (folder / tool).symlink_to(ROOT / tool)
    return folder


def walk(page, steps, place, monkeypatch):
    monkeypatch.chdir(place)
    there = list(commands(page))
    for start, replaced, left in steps:
        found = [c for c in there if c.startswith(start)]
        assert found, f'{page} has no command {start}'
        command = found[0]
        for pattern, text in replaced.items():
            command, count = re.subn(pattern, text, command)
            assert count, f'{pattern} is not in {command}'
        words = shlex.split(command)
        if words[1].startswith('tools/'):
            main = runpy.run_path(str(ROOT / words[1]))['main']
            assert main(words[2:]) in (None, 0) or words[1] in MEASURES
        else:
            done = subprocess.run(
                [sys.executable, *words[1:]], capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        assert left is None or (place / left).exists(), command


def test_readme(place, monkeypatch):
    walk('README.md', README, place, monkeypatch)


def test_detection(place, monkeypatch):
    walk('docs/detection.md', DETECTION, place, monkeypatch)


def test_every_command_of_the_readme_is_run():
    starts = tuple(start for start, _, _ in README) + OTHERS['README.md']
    left = [
        command
        for command in commands('README.md')
        if not command.removeprefix('GPUS=16 ').startswith(starts)
    ]
    assert not left
