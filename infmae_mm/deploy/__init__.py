"""Trained models at work: prediction over files, export, a one-file runtime.

The modules named in :data:`.bundle.MODULES` need numpy and OpenCV only, and
become the one file ``infmae_runtime.py``; the others need the wing that a
config belongs to.
"""
