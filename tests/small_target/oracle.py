"""The measures once more: slowly, in plain Python, with exact fractions."""

from fractions import Fraction
from math import nan


def components(mask):
    """Sets of pixels, by flood fill, in the order of their first pixel."""
    height, width = len(mask), len(mask[0])
    left = {(y, x) for y in range(height) for x in range(width) if mask[y][x]}
    found = []
    while left:
        stack, one = [min(left)], set()
        while stack:
            y, x = stack.pop()
            if (y, x) in left:
                left.remove((y, x))
                one.add((y, x))
                stack += [
                    (y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)
                ]
        found.append(one)
    return found


def centroid(component):
    n = len(component)
    return tuple(Fraction(sum(p[i] for p in component), n) for i in (0, 1))


def match(targets, found):
    """For each target the index of what finds it, or None."""
    used, matches = set(), []
    for target in targets:
        y, x = centroid(target)
        for j, component in enumerate(found):
            v, u = centroid(component)
            if j not in used and (v - y) ** 2 + (u - x) ** 2 < 9:
                used.add(j)
                matches.append(j)
                break
        else:
            matches.append(None)
    return matches


def auc(scores, labels):
    """Trapezoids below the ROC, one step for each distinct score."""
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return nan
    area, tp, fp = Fraction(0), 0, 0
    for score in sorted(set(scores), reverse=True):
        here = [t for s, t in zip(scores, labels, strict=True) if s == score]
        p, n = sum(here), len(here) - sum(here)
        area += n * (tp + Fraction(p, 2))
        tp, fp = tp + p, fp + n
    return float(area / (positives * negatives))


def measures(levels, masks):
    """All measures of images of scores, 0 to 65535, and of masks."""

    def ratio(a, b):
        return float(Fraction(a, b)) if b else nan

    hit = union = predicted = true = pixels = 0
    targets_found = num_targets = false_pixels = 0
    ious, scores, labels = [], [], []
    for level, mask in zip(levels, masks, strict=True):
        prediction = [[value * 2 > 65535 for value in row] for row in level]
        both = either = 0
        for row, line, score in zip(prediction, mask, level, strict=True):
            for p, t, s in zip(row, line, score, strict=True):
                both += p and t
                either += p or t
                predicted += p
                true += t
                pixels += 1
                scores.append(s)
                labels.append(bool(t))
        hit += both
        union += either
        if either:
            ious.append(Fraction(both, either))
        targets, found = components(mask), components(prediction)
        matches = match(targets, found)
        num_targets += len(targets)
        targets_found += sum(m is not None for m in matches)
        false_pixels += sum(
            len(c) for j, c in enumerate(found) if j not in matches
        )
    return dict(
        IoU=ratio(hit, union),
        nIoU=ratio(sum(ious), len(ious)),
        Precision=0.0 if true and not predicted else ratio(hit, predicted),
        Recall=ratio(hit, true),
        F1=ratio(2 * hit, predicted + true),
        Pd=ratio(targets_found, num_targets),
        Fa=ratio(false_pixels, pixels),
        AUC=auc(scores, labels),
    )
