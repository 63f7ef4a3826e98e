"""Boxes as people have them, and the COCO files that detectors train on.

It needs MMEngine and MMCV only.
"""
