"""What importing the package brings."""

import subprocess
import sys

import pytest

from infmae_mm import small_target


def test_models_are_found_by_their_name():
    from infmae_mm.small_target import models

    assert set(models.__all__) <= set(small_target._MODELS)
    for name in models.__all__:
        assert getattr(small_target, name) is getattr(models, name)
    with pytest.raises(AttributeError, match='small_target.*SmallTargetHaed'):
        small_target.SmallTargetHaed  # noqa: B018


@pytest.mark.slow
def test_only_the_models_need_mmseg():
    code = (
        'import sys\n'
        "sys.modules['mmseg'] = None\n"  # its import fails
        'import numpy as np\n'
        'from infmae_mm.small_target import small_target_measures\n'
        'from mmengine.registry import DATASETS, METRICS, VISUALIZERS\n'
        "DATASETS.get('infmae_mm.SIRSTDataset').__name__\n"
        "METRICS.get('infmae_mm.SmallTargetMetric').__name__\n"
        "VISUALIZERS.get('infmae_mm.SmallTargetVisualizer').__name__\n"
        'mask = np.eye(5, dtype=bool)\n'
        "print(small_target_measures([mask * 1.0], [mask])['Pd'])\n"
    )
    result = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True
    )
    assert result.stdout.strip() == '1.0', result.stderr
