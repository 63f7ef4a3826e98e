"""Layer-wise decay of the learning rate."""

from mmengine.optim import DefaultOptimWrapperConstructor
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class LayerDecayOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """Train a layer the more slowly the deeper it lies in the backbone.

    For any segmentor, detector or classifier whose backbone has
    ``get_layer_depth``, as :class:`~infmae_mm.backbone.InfMAE` has. Layer l
    of n learns at ``lr * decay_rate ** (n - 1 - l)``; what is no part of the
    backbone (necks, heads) learns at ``lr``.

    Vectors and scalars, which are the norms and biases, and position
    embeddings get no weight decay. Parameters without gradient are left out.
    Parameters of one layer share a group, whose ``name`` tells what it is.

    mmpretrain's ``LearningRateDecayOptimWrapperConstructor`` wants
    ``get_layer_depth`` of the whole model, which the segmentors of mmseg and
    the detectors of mmdet do not have, and needs mmpretrain. Those of mmseg
    and mmdet know the layers of a few networks by their class names.

    Args:
        optim_wrapper_cfg (dict): The optimizer wrapper. Its ``optimizer``
            has an ``lr``.
        paramwise_cfg (dict): ``decay_rate`` alone, in (0, 1]; 1 is no decay
            of the learning rate. The paper's fine-tuning of segmentation
            has 0.75 (section 5.2).

    Raises:
        ValueError: If an option is absent, unknown or out of range.
    """

    def _validate_cfg(self) -> None:
        options = self.paramwise_cfg
        if set(options) != {'decay_rate'}:
            raise ValueError(
                f'{type(self).__name__} takes paramwise_cfg=dict('
                f'decay_rate=...) and nothing else, got {dict(options)}. In '
                'a config that inherits other options, add _delete_=True.'
            )
        if not 0 < options['decay_rate'] <= 1:
            raise ValueError(
                'paramwise_cfg.decay_rate must be in (0, 1], got '
                f'{options["decay_rate"]}.'
            )
        if self.base_lr is None:
            raise ValueError(
                f'{type(self).__name__} needs the learning rate of the '
                'heads: set optim_wrapper.optimizer.lr.'
            )

    def add_params(self, params: list[dict], module: nn.Module) -> None:
        """Add the parameter groups of a model, from the bottom to the top.

        Args:
            params (list[dict]): Groups of parameters, which gets those of
                the model.
            module (nn.Module): The model, with a ``backbone``.

        Raises:
            ValueError: If the backbone has no ``get_layer_depth``.
        """
        backbone = getattr(module, 'backbone', None)
        if not hasattr(backbone, 'get_layer_depth'):
            raise ValueError(
                f'{type(self).__name__} needs a model whose backbone tells '
                f'the layer of a parameter. That of {type(module).__name__} '
                f'is {type(backbone).__name__}, without get_layer_depth().'
            )
        groups: dict[tuple[int, bool], dict] = {}
        for name, param in module.named_parameters():
            if not param.requires_grad:
                continue
            layer, layers = backbone.get_layer_depth(name, 'backbone.')
            decays = param.ndim > 1 and 'pos' not in name.rsplit('.', 1)[-1]
            if (layer, decays) not in groups:
                scale = self.paramwise_cfg['decay_rate'] ** (
                    layers - 1 - layer
                )
                group = dict(
                    params=[],
                    name=f'layer_{layer}' + '_no_decay' * (not decays),
                    lr=self.base_lr * scale,
                )
                if not decays:
                    group['weight_decay'] = 0.0
                groups[layer, decays] = group
            groups[layer, decays]['params'].append(param)
        params.extend(groups[key] for key in sorted(groups))
