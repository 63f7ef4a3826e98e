"""What is raised of every annotation that is not taken."""

from ..classes import LabelError


class AnnotationError(LabelError):
    """Annotations that cannot be used; names the file and what to do."""
