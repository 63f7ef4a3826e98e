"""The tools: measures of files, and their benchmark."""

import json
import os
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from infmae_mm.synthetic.layouts import write_scenes

TOOLS = Path(__file__).parents[2] / 'tools'


@pytest.fixture
def main():
    path = TOOLS / 'small_target_measures.py'
    return runpy.run_path(str(path))['main']


@pytest.fixture
def folders(tmp_path):
    """Predictions that are right, in each format, and masks."""
    write_scenes(str(tmp_path), 'sirst', 3, (48, 64))
    out = tmp_path / 'predictions'
    out.mkdir()
    for i, write in enumerate(
        [
            lambda path, mask: cv2.imwrite(f'{path}.png', mask),
            lambda path, mask: cv2.imwrite(
                f'{path}.png', mask.astype(np.uint16) * 257
            ),
            lambda path, mask: np.save(f'{path}.npy', mask / 255),
        ]
    ):
        mask = tmp_path / f'masks/Misc_{i}_pixels0.png'
        write(out / f'Misc_{i}', cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE))
    return [str(out), str(tmp_path / 'masks'), '--mask-suffix=_pixels0']


def test_files_of_any_network(main, folders, capsys, tmp_path):
    main([*folders, f'--out={tmp_path / "results"}'])
    printed = capsys.readouterr().out
    assert '3 images' in printed
    # all but Fa
    assert printed.count('100.00') == 8
    assert printed.count(' 0.00') == 1
    assert (tmp_path / 'results' / 'roc.png').is_file()
    with pytest.raises(SystemExit, match='results is not empty'):
        main([*folders, f'--out={tmp_path / "results"}'])


def test_known_slip_of_sirst(main, folders, tmp_path, capsys):
    """The mask of Misc_111 is scaled, as the dataset scales it."""
    mask = np.zeros((400, 592), np.uint8)
    mask[100:120, 200:240] = 255
    found = np.zeros((220, 325), np.uint8)
    found[55:66, 110:132] = 255
    cv2.imwrite(str(tmp_path / 'masks/Misc_111_pixels0.png'), mask)
    cv2.imwrite(str(tmp_path / 'predictions/Misc_111.png'), found)
    main(folders)
    printed = capsys.readouterr().out
    assert 'Misc_111_pixels0.png is scaled' in printed
    assert '4 images' in printed
    assert printed.count('100.00') == 8
    found = cv2.resize(found, (324, 220))
    cv2.imwrite(str(tmp_path / 'predictions/Misc_111.png'), found)
    with pytest.raises(SystemExit, match='one size'):
        main(folders)


def test_wrong_files(main, folders, tmp_path):
    with pytest.raises(SystemExit, match='Misc_0.png has no mask'):
        main(folders[:2])
    with pytest.raises(SystemExit, match='no folder'):
        main([folders[0], str(tmp_path / 'typo')])
    (tmp_path / 'empty').mkdir()
    with pytest.raises(SystemExit, match='empty has no file'):
        main([str(tmp_path / 'empty'), folders[1]])
    logits = np.full((48, 64), -3.0)
    np.save(tmp_path / 'predictions' / 'Misc_2.npy', logits)
    with pytest.raises(SystemExit, match='Misc_2.npy.*sigmoid'):
        main(folders)
    np.save(tmp_path / 'predictions' / 'Misc_1.npy', logits)
    with pytest.raises(SystemExit, match='Misc_1.png and .*Misc_1.npy'):
        main(folders)


def test_ids_of_0_and_1_are_no_probabilities(main, folders, tmp_path):
    """As the segmentation inferencer writes them."""
    for name in ('Misc_0.png', 'Misc_1.png'):
        path = str(tmp_path / 'predictions' / name)
        ids = np.zeros((48, 64), np.uint8)
        ids[3:5, 3:5] = 1
        cv2.imwrite(path, ids)
    with pytest.raises(SystemExit, match='ids of 0 and 1'):
        main(folders)


