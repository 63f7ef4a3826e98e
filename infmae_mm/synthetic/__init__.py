"""Rendered scenes that look like thermal images, with exact labels.

For demos and tests: ``scenes`` renders one, ``figures`` holds what stands in
it, ``layouts`` writes many as the published sets lie on the disk.
"""
