"""Trained models at work: prediction over files, export, a one-file runtime.

What :mod:`.runtime` needs is numpy, OpenCV and onnxruntime; :mod:`.bundle`
makes one file of it. The other modules need the wing that a config belongs to.
"""
