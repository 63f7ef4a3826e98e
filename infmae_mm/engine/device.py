"""The device that a command line names."""

import torch

from .processes import LaunchError


def find_device(name: str) -> torch.device:
    """Find a device, and see that it can be used.

    Args:
        name (str): As torch has it, such as 'cpu' or 'cuda:1'.

    Raises:
        LaunchError: If torch knows no such device, or it is not there.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    # AssertionError: of a torch that was built without CUDA
    except (AssertionError, RuntimeError) as error:
        there = [f'cuda:{i}' for i in range(torch.cuda.device_count())]
        raise LaunchError(
            f'--device {name} cannot be used: {str(error).splitlines()[0]} '
            f'There are: {", ".join(["cpu", *there])}.'
        ) from error
    return device
