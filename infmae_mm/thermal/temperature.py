"""From counts of a radiometric camera to degrees Celsius."""

import math
from dataclasses import asdict, dataclass
from numbers import Real

import numpy as np

ZERO = 273.15
"""0 degrees Celsius in kelvin."""

_RANGES = dict(
    emissivity=(0, 1),
    window_transmission=(0, 1),
    humidity=(0, 1),
    distance=(0, 1e5),
    reflected=(-200, 5000),
    atmosphere=(-200, 1000),
    window=(-200, 1000),
    planck_b=(0, 20000),
)
_POSITIVE = (
    'emissivity',
    'window_transmission',
    'planck_r1',
    'planck_r2',
    'planck_b',
)


def radiometric_options(radiometric: str | dict | None) -> dict:
    """Check an option ``radiometric``, see :class:`InfraredFile`.

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
    kinds = dict(counts=(), temperature=('emissivity', 'reflected'))
    known = isinstance(options, dict) and options.get('kind') in list(kinds)
    if not known:
        raise ValueError(
            f"radiometric={radiometric!r} is neither 'counts' nor "
            "'temperature', nor a dict such as dict(kind='temperature', "
            'emissivity=0.95, reflected=20).'
        )
    for key, value in options.items():
        if key == 'kind':
            continue
        if key not in kinds[options['kind']]:
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


@dataclass(frozen=True)
class Camera:
    """What turns counts into temperatures.

    Attributes:
        emissivity (float): Of the object, within (0, 1].
        reflected (float): Reflected apparent temperature in degrees Celsius.
        distance (float): From camera to object in metres.
        atmosphere (float): Temperature of the air in degrees Celsius.
        humidity (float): Relative humidity, 0 to 1.
        window (float): Temperature of a window before the lens in degrees
            Celsius.
        window_transmission (float): Share that such a window lets through,
            within (0, 1]; 1 without one.
        planck_r1, planck_r2, planck_b, planck_f, planck_o (float): Constants
            of the camera's calibration.
        alpha1, alpha2, beta1, beta2, x (float): Constants of the air's
            attenuation.
    """

    emissivity: float
    reflected: float
    distance: float
    atmosphere: float
    humidity: float
    window: float
    window_transmission: float
    planck_r1: float
    planck_r2: float
    planck_b: float
    planck_f: float
    planck_o: float
    alpha1: float
    alpha2: float
    beta1: float
    beta2: float
    x: float

    def counts(self, celsius: float) -> float:
        """Counts of a black body right before the lens."""
        exponential = math.exp(self.planck_b / (celsius + ZERO))
        return (
            self.planck_r1 / (self.planck_r2 * (exponential - self.planck_f))
            - self.planck_o
        )

    def transmission(self) -> float:
        """Share of the radiation that half of the way's air lets through.

        The model of FLIR's manuals: two exponentials of the root of the
        way, damped by the water in the air.
        """
        t = self.atmosphere
        water = self.humidity * math.exp(
            1.5587 + 6.939e-2 * t - 2.7816e-4 * t**2 + 6.8455e-7 * t**3
        )
        way = math.sqrt(self.distance / 2)
        return self.x * math.exp(
            -way * (self.alpha1 + self.beta1 * math.sqrt(water))
        ) + (1 - self.x) * math.exp(
            -way * (self.alpha2 + self.beta2 * math.sqrt(water))
        )

    def problem(self) -> str:
        """Say which value is impossible; empty where none is."""
        for name, value in asdict(self).items():
            low, high = _RANGES.get(name, (-1e9, 1e9))
            if not low <= value <= high or value == 0 and name in _POSITIVE:
                return f'{name} is {value:g}, which is impossible'
        try:
            possible = 0 < self.transmission() <= 1
        except OverflowError:
            possible = False
        return '' if possible else 'its constants of the air are impossible'

    def celsius(self, counts: np.ndarray) -> np.ndarray:
        """Turn counts into the temperature of the object.

        What arrives is the object's radiation and what it reflects, then
        that of half of the air, of the window, and of the other half, each
        let through by what comes after it.

        Args:
            counts (np.ndarray): Any shape.

        Returns:
            np.ndarray: Degrees Celsius, float32, of the same shape. NaN
            where counts are below what any temperature gives.
        """
        air = self.transmission()
        background, passed = 0.0, 1.0
        for share, temperature in (
            (self.emissivity, self.reflected),
            (air, self.atmosphere),
            (self.window_transmission, self.window),
            (air, self.atmosphere),
        ):
            added = (1 - share) * self.counts(temperature) if share < 1 else 0
            background = share * background + added
            passed *= share
        signal = (counts.astype(np.float64) - background) / passed
        with np.errstate(divide='ignore', invalid='ignore'):
            ratio = self.planck_r1 / (
                self.planck_r2 * (signal + self.planck_o)
            )
            kelvin = self.planck_b / np.log(ratio + self.planck_f)
        kelvin[~(kelvin > 0)] = np.nan
        return (kelvin - ZERO).astype(np.float32)
