"""What `import infmae_mm` brings, and when it refuses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infmae_mm.compatibility import PACKAGES, check_versions, require

REQUIREMENTS = Path(__file__).parents[1] / 'requirements'


def run_python(code):
    """Run code in a fresh interpreter and return what it prints."""
    result = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
def test_imports_no_upstream():
    code = """
import sys, infmae_mm, infmae_mm.engine, infmae_mm.registry, infmae_mm.thermal
print(sorted({'mmseg', 'mmdet', 'mmpretrain'} & set(sys.modules)))
"""
    assert run_python(code).strip() == '[]'


@pytest.mark.slow
def test_import_registers_the_core():
    code = """
import infmae_mm
from mmengine.registry import MODELS
names = ('InfMAE', 'InformationAwareMasking', 'RandomMasking')
print([MODELS.get(name) is getattr(infmae_mm, name) for name in names])
"""
    assert run_python(code).strip() == '[True, True, True]'


@pytest.mark.slow
def test_scope_needs_no_import_line():
    names = dict(
        MODELS='InfMAE',
        DATASETS='InfraredImages',
        TRANSFORMS='LoadThermalImage',
        HOOKS='FiniteLossHook',
        OPTIM_WRAPPERS='BFloat16OptimWrapper',
        LOOPS='SeamlessEpochLoop',
    )
    code = f"""
from mmengine import registry
for root, name in {names}.items():
    print(getattr(registry, root).get(f'infmae_mm.{{name}}').__name__)
"""
    assert run_python(code).split() == list(names.values())


@pytest.mark.parametrize(
    ('name', 'distribution', 'version'),
    [
        ('torch', 'torch', '2.5.0'),
        ('torch', 'torch', '2.10.0+cpu'),
        ('mmengine', 'mmengine', '0.10.7'),
        ('mmengine', 'onedl-mmengine', '0.11.0rc1'),
        ('mmcv', 'mmcv', '2.1.0'),
        ('mmcv', 'mmcv-lite', '2.2.0'),
        ('mmseg', 'mmsegmentation', '1.2.2'),
        ('mmdet', 'mmdet', '3.3.0'),
        ('mmpretrain', 'mmpretrain', '1.2.0'),
    ],
)
def test_version_in_range(name, distribution, version):
    check_versions(name, {distribution: version})


@pytest.mark.parametrize(
    ('name', 'distribution', 'version'),
    [
        ('torch', 'torch', '2.4.1+cu121'),
        ('mmengine', 'mmengine', '0.10.6'),
        ('mmengine', 'onedl-mmengine', '1.0.0'),
        ('mmcv', 'mmcv', '1.7.2'),
        ('mmcv', 'onedl-mmcv', '2.4.0'),
        ('mmseg', 'mmsegmentation', '0.30.0'),
        ('mmdet', 'mmdet', '2.28.2'),
        ('mmpretrain', 'mmpretrain', '1.1.0'),
    ],
)
def test_version_out_of_range(name, distribution, version):
    with pytest.raises(ImportError) as error:
        check_versions(name, {distribution: version})
    message = str(error.value)
    assert f'{distribution} {version}' in message
    assert f'{name} {PACKAGES[name].wanted}' in message
    assert f'pip install {PACKAGES[name].install[0]}' in message


@pytest.mark.parametrize('name', PACKAGES)
def test_missing_package(name):
    with pytest.raises(ImportError, match='not installed.*pip install'):
        check_versions(name, {})


def test_two_stacks_on_top_of_each_other():
    with pytest.raises(
        ImportError, match='pip uninstall onedl-mmcv mmcv.*then install one'
    ):
        check_versions('mmcv', {'onedl-mmcv': '2.3.6', 'mmcv': '2.1.0'})


def test_import_fails_on_a_conflicting_installation(tmp_path):
    # the metadata is all that is left of the one installed first
    for name in ('mmengine', 'onedl-mmengine'):
        info = tmp_path / f'{name.replace("-", "_")}-0.10.7.dist-info'
        info.mkdir()
        (info / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {name}\nVersion: 0.10.7\n'
        )
    code = f"""
import sys
sys.path.append({str(tmp_path)!r})
try:
    import infmae_mm
except ImportError as error:
    print(error)
"""
    assert 'on top of each other' in run_python(code)


@pytest.mark.parametrize('name', PACKAGES)
def test_installed_packages_fit(name):
    require(name)


@pytest.mark.parametrize('stack', ['onedl', 'openmmlab'])
def test_recommended_versions_are_those_of_the_extras(stack):
    text = (REQUIREMENTS / f'{stack}.txt').read_text()
    pins = dict(re.findall(r'^([\w-]+)==(\S+)$', text, re.MULTILINE))
    for name, package in PACKAGES.items():
        for distribution in set(package.distributions) & set(pins):
            pin = f'{distribution}=={pins[distribution]}'
            assert any(i.split()[0] == pin for i in package.install)
            check_versions(name, {distribution: pins[distribution]})


@pytest.mark.slow
def test_wings_are_imported_without_chatter():
    wings = 'classification detection pretrain segmentation small_target'
    code = f"""
from importlib import import_module
for wing in {wings.split()}:
    import_module(f'infmae_mm.{{wing}}')
import infmae_mm.small_target.models
"""
    result = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert not [
        line
        for line in (result.stdout + result.stderr).splitlines()
        if 'OneDL' in line or 'faster_coco_eval' in line
    ]
