"""Classes of the published sets and the colours they are drawn in.

Names stand in the order of their ids. Colours are RGB, 0 to 255.
"""

M3FD_CLASSES = ('People', 'Car', 'Bus', 'Motorcycle', 'Lamp', 'Truck')

M3FD_PALETTE = (
    (255, 80, 80),
    (90, 200, 255),
    (255, 200, 60),
    (210, 120, 255),
    (120, 255, 120),
    (255, 140, 0),
)
"""Bright, as boxes are thin: the set has no colours of its own."""

MSRS_CLASSES = (
    'unlabelled',
    'car',
    'person',
    'bike',
    'curve',
    'car_stop',
    'guardrail',
    'color_cone',
    'bump',
)

MSRS_PALETTE = (
    (0, 0, 0),
    (64, 0, 128),
    (64, 64, 0),
    (0, 128, 192),
    (0, 0, 192),
    (128, 128, 0),
    (64, 64, 128),
    (192, 128, 128),
    (192, 64, 0),
)
"""Those of the published label maps."""

SMALL_TARGET_CLASSES = ('background', 'target')

SMALL_TARGET_PALETTE = ((0, 0, 0), (255, 64, 64))
