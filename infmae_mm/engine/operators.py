"""Whether mmcv's compiled operators run on the device of a run."""

import torch
from mmengine.config import Config


def operators_problem(cfg: Config) -> str | None:
    """Say why a config cannot run on this machine's GPU, if it cannot.

    A machine with a GPU and without a CUDA compiler builds mmcv's operators
    for the CPU only. mmdet's detectors need them (RoIAlign, NMS): they would
    fail at the first image, with a message of the compiler's language.

    Args:
        cfg (Config): Of the run; only mmdet's models use the operators.

    Returns:
        str, optional: What is wrong and what to do; None if nothing is.
    """
    if cfg.get('default_scope') != 'mmdet' or not torch.cuda.is_available():
        return None
    # Without compiled operators this import fails, as mmdet's does.
    from mmcv.ops import get_compiling_cuda_version

    if get_compiling_cuda_version() != 'not available':
        return None
    return (
        'mmcv was compiled without CUDA (no fitting CUDA compiler was found '
        'then), so that the RoIAlign and NMS of mmdet do not run on the GPU. '
        'Either train the detector on the processor: put '
        'CUDA_VISIBLE_DEVICES= in front of the command. Or compile mmcv with '
        f'CUDA: install the CUDA toolkit {torch.version.cuda} (nvcc), set '
        'CUDA_HOME to its folder, and run `make mmcv`. Or install a wheel of '
        f'mmcv for torch {torch.__version__} with pip install '
        '--force-reinstall --no-deps.'
    )
