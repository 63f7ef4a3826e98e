"""Reading of a config file, whose errors tell of the file and the line."""

import ast
import importlib.util
import sys
import traceback
from pathlib import Path

from mmengine.config import Config
from mmengine.config.utils import ConfigParsingError

from .processes import LaunchError

SUFFIXES = ('.py', '.json', '.yaml', '.yml')
# What the lines of a config raise, and MMEngine of what does not fit.
RAISED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ConfigParsingError,
    ImportError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)


def read_config(path: str, needs_model: bool = True) -> Config:
    """Read a config file.

    Args:
        path (str): The file.
        needs_model (bool): See :func:`load_config`.

    Returns:
        Config: What it says.

    Raises:
        LaunchError: If there is no such file, it is no config, or it has no
            model that is asked for.
    """
    if not Path(path).is_file():
        raise LaunchError(f'{path}: there is no such config file.')
    if Path(path).suffix not in SUFFIXES:
        raise LaunchError(
            f'{path} is no config: these end in {", ".join(SUFFIXES)}.'
        )
    try:
        cfg = Config.fromfile(path)
    except SyntaxError as error:
        # MMEngine parses a copy: the error does not know the file
        where = path if _is_broken(path) else f'a file that {path} inherits'
        text = f': {error.text.strip()}' if error.text else ''
        raise LaunchError(
            f'{where}, line {error.lineno}: {error.msg}{text}'
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchError(f'{_place(path, error)}: {error}') from error
    except RAISED as error:
        if Path(path).suffix != '.py':
            raise LaunchError(f'{path} is no config: {error}') from error
        raise LaunchError(
            f'{_place(path, error)}: {type(error).__name__}: {error}'
            + _way_to_fork(error)
        ) from error
    if needs_model and not isinstance(cfg.get('model'), dict):
        raise LaunchError(
            f'{path} is no config of a model: it has no dict named "model". '
            f'It has: {", ".join(map(str, cfg))[:200]}.'
        )
    return cfg


def _is_broken(path: str) -> bool:
    try:
        ast.parse(Path(path).read_bytes())
    except (SyntaxError, ValueError):
        return True
    return False


def _way_to_fork(error: Exception) -> str:
    """How to inherit from a fork, which MMEngine knows by no name."""
    spec = importlib.util.find_spec('mmseg')
    missing = isinstance(error, ModuleNotFoundError) and spec
    if not missing or 'mmsegmentation is not installed' not in str(error):
        return ''
    folder = Path(spec.origin).parent / '.mim' / 'configs'
    return (
        '. A fork is installed, whose configs MMEngine does not find by '
        f"'mmseg::': write their path in place of it, '{folder}/...'."
    )


def _place(path: str, error: Exception) -> str:
    """The file and the line that raised, inherited or not, if any did."""
    reader = sys.modules[Config.__module__].__file__
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.filename == reader for frame in frames]
    after = len(lines) - lines[::-1].index(True) if any(lines) else len(lines)
    if after == len(frames):
        return path
    file = frames[after].filename
    # a function of the config, rather than the line that calls it
    last = [f.lineno for f in frames[after:] if f.filename == file][-1]
    return f'{file}, line {last}'
