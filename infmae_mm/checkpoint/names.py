"""Names of weights: ours, the authors', and those of a backbone alone.

The modules of this project carry the authors' names. A pre-training
checkpoint of ours splits them between ``backbone.`` and ``neck.``, and a
backbone-only file has no prefix. One thing differs in kind: the authors store
the convolution that scores patches for masking as 768 filters of which only
the mean is ever used, and we store that mean.
"""

from collections.abc import Mapping

from torch import Tensor

from .mcmae import RELATIVE, as_infmae

StateDict = dict[str, Tensor]

BACKBONE = 'backbone.'
NECK = 'neck.'
SCORE_FILTER = 'masking.weight'

AUTHORS_SCORE = 'patch_embed.proj.'
AUTHORS_DECODER = ('mask_token', 'decoder_')
# What only pre-training has, in the encoder.
PRETRAIN_ONLY = (
    'masking.',
    'norm.',
    'stage1_output_decode.',
    'stage2_output_decode.',
)
AUTHORS_ENCODER = (
    'patch_embed1.',
    'patch_embed2.',
    'patch_embed3.',
    'patch_embed4.',
    'blocks1.',
    'blocks2.',
    'blocks3.',
    'pos_embed',
    *PRETRAIN_ONLY[1:],
)
# What the fine-tuning backbone has.
BACKBONE_ONLY = (
    *(n for n in AUTHORS_ENCODER if n not in PRETRAIN_ONLY),
    'downsample.',
)


def kind_of(state_dict: Mapping[str, Tensor]) -> str:
    """Tell whose names a state dict carries.

    Args:
        state_dict (Mapping[str, Tensor]): Any state dict.

    Returns:
        str: 'authors', 'pretrain' (ours, with a decoder), 'model' (any other
        model that has a backbone: a segmentor, a detector) or 'backbone'
        (no prefix).
    """
    if f'{NECK}mask_token' in state_dict:
        return 'pretrain'
    if any(name.startswith(BACKBONE) for name in state_dict):
        return 'model'
    if any(
        n.startswith((AUTHORS_SCORE, *AUTHORS_DECODER)) for n in state_dict
    ):
        return 'authors'
    return 'backbone'


def from_authors(state_dict: Mapping[str, Tensor]) -> StateDict:
    """Rename the authors' weights to those of ``InfMAEPretrainer``.

    Their score filters ``(768, C, 16, 16)`` become the one filter
    ``(1, 1, 16, 16)`` that gives the same order of patches on grey images:
    the mean over the filters, summed over the channels. Their bias moves all
    scores alike and is left out. Our masking must sort as their code does:
    ``InformationAwareMasking(order='ascending')``.

    Args:
        state_dict (Mapping[str, Tensor]): Weights under the authors' names.

    Returns:
        dict[str, Tensor]: ``backbone.*`` and ``neck.*``; names that the
        authors' model does not have are left out.
    """
    ours = {}
    for name, value in state_dict.items():
        if name.startswith(AUTHORS_ENCODER):
            ours[BACKBONE + name] = value
        elif name.startswith(AUTHORS_DECODER):
            ours[NECK + name] = value
    filters = state_dict.get(f'{AUTHORS_SCORE}weight')  # (768, C, 16, 16)
    if filters is not None:
        # In float64, so that converting back and forth changes nothing.
        mean = filters.double().mean(dim=0, keepdim=True)
        score = mean.sum(dim=1, keepdim=True).float()
        ours[BACKBONE + SCORE_FILTER] = score  # (1, 1, 16, 16)
    return ours


def to_authors(state_dict: Mapping[str, Tensor]) -> StateDict:
    """Rename the weights of ``InfMAEPretrainer`` to the authors'.

    The inverse of :func:`from_authors`. The score filter is repeated for
    each of the embedding's channels, with a bias of zeros. A model with
    random masking has no score filter: then the result has none either.

    Args:
        state_dict (Mapping[str, Tensor]): ``backbone.*`` and ``neck.*``, or a
            backbone-only state dict.

    Returns:
        dict[str, Tensor]: Weights under the authors' names; what their model
        does not have, such as ``downsample.*``, is left out.
    """
    theirs = {}
    for name, value in state_dict.items():
        plain = name.removeprefix(BACKBONE).removeprefix(NECK)
        if plain.startswith((*AUTHORS_ENCODER, *AUTHORS_DECODER)):
            theirs[plain] = value
    score = encoder_state_dict(state_dict).get(SCORE_FILTER)
    if score is not None and 'patch_embed1.proj.weight' in theirs:
        channels = theirs['patch_embed1.proj.weight'].shape[1]
        embed_dims = len(theirs['patch_embed3.proj.bias'])
        filters = (score.double() / channels).float()
        theirs[f'{AUTHORS_SCORE}weight'] = filters.repeat(
            embed_dims, channels, 1, 1
        )
        theirs[f'{AUTHORS_SCORE}bias'] = score.new_zeros(embed_dims)
    return theirs


def to_pretrain(state_dict: Mapping[str, Tensor]) -> StateDict:
    """What ``InfMAEPretrainer`` has of a state dict with our names.

    Args:
        state_dict (Mapping[str, Tensor]): A pre-training checkpoint, another
            model's, or a backbone-only one.

    Returns:
        dict[str, Tensor]: ``backbone.*``, and ``neck.*`` if there is a
        decoder.
    """
    decoder = tuple(NECK + name for name in AUTHORS_DECODER)
    ours = {
        BACKBONE + name: value
        for name, value in encoder_state_dict(state_dict).items()
        if name.startswith((SCORE_FILTER, *AUTHORS_ENCODER))
    }
    return ours | {
        name: value
        for name, value in state_dict.items()
        if name.startswith(decoder)
    }


def encoder_state_dict(state_dict: Mapping[str, Tensor]) -> StateDict:
    """The weights of the encoder, without a prefix.

    Args:
        state_dict (Mapping[str, Tensor]): Of any kind of :func:`kind_of`.

    Returns:
        dict[str, Tensor]: All weights of the encoder in pre-training, or of
        the backbone where there is no more.
    """
    state_dict = as_infmae(state_dict)
    kind = kind_of(state_dict)
    if kind == 'backbone':
        return dict(state_dict)
    if kind == 'authors':
        state_dict = from_authors(state_dict)
    return {
        name.removeprefix(BACKBONE): value
        for name, value in state_dict.items()
        if name.startswith(BACKBONE)
    }


def backbone_state_dict(state_dict: Mapping[str, Tensor]) -> StateDict:
    """The weights of the fine-tuning backbone, without a prefix.

    Args:
        state_dict (Mapping[str, Tensor]): A pre-training checkpoint of ours
            or the authors', a segmentor's, a detector's, or a backbone-only
            one.

    Returns:
        dict[str, Tensor]: The weights that ``InfMAE`` has: no decoder, score
        filter, final norm or projections of the stages to the latent, and
        nothing that only MCMAE has.
    """
    return {
        name: value
        for name, value in encoder_state_dict(state_dict).items()
        if name.startswith(BACKBONE_ONLY) and not name.endswith(RELATIVE)
    }
