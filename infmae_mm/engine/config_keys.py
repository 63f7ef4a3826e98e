"""What keys a dict of a config may have.

By the signature of the type that it belongs to, or of the function that
MMEngine calls with it.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches

from mmengine import registry
from mmengine.config import Config, ConfigDict
from mmengine.dist import init_dist
from mmengine.optim import DefaultOptimWrapperConstructor
from mmengine.registry import DefaultScope, Registry
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner
from mmengine.utils.dl_utils import set_multi_processing
from torch.utils.data import DataLoader

from .signatures import parameters_of

# The runner reads these from the config, not from its arguments.
RUNNER_SWITCHES = (
    'activation_checkpointing',
    'compile',
    'find_unused_parameters',
    'runner_type',
)
# Which registry a key of the config belongs to; all below it are MODELS.
REGISTRIES = {
    'data_preprocessor': registry.MODELS,
    'dataset': registry.DATASETS,
    'datasets': registry.DATASETS,
    'pipeline': registry.TRANSFORMS,
    'transforms': registry.TRANSFORMS,
    'sampler': registry.DATA_SAMPLERS,
    'batch_sampler': registry.DATA_SAMPLERS,
    'optim_wrapper': registry.OPTIM_WRAPPERS,
    'optimizer': registry.OPTIMIZERS,
    'param_scheduler': registry.PARAM_SCHEDULERS,
    'default_hooks': registry.HOOKS,
    'custom_hooks': registry.HOOKS,
    'val_evaluator': registry.METRICS,
    'test_evaluator': registry.METRICS,
    'visualizer': registry.VISUALIZERS,
    'vis_backends': registry.VISBACKENDS,
    'log_processor': registry.LOG_PROCESSORS,
    'model': registry.MODELS,
    'init_cfg': registry.WEIGHT_INITIALIZERS,
}
# Parts of models whose builders take keys of their own out of them.
OPAQUE = re.compile(
    r'(norm|conv|act|upsample|dcn|attn|ffn|layer|block|init|order)\w*_cfgs?'
    r'|\w*_layers?|\w+_trans|plugins|dcn|stages|policies|init_cfg'
    r'|paramwise_cfg'
)
PARAMWISE = (
    'custom_keys',
    'lr_mult',
    'decay_mult',
    'bias_lr_mult',
    'bias_decay_mult',
    'norm_decay_mult',
    'flat_decay_mult',
    'dwconv_decay_mult',
    'dcn_offset_lr_mult',
    'bypass_duplicate',
)


LOOPS = ('train_cfg', 'val_cfg', 'test_cfg')


class SpellingError(ValueError):
    """A key that nothing would read."""


def runner_keys() -> set[str]:
    """Keys of a config that the runner reads."""
    return {*inspect.signature(Runner).parameters, *RUNNER_SWITCHES}


def allowed_keys(
    path: str, node: ConfigDict, kind: Registry | None, cfg: Config
) -> set[str] | None:
    """Keys that a dict may have; None where nobody can tell."""
    key = path.rpartition('.')[2]
    if key == 'paramwise_cfg':
        constructor = cfg.optim_wrapper.get('constructor')
        if constructor not in (None, DefaultOptimWrapperConstructor.__name__):
            return None
        return set(PARAMWISE)
    is_loop = path in LOOPS and 'type' in node
    if path in UNTYPED and not is_loop:
        return UNTYPED[path]()
    if path.endswith('_dataloader'):
        return {
            *parameters_of(DataLoader),
            'dataset',
            'collate_fn',
            'num_batch_per_epoch',
            'type',
        }
    if is_loop:
        kind = registry.LOOPS
    found = _type_of(node, kind, cfg)
    if found is None:
        return None
    parameters = parameters_of(found)
    if parameters is None:
        return None
    extra = {'type', '_scope_', '_delete_', 'priority'}
    if kind is registry.OPTIM_WRAPPERS:
        extra |= {'constructor', 'paramwise_cfg'}
    if kind is registry.PARAM_SCHEDULERS:
        extra |= {'convert_to_iter_based', 'epoch_length'}
    if kind in (registry.MODELS, registry.VISUALIZERS):
        extra |= {'init_cfg', 'name', 'pretrained', 'train_cfg', 'test_cfg'}
        extra.add('bg_cls_weight')  # DETR's heads take it out of their loss
    return parameters | extra


def _type_of(
    node: ConfigDict, kind: Registry | None, cfg: Config
) -> Callable | None:
    name = node.get('type')
    if not isinstance(name, str):
        return name if inspect.isclass(name) else None
    if kind is None:
        return None
    scope = node.get('_scope_') or cfg.get('default_scope') or 'mmengine'
    with (
        DefaultScope.overwrite_default_scope(scope),
        kind.switch_scope_and_registry(scope) as scoped,
    ):
        found = scoped.get(name)
        if found is None and not _is_task_util(name, scope):
            names = {n for r in _family(scoped) for n in r.module_dict}
            if close := get_close_matches(name, names, 3, cutoff=0.8):
                raise SpellingError(
                    f'There is no {kind.name} of type {name!r}. Did you mean '
                    f'{", ".join(close)}?'
                )
        return found


def _is_task_util(name: str, scope: str) -> bool:
    """Whether it is a part of a model that has a registry of its own."""
    with registry.TASK_UTILS.switch_scope_and_registry(scope) as scoped:
        return scoped.get(name) is not None


def _family(scoped: Registry) -> Iterator[Registry]:
    """A registry and those above it, where its types are looked up."""
    while scoped is not None:
        yield scoped
        scoped = scoped.parent


def _train_cfg() -> set[str]:
    loops = (EpochBasedTrainLoop, IterBasedTrainLoop)
    return {'by_epoch', 'type'}.union(*map(parameters_of, loops))


# Dicts without a type, and what MMEngine reads of them.
UNTYPED: dict[str, Callable[[], set[str]]] = {
    'train_cfg': _train_cfg,
    'val_cfg': lambda: {'type', 'fp16'},
    'test_cfg': lambda: {'type', 'fp16'},
    'auto_scale_lr': lambda: {'enable', 'base_batch_size'},
    'randomness': lambda: {'seed', 'diff_rank_seed', 'deterministic'},
    'env_cfg': lambda: {
        'cudnn_benchmark',
        'mp_cfg',
        'dist_cfg',
        'resource_limit',
    },
    'env_cfg.mp_cfg': lambda: parameters_of(set_multi_processing),
    'env_cfg.dist_cfg': lambda: {
        *inspect.signature(init_dist).parameters,
        'timeout',
        'init_method',
    },
}
