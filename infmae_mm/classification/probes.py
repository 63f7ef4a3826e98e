"""What features are worth: nearest neighbours and a linear probe.

Both are usual measures of self-supervised learning: the features stay as
they are, and labels only judge them.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def _classifier(neighbors: int) -> KNeighborsClassifier:
    return KNeighborsClassifier(
        neighbors, metric='cosine', algorithm='brute', weights='uniform'
    )


def check_neighbors(others: int, neighbors: int) -> None:
    """See that there are images for the votes.

    Args:
        others (int): Images that can vote on one.
        neighbors (int): Votes.

    Raises:
        ValueError: If there are too few, or no vote is asked for.
    """
    if not 1 <= neighbors <= others:
        raise ValueError(
            f'{neighbors} neighbours were asked for, and an image has '
            f'{others} others: set 1 to as many.'
        )


def knn_accuracy(
    vectors: np.ndarray,
    labels: np.ndarray,
    test_vectors: np.ndarray | None = None,
    test_labels: np.ndarray | None = None,
    neighbors: int = 20,
) -> float:
    """Accuracy of a majority vote of the nearest images, by the cosine.

    The cosine is that of the differences from the mean vector: pooled
    features have much in common, which no vote should count.

    Args:
        vectors (np.ndarray): (N, C).
        labels (np.ndarray): (N,).
        test_vectors (np.ndarray, optional): (M, C). By default every image
            is asked of all the others.
        test_labels (np.ndarray, optional): (M,).
        neighbors (int): Votes. Defaults to 20.

    Returns:
        float: Per cent.

    Raises:
        ValueError: If there are too few images for that many neighbours.
    """
    check_neighbors(len(vectors) - (test_vectors is None), neighbors)
    mean = vectors.mean(axis=0)
    vectors = vectors - mean
    if test_vectors is not None:
        test_vectors = test_vectors - mean
        found = _classifier(neighbors).fit(vectors, labels)
        return 100 * float(found.score(test_vectors, test_labels))
    # One search serves every image: its own vector is its first neighbour.
    search = _classifier(neighbors + 1).fit(vectors, labels)
    _, nearest = search.kneighbors(vectors)  # (N, neighbors + 1)
    itself = nearest == np.arange(len(vectors))[:, None]
    # A duplicate may come before the image itself, or push it out.
    itself[~itself.any(axis=1), -1] = True
    nearest = nearest[~itself].reshape(len(vectors), neighbors)
    names, codes = np.unique(labels, return_inverse=True)
    votes = np.apply_along_axis(
        np.bincount, 1, codes[nearest], minlength=len(names)
    )  # (N, classes)
    return 100 * float((votes.argmax(axis=1) == codes).mean())


def linear_probe(
    vectors: np.ndarray,
    labels: np.ndarray,
    test_vectors: np.ndarray,
    test_labels: np.ndarray,
) -> float:
    """Accuracy of a logistic regression on standardised features.

    Args:
        vectors (np.ndarray): (N, C), to learn from.
        labels (np.ndarray): (N,).
        test_vectors (np.ndarray): (M, C), to measure on.
        test_labels (np.ndarray): (M,).

    Returns:
        float: Per cent.
    """
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return 100 * float(
        probe.fit(vectors, labels).score(test_vectors, test_labels)
    )
