"""Images that a command names."""

import cv2
import numpy as np
import pytest

from infmae_mm.thermal.found import find_images


@pytest.fixture
def folders(tmp_path):
    for name in ('a/x.png', 'a/deep/y.PNG', 'b/x.png'):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.zeros((4, 4), np.uint8))
    (tmp_path / 'a' / 'notes.txt').touch()
    (tmp_path / 'empty').mkdir()
    return tmp_path


def test_names_are_below_the_folder(folders):
    found = find_images([folders / 'a'])
    assert {image.name for image in found} == {'x.png', 'deep/y.PNG'}
    assert all(image.path.is_file() for image in found)


def test_names_that_two_would_have_are_paths(folders):
    found = find_images([str(folders / 'a'), str(folders / 'b')])
    names = [image.name for image in found]
    assert sorted(names) == sorted(
        ['deep/y.PNG', f'{folders}/a/x.png', f'{folders}/b/x.png']
    )


def test_a_file_is_taken_once(folders):
    link = folders / 'again'
    link.symlink_to(folders / 'a')
    found = find_images([folders / 'a' / 'x.png', folders / 'a', link])
    assert [image.name for image in found] == ['x.png', 'deep/y.PNG']


@pytest.mark.parametrize(
    ('name', 'words'),
    [('empty', 'no image in the folder'), ('typo', 'no such image or folder')],
)
def test_what_is_not_there(folders, name, words):
    with pytest.raises(FileNotFoundError, match=words):
        find_images([folders / 'a', folders / name])
