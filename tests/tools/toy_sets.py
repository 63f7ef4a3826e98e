"""Runs tools/prepare_thermal_set.py and reads what it wrote."""

import csv
import os
import runpy
from pathlib import Path

import cv2

TOOL = Path(__file__).parents[2] / 'tools' / 'prepare_thermal_set.py'


prepare = runpy.run_path(str(TOOL))['main']


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def table(out):
    with open(out / 'images.csv', newline='') as file:
        return {
            os.path.basename(row['path']): row for row in csv.DictReader(file)
        }


def content(out):
    return {p.name: p.read_bytes() for p in out.iterdir()}


def run(*arguments):
    prepare([str(argument) for argument in arguments])
