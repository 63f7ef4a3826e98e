"""Memory of a process that makes the same tensors step after step."""

import ctypes
import sys

# <malloc.h> of glibc
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4


def keep_freed_memory() -> bool:
    """Let the process keep what it frees, for the next step.

    glibc gives large blocks back to the system and asks for them again, page
    by page, in every step: a good part of the time of a small step on a
    processor. The peak stays as it is.

    Returns:
        bool: Whether there was such an allocator to tell.
    """
    if sys.platform != 'linux':
        return False
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None:  # musl
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1))
