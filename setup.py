"""Builds infmae_mm; the requirements live in ``requirements/``."""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
# What mim, and users of a wheel, look for in the package's folder ``.mim``.
MIM_PATHS = ('configs', 'tools', 'model-index.yml')


class BuildWithMim(build_py):
    """Puts configs, tools and the index of models under ``.mim``.

    A wheel gets copies, an editable install links into the checkout.
    """

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            self._link(ROOT / 'infmae_mm' / '.mim')
        else:
            self._copy(Path(self.build_lib) / 'infmae_mm' / '.mim')

    def _link(self, mim: Path) -> None:
        mim.mkdir(exist_ok=True)
        for name in MIM_PATHS:
            link = mim / name
            link.unlink(missing_ok=True)
            link.symlink_to(Path('..', '..', name))

    def _copy(self, mim: Path) -> None:
        # What an earlier build left there may be gone by now.
        shutil.rmtree(mim, ignore_errors=True)
        mim.mkdir(parents=True)
        for name in MIM_PATHS:
            source = ROOT / name
            if source.is_dir():
                no_caches = shutil.ignore_patterns('__pycache__', '*.pyc')
                shutil.copytree(source, mim / name, ignore=no_caches)
            else:
                shutil.copy(source, mim / name)


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
    classifiers=[
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    packages=find_packages(include=['infmae_mm', 'infmae_mm.*']),
    package_data={'infmae_mm': ['weights/*']},
    cmdclass={'build_py': BuildWithMim},
    python_requires='>=3.10,<3.14',
    install_requires=read_requirements('runtime'),
    # Neither stack is a hard requirement: both own the same import folders.
    extras_require={
        **{
            name: read_requirements(name)
            for name in ('onedl', 'openmmlab', 'deploy', 'tiff')
        },
        'tests': read_requirements('tests') + read_requirements('deploy'),
    },
)
