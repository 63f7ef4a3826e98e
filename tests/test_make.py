"""What make chooses, and what it refuses, before anything is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not shutil.which('make'), reason='no make')


# What an outer make and its caller hand on.
OUTER = ('MAKEFLAGS', 'MAKEOVERRIDES', 'MFLAGS', 'PYTHON', 'STACK', 'VENV')


def make(*arguments):
    environment = {k: v for k, v in os.environ.items() if k not in OUTER}
    done = subprocess.run(
        ['make', *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_python_of_an_environment_is_chosen(tmp_path):
    folder = tmp_path / 'env'
    status, commands = make('-n', 'env', f'VENV={folder}', 'PYTHON=mine')
    assert status == 0
    assert 'for python in mine;' in commands
    status, commands = make('-n', 'env', f'VENV={folder}')
    assert 'for python in python3.11 ' in commands


def test_a_python_that_does_not_fit(tmp_path):
    old = tmp_path / 'old'
    old.write_text('#!/bin/sh\nexit 1\n')
    old.chmod(0o755)
    status, printed = make('env', f'VENV={tmp_path / "env"}', f'PYTHON={old}')
    assert status != 0
    assert f'{old} is not a Python 3.10 to 3.13' in printed
    assert not (tmp_path / 'env').exists()


def test_an_environment_of_another_python(tmp_path):
    binary = tmp_path / 'env' / 'bin' / 'python'
    binary.parent.mkdir(parents=True)
    binary.write_text('#!/bin/sh\necho 3.9\n')
    binary.chmod(0o755)
    status, printed = make(
        '-n', 'env', f'VENV={tmp_path / "env"}', f'PYTHON={sys.executable}'
    )
    assert status != 0
    assert 'holds Python 3.9, not' in printed
    assert 'choose another folder' in printed


def test_an_environment_of_the_other_stack(tmp_path):
    (tmp_path / 'stamps').mkdir()
    (tmp_path / 'stamps' / 'stack-onedl').touch()
    status, printed = make('-n', 'env', f'VENV={tmp_path}', 'STACK=openmmlab')
    assert status != 0
    assert 'holds the other stack' in printed