@pytest.mark.parametrize(
    ('picture', 'message'),
    [
        (np.uint8([[[0, 0, 255]]]), 'colours'),  # red, whose luma is 76
        (np.uint16([[255]]), '8 bits'),
    ],
)
def test_other_pictures_than_probabilities(
    main, folders, tmp_path, picture, message
):
    for name in ('Misc_0.png', 'Misc_1.png'):
        values = np.zeros((48, 64, *picture.shape[2:]), picture.dtype)
        values[3:5, 3:5] = picture
        cv2.imwrite(str(tmp_path / 'predictions' / name), values)
    with pytest.raises(SystemExit, match=message):
        main(folders)


def test_predictions_that_are_missing(main, folders, tmp_path, capsys):
    (tmp_path / 'predictions' / 'Misc_1.png').unlink()
    with pytest.raises(SystemExit, match='1 of 3 .* missing .*Misc_1.*--sp'):
        main(folders)
    (tmp_path / 'split.txt').write_text('Misc_2.png\nMisc_0')
    main([*folders, f'--split={tmp_path / "split.txt"}'])
    assert '2 images' in capsys.readouterr().out
    (tmp_path / 'split.txt').write_text('Misc_1')
    with pytest.raises(SystemExit, match='1 of 1 .* missing'):
        main([*folders, f'--split={tmp_path / "split.txt"}'])


def test_files_of_matlab(main, folders, tmp_path, capsys):
    path = tmp_path / 'predictions' / 'Misc_2.npy'
    truth = np.load(path)
    path.unlink()
    path = path.with_suffix('.mat')
    for values in (truth, (truth * 255).astype(np.uint8), truth > 0.5):
        savemat(path, dict(T=values))
        main(folders)
        assert capsys.readouterr().out.count('100.00') == 8
    for content, expected in (
        (dict(a=truth, b=truth), '2 variables'),
        (dict(T='text'), 'not the probability'),
        (dict(T=truth.astype(np.int16) * 7), 'int16 of 0 to 7'),
        (dict(T=truth * 255), 'Misc_2.mat'),
    ):
        savemat(path, content)
        with pytest.raises(SystemExit, match=expected):
            main(folders)
    for content in (b'', b'MATLAB 5.0 MAT-file', b'\x89HDF\r\n\x1a\n'):
        path.write_bytes(content)
        with pytest.raises(SystemExit, match='Misc_2.mat'):
            main(folders)


def test_nothing_exceeds_the_threshold(main, folders, tmp_path, capsys):
    for name in ('Misc_0', 'Misc_1', 'Misc_2'):
        for path in (tmp_path / 'predictions').glob(f'{name}.*'):
            path.unlink()
        path = tmp_path / 'predictions' / f'{name}.npy'
        np.save(path, np.full((48, 64), 0.31))
    main(folders)
    assert 'the greatest probability is 0.31' in capsys.readouterr().out


def test_inverted_predictions(main, folders, tmp_path, capsys):
    for path in (tmp_path / 'predictions').iterdir():
        path.unlink()
    for i in range(3):
        mask = cv2.imread(str(tmp_path / f'masks/Misc_{i}_pixels0.png'))
        cv2.imwrite(str(tmp_path / f'predictions/Misc_{i}.png'), 255 - mask)
    main(folders)
    assert 'of all pixels exceed 0.5' in capsys.readouterr().out


def test_names_in_another_encoding(main, folders, tmp_path):
    """They ended the report, after all was measured."""
    old, new = b'Misc_0', b'\xba\xec'
    for folder in ('predictions', 'masks'):
        for path in (tmp_path / folder).glob('Misc_0*'):
            name = os.fsencode(path.name).replace(old, new)
            path.rename(path.with_name(os.fsdecode(name)))
    main([*folders, f'--out={tmp_path / "results"}'])
    rows = (tmp_path / 'results' / 'images.csv').read_text().splitlines()
    assert sum('\\udcba\\udcec.png' in row for row in rows) == 1


def test_benchmark(monkeypatch, capsys):
    tool = str(TOOLS / 'benchmarks' / 'small_target_metric.py')
    options = ['--images=2', '--size=64', '--noise=0.1', '--curves']
    monkeypatch.setattr(sys, 'argv', [tool, *options])
    threads = cv2.getNumThreads()
    runpy.run_path(tool, run_name='__main__')
    cv2.setNumThreads(threads)
    assert json.loads(capsys.readouterr().out)['cpu_seconds'] > 0
