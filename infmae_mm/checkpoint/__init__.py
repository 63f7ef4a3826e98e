"""The one door for checkpoints: reading, names of weights, loading.

Whatever takes weights from a file takes them from here, so that no file runs
code, and no weight is left at random without a word.
"""

from .error import CheckpointError
from .heads import NUM_HEADS, check_heads, heads_of_file
from .loading import load_complete, load_pretrained, load_start
from .names import (
    backbone_state_dict,
    encoder_state_dict,
    from_authors,
    kind_of,
    to_authors,
    to_pretrain,
)
from .published import (
    SCHEME,
    published_img_size,
    published_names,
    published_sha256,
)
from .reading import extract_state_dict, read_checkpoint
from .report import LoadReport, group_names
from .strict_init import StrictInit

__all__ = [
    'NUM_HEADS',
    'SCHEME',
    'CheckpointError',
    'LoadReport',
    'StrictInit',
    'backbone_state_dict',
    'check_heads',
    'encoder_state_dict',
    'extract_state_dict',
    'from_authors',
    'group_names',
    'heads_of_file',
    'kind_of',
    'load_complete',
    'load_pretrained',
    'load_start',
    'published_img_size',
    'published_names',
    'published_sha256',
    'read_checkpoint',
    'to_authors',
    'to_pretrain',
]
