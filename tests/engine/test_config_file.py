"""Config files whose lines are wrong: the file and the line are named."""

import re

import pytest

from infmae_mm.engine.launch import LaunchError, read_config


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('a = 1\nb = a + c', "first.py, line 2: NameError: name 'c' is not"),
        (
            'def ratio():\n    return 1 / 0\n\nb = ratio()',
            'first.py, line 2: ZeroDivisionError: division by zero',
        ),
        (
            'b = int("x")',
            'first.py, line 1: ValueError: invalid literal',
        ),
        (
            'b = open("gone.txt")',
            'first.py, line 1: [Errno 2] No such file or directory',
        ),
        (
            'custom_imports = dict(imports=["nowhere"])',
            "ImportError: Failed to import custom modules from {'imports'",
        ),
        ('model = dict(\n', "first.py, line 1: '(' was never closed"),
    ],
)
def test_lines_that_raise(tmp_path, monkeypatch, text, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'first.py').write_text(text)
    with pytest.raises(LaunchError) as error:
        read_config('first.py')
    assert expected in str(error.value)
    (tmp_path / 'second.py').write_text("_base_ = 'first.py'\nmodel = {}\n")
    with pytest.raises(LaunchError) as error:
        read_config('second.py')
    expected = expected.replace(
        "first.py, line 1: '(", ("a file that second.py inherits, line 1: '(")
    )
    assert expected in str(error.value)


def test_configs_of_a_fork_are_inherited_by_their_path(tmp_path):
    """With the original mmseg the name is found, and there is no error."""
    path = tmp_path / 'mine.py'
    name = 'upernet/upernet_r50_4xb4-80k_ade20k-512x512.py'
    path.write_text(f"_base_ = 'mmseg::{name}'\n")
    try:
        read_config(str(path))
    except LaunchError as error:
        folder = re.search("it, '(.*)/...'", str(error))[1]
        path.write_text(f'_base_ = {f"{folder}/{name}"!r}\n')
        assert read_config(str(path)).model.type == 'EncoderDecoder'
