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
    parents = iter(function.__mro__)
    for parent in parents:
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
        heir = _heir(init, rest[0])
        if heir is None:
            return None
        # ``super(Other, self)`` hands on to what comes after that one
        while heir and parent.__name__ != heir:
            parent = next(parents)
    return names


def _heir(init: Callable, rest: str) -> str | None:
    """The class whose parent gets the ``**rest`` of a constructor.

    Returns:
        str | None: '' for that of the constructor; None if no parent does.
    """
    try:
        source = inspect.getsource(init)
    except OSError:
        return None
    call = r'super\((\w*)[^)]*\)\s*\.__init__\([^)*]*(\*\w+,\s*)?\*\*' + rest
    found = re.search(call, source, re.DOTALL)
    return found and found[1]
