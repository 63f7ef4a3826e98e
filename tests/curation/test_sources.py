import os

import pytest

from infmae_mm.curation.sources import find_sources


def test_images_and_archives(folder, tmp_path):
    (folder / 'x' / 'more.ZIP').write_bytes(b'')
    (folder / 'z' / 'set.tar.gz').write_bytes(b'')
    (folder / '.hidden').mkdir()
    (folder / '.hidden' / 'a.zip').write_bytes(b'')
    for name in ('notes.txt', 'a.webp', 'x/b.WEBP', 'a.0001', '.DS_Store'):
        (folder / name).write_text('')
    found = find_sources([str(folder), str(folder / 'x')])
    assert found.others == {'.webp': 2, '.txt': 1, 'without ending': 1}
    assert len(found.images) == 8
    assert found.images == sorted(found.images)
    assert all(os.path.isabs(path) for path in found.images)
    assert found.archives == [
        str(folder / 'x' / 'more.ZIP'),
        str(folder / 'z' / 'set.tar.gz'),
    ]
    assert found.unlistable == []


def test_each_image_once(folder, monkeypatch):
    monkeypatch.chdir(folder)
    # overlapping, relative, a file itself
    found = find_sources(['.', 'x', str(folder / 'x' / '1.png'), 'x/../z'])
    assert found == find_sources([str(folder)])


def test_patterns_hold_for_images_that_are_sources(folder):
    # as a shell writes folder/* out
    found = find_sources(
        [str(path) for path in sorted(folder.iterdir())], ['b.*', '1.*']
    )
    assert found.excluded == 2
    assert not {'b.png', '1.png'} & set(map(os.path.basename, found.images))


def test_names_that_no_list_can_hold(folder):
    data = (folder / 'b.png').read_bytes()
    (folder / 'two\nlines.png').write_bytes(data)
    (folder / 'line\u2028separator.png').write_bytes(data)
    with open(os.path.join(os.fsencode(folder), b'\xff.png'), 'wb') as file:
        file.write(data)
    found = find_sources([str(folder)])
    assert len(found.images) == 8
    assert len(found.unlistable) == 3


def test_no_source(tmp_path):
    with pytest.raises(FileNotFoundError, match='typo'):
        find_sources([str(tmp_path / 'typo')])
    notes = tmp_path / 'notes.txt'
    notes.write_text('')
    with pytest.raises(ValueError, match='notes.txt'):
        find_sources([str(notes)])


def test_folders_that_cannot_be_listed(folder, forbid):
    forbid(folder / 'x')
    found = find_sources([str(folder)])
    assert found.closed == {str(folder / 'x'): 'Permission denied'}
    names = [os.path.relpath(path, folder) for path in found.images]
    assert names == ['a.JPG', 'b.png', 'z/4.jpeg', 'z/5.png', 'z/6.png']
    with pytest.raises(PermissionError, match='x'):
        find_sources([str(folder / 'x')])
