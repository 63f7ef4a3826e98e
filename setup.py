"""Builds infmae_mm; the requirements live in ``requirements/``."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent


def read_version() -> str:
    text = (ROOT / 'infmae_mm' / 'version.py').read_text()
    return re.search(r"__version__ = '(.+)'", text)[1]


def read_requirements(name: str) -> list[str]:
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines()
    return [line for line in lines if line and not line.startswith('#')]


setup(
    name='infmae_mm',
    version=read_version(),
    description='InfMAE pre-training and backbone for infrared images, '
    'on mmengine, mmpretrain, mmseg and mmdet',
    long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['infmae_mm', 'infmae_mm.*']),
    python_requires='>=3.10,<3.14',
    install_requires=read_requirements('runtime'),
    # Neither stack is a hard requirement: both own the same import folders.
    extras_require={
        name: read_requirements(name)
        for name in ('onedl', 'openmmlab', 'tests')
    },
)
