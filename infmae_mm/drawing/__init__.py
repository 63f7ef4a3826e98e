"""Drawing with OpenCV: contact sheets, captions, samples with their labels.

One of each; the visualizers of the wings draw with them. Knows nothing of a
wing.
"""
