"""Compare starts, networks and recipes: plans, cells, tables.

A plan (``configs/compare``) has rows. A row and a seed are a cell: a run of
``tools/train.py`` and of ``tools/test.py``. See ``docs/compare.md``.
"""
