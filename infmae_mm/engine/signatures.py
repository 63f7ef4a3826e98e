"""What a type or a function takes by name."""

import inspect
import re
from collections.abc import Callable


def parameters_of(function: Callable) -> set[str] | None:
    """Names of the parameters, those that a class hands on included.

    Args:
        function (Callable): A function, or a class.

    Returns:
        set[str] | None: None where it takes anything.
    """
    if not inspect.isclass(function):
        signature = inspect.signature(function).parameters.values()
        if any(p.kind is p.VAR_KEYWORD for p in signature):
            return None
        return {p.name for p in signature}
    names: set[str] = set()
    for parent in function.__mro__:
        init = parent.__dict__.get('__init__')
        if init is None:
            continue
        if parent is object or not inspect.isfunction(init):
            return names
        parameters = list(inspect.signature(init).parameters.values())[1:]
        names |= {p.name for p in parameters}
        rest = [p.name for p in parameters if p.kind is p.VAR_KEYWORD]
        if not rest:
            return names
        if not _hands_on(init, rest[0]):
            return None
    return names


def _hands_on(init: Callable, rest: str) -> bool:
    """Whether the constructor gives its ``**rest`` to the parent's."""
    try:
        source = inspect.getsource(init)
    except OSError:
        return False
    call = r'super\([^)]*\)\s*\.__init__\([^)*]*(\*\w+,\s*)?\*\*' + rest
    return re.search(call, source, re.DOTALL) is not None
