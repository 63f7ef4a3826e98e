"""Sources that no set can be made of, or only a part."""

import json
import os
import shutil

import numpy as np
import pytest
from toy_sets import run, save, table

from infmae_mm.synthetic.scenes import render_scene


def test_a_source_whose_name_is_no_utf_8(planted, tmp_path, capsys):
    odd = tmp_path / os.fsdecode(b'\xba\xec')
    save(odd.with_name('plain') / 'a.png', np.eye(30, dtype=np.uint8))
    odd.with_name('plain').rename(odd)
    run(planted / 'a', odd, '--out', tmp_path / 'set', '--workers=1')
    told = capsys.readouterr().out
    assert r'0 kept of 0 in' in told and r'\udcba\udcec' in told
    assert '1 images with unusable names' in told


@pytest.mark.parametrize(
    'options,message',
    [
        (['--sample=99'], 'only 13 images'),
        (['--distance=21'], 'distance'),
        (['--distance=-1'], 'distance'),
        (['--sample=0'], 'sample'),
        (['--seed=-1'], 'seed'),
    ],
)
def test_options_out_of_range(planted, tmp_path, options, message):
    with pytest.raises(SystemExit, match=message):
        run(planted, '--out', tmp_path / 'set', *options)
    assert not (tmp_path / 'set').exists()


def test_no_image(tmp_path):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'a.zip').write_bytes(b'')
    with pytest.raises(SystemExit, match='1 archives were found'):
        run(tmp_path / 'in', '--out', tmp_path / 'set')
    for i in range(7):
        (tmp_path / 'in' / f'a.x{i}').write_bytes(b'')
    (tmp_path / 'in' / 'b.x2').write_bytes(b'')
    with pytest.raises(SystemExit, match='over: 2 .x2, 1 .x0, .* and 2 more'):
        run(tmp_path / 'in', '--out', tmp_path / 'set')
    with pytest.raises(SystemExit, match='no folder'):
        run(tmp_path / 'typo', '--out', tmp_path / 'set')


def test_a_folder_whose_name_is_no_text(tmp_path, capsys):
    """None of its images can stand in a list of UTF-8."""
    odd, plain = os.fsdecode(os.fsencode(tmp_path) + b'/\xff'), tmp_path / 'b'
    scene = render_scene(np.random.default_rng(0), (40, 60)).image
    save(plain / '1.png', scene)
    shutil.copytree(plain, odd)
    with pytest.raises(SystemExit, match='1 images .* no UTF-8.* rename'):
        run(odd, '--out', tmp_path / 'nothing')
    run(odd, plain, '--out', tmp_path / 'out', '--workers', 1)
    told = capsys.readouterr().out
    assert '0 kept of 0' in told
    assert '\\udcff' in told
    assert len((tmp_path / 'out' / 'train.txt').read_text().split()) == 1


def test_a_folder_that_cannot_be_listed_is_told_of(tmp_path, capsys, forbid):
    source, out = tmp_path / 'in', tmp_path / 'out'
    scene = render_scene(np.random.default_rng(0), (40, 60)).image
    save(source / 'a.png', scene)
    save(source / 'private' / 'b.png', scene)
    forbid(source / 'private')
    run(source, '--out', out, '--workers', 1)
    told = capsys.readouterr().out
    assert '1 folders that cannot be listed' in told
    assert "in/private' cannot be listed, and is left out: Perm" in told
    summary = json.loads((out / 'summary.json').read_text())
    assert [*summary['skipped_folders'].values()] == ['Permission denied']
    assert list(table(out)) == ['a.png']
    (source / 'a.png').unlink()
    with pytest.raises(SystemExit, match='no image.*private cannot be listed'):
        run(source, '--out', tmp_path / 'nothing')


def test_nothing_kept(tmp_path):
    save(tmp_path / 'in' / 'a.png', np.zeros((4, 4), np.uint8))
    out = tmp_path / 'set'
    with pytest.raises(SystemExit, match='images.csv'):
        run(tmp_path / 'in', '--out', out)
    assert table(out)['a.png']['status'] == 'too small'
