"""Preparing a pre-training set: which of many images are worth learning from.

Sources are scanned (``sources``), each image is measured once
(``statistics``, kept in ``statistics_cache``), near-duplicates are found
(``near_duplicates``) and images selected (``selection``); ``tables`` and
``plots`` tell what became of them. ``tools/prepare_thermal_set.py`` is the
door.
"""
