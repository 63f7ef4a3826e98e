"""Options of radiometric reading, checked."""

from numbers import Real

_KINDS = dict(counts=(), temperature=('emissivity', 'reflected'))


def radiometric_options(radiometric: str | dict | None) -> dict:
    """Check an option ``radiometric``, see :class:`.reading.InfraredFile`.

    Returns:
        dict: ``kind``, and emissivity and reflected where they are given;
        empty for None.

    Raises:
        ValueError: If it is none of the forms.
    """
    if radiometric is None:
        return {}
    options = (
        dict(kind=radiometric) if isinstance(radiometric, str) else radiometric
    )
    known = isinstance(options, dict) and options.get('kind') in list(_KINDS)
    if not known:
        raise ValueError(
            f"radiometric={radiometric!r} is neither 'counts' nor "
            "'temperature', nor a dict such as dict(kind='temperature', "
            'emissivity=0.95, reflected=20).'
        )
    for key, value in options.items():
        if key == 'kind':
            continue
        if key not in _KINDS[options['kind']]:
            raise ValueError(
                f'radiometric: {options["kind"]!r} has no option {key!r}.'
            )
        if not isinstance(value, Real) or isinstance(value, bool):
            raise ValueError(f'radiometric: {key} must be a number: {value!r}')
    if not 0 < options.get('emissivity', 1) <= 1:
        raise ValueError(
            'radiometric: emissivity must be within (0, 1], got '
            f'{options["emissivity"]}.'
        )
    if not -200 <= options.get('reflected', 0) <= 5000:
        raise ValueError(
            'radiometric: reflected is a temperature in degrees Celsius, got '
            f'{options["reflected"]}.'
        )
    return dict(options)
