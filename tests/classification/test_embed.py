"""The tools that embed images and measure what the vectors are worth."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from infmae_mm.classification import read_features
from infmae_mm.classification.features import Features
from infmae_mm.thermal import LoadThermalImage

ROOT = Path(__file__).parents[2]
TINY = ROOT / 'configs/pretrain/infmae_tiny_1xb64-200e_inf30-128.py'


def tool(name):
    spec = importlib.util.spec_from_file_location(
        name, ROOT / 'tools' / f'{name}.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_embed_and_probe_from_the_command_line(folders, tmp_path, capsys):
    embed_tool, probe = tool('embed'), tool('probe')
    (folders / 'train' / 'dark' / 'broken.png').write_bytes(b'no image')
    for split in ('train', 'val'):
        embed_tool.main(
            [str(TINY), 'scratch', str(folders / split), '--size', '48', '32']
            + ['--out', str(tmp_path / f'{split}.npz'), '--batch-size', '3']
            + (['--map', str(tmp_path / 'map.png')] * (split == 'val'))
        )
    assert 'broken.png' in capsys.readouterr().out
    features = read_features(tmp_path / 'train.npz')
    assert features.vectors.shape == (8, 64)
    assert features.vectors.dtype == np.float32
    assert 'bright/0.png' in features.names
    assert set(features.labels) == {'bright', 'dark'}
    assert cv2.imread(str(tmp_path / 'map.png')) is not None
    found = probe.main(
        [str(tmp_path / f'{s}.npz') for s in ('train', 'val')]
        + ['--neighbors', '3']
    )
    # Brightness shows in random features too.
    assert found['k-NN'] == found['linear probe'] == 100.0
    assert found['largest class'] == 50.0


def test_equal_names_of_two_folders_are_told_apart(folders, tmp_path):
    bright, dark = (folders / 'val' / name for name in ('bright', 'dark'))
    out = tmp_path / 'both.npz'
    tool('embed').main(
        [str(TINY), 'scratch', str(bright), str(dark), '--size', '32']
        + ['--out', str(out)]
    )
    names = read_features(out).names
    assert len(set(names)) == len(names) == 8
    assert f'{bright.as_posix()}/0.png' in names


def test_images_are_embedded_as_the_config_loads_them(folders, tmp_path):
    counts = np.linspace(0, 9000, 40 * 24).reshape(40, 24).astype(np.uint16)
    counts[0, 0] = 60000  # of a hot pixel, which percentiles pass over
    image, grey = tmp_path / 'counts.png', tmp_path / 'grey.png'
    cv2.imwrite(str(image), counts)
    config = tmp_path / 'config.py'
    config.write_text(
        f"_base_ = '{TINY}'\n"
        'load, *others = _base_.val_dataloader.dataset.pipeline\n'
        "load = dict(load, mapping='minmax')\n"
        'val_dataloader = dict(dataset=dict(pipeline=[load, *others]))\n'
    )
    mapped = LoadThermalImage(channels=1, mapping='minmax')(
        dict(img_path=str(image))
    )
    cv2.imwrite(str(grey), mapped['img'])
    found = {}
    for name, cfg in ((image, config), (grey, config), (image, TINY)):
        out = tmp_path / f'{len(found)}.npz'
        tool('embed').main([str(cfg), 'scratch', str(name), '--out', str(out)])
        found[name, cfg] = read_features(out).vectors
    np.testing.assert_array_equal(found[image, config], found[grey, config])
    assert (found[image, config] != found[image, TINY]).any()


def test_a_map_of_folders_with_odd_names(tmp_path):
    """Matplotlib has formulas between dollars, and no bytes but UTF-8."""
    labels = np.array(['$x^$ \udcff', '_hidden', ''] * 2)
    vectors = np.random.default_rng(0).normal(size=(6, 8))
    features = Features(vectors.astype(np.float32), labels, labels)
    tool('embed').draw_map(features, 0, tmp_path / 'map.png')
    assert cv2.imread(str(tmp_path / 'map.png')) is not None


def test_embed_refuses(folders, tmp_path):
    main = tool('embed').main
    out = ['--out', str(tmp_path / 'a.npz')]
    with pytest.raises(SystemExit, match='no such image or folder'):
        main([str(TINY), 'scratch', str(tmp_path / 'nothing'), *out])
    with pytest.raises(SystemExit, match='no weights of that name'):
        main([str(TINY), 'infmae_mm://typo', str(folders / 'val'), *out])
    one = str(folders / 'val' / 'dark' / '0.png')
    picture = ['--map', str(tmp_path / 'new' / 'map.png')]
    with pytest.raises(SystemExit, match='two images'):
        main([str(TINY), 'scratch', one, *out, *picture])
    (tmp_path / 'file').touch()
    with pytest.raises(SystemExit, match='file'):
        main(
            [str(TINY), 'scratch', str(folders / 'val'), *out]
            + ['--map', str(tmp_path / 'file' / 'map.png')]
        )
    with pytest.raises(SystemExit, match='cuda:99'):
        main(
            [str(TINY), 'scratch', str(folders / 'val'), *out]
            + ['--device', 'cuda:99']
        )
    (tmp_path / 'a.npz').write_bytes(b'mine')
    with pytest.raises(SystemExit):
        main([str(TINY), 'scratch', str(folders / 'val'), *out])
    assert (tmp_path / 'a.npz').read_bytes() == b'mine'
    with pytest.raises(ValueError, match='no features'):
        read_features(tmp_path / 'a.npz')
