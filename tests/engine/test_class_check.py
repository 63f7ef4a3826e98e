"""Heads against the classes of the data."""

from types import SimpleNamespace

import pytest
from torch import nn

from infmae_mm.classes import LabelError, check_class_names
from infmae_mm.engine import ClassCountHook
from infmae_mm.engine.hooks import LoadedWeightsHook


class Head(nn.Module):
    def __init__(self, num_classes, **values):
        super().__init__()
        self.num_classes = num_classes
        self.__dict__.update(values)


def runner(classes, loop='train', **heads):
    dataset = SimpleNamespace(metainfo=dict(classes=classes))
    loops = dict.fromkeys(('_train_loop', '_val_loop', '_test_loop'))
    loops[f'_{loop}_loop'] = SimpleNamespace(
        dataloader=SimpleNamespace(dataset=dataset)
    )
    model = nn.Module()
    for name, head in heads.items():
        model.add_module(name, head)
    return SimpleNamespace(model=model, **loops)


def check(*args, **kwargs):
    ClassCountHook().before_run(runner(*args, **kwargs))


@pytest.mark.parametrize('loop', ['train', 'val', 'test'])
@pytest.mark.parametrize(
    'name', ['decode_head', 'auxiliary_head', 'bbox_head', 'head']
)
def test_heads_of_other_classes(loop, name):
    check(('a', 'b'), loop, **{name: Head(2)})
    with pytest.raises(LabelError, match=f'The {loop} set .*{name}: 3'):
        check(('a', 'b'), loop, **{name: Head(3)})


def test_stages_of_a_cascade():
    stages = nn.ModuleList([Head(2), Head(9), Head(2)])
    check_ = runner(('a', 'b'))
    roi_head = nn.Module()
    roi_head.bbox_head = stages
    check_.model.roi_head = roi_head
    with pytest.raises(LabelError, match=r'roi_head.bbox_head.1: 9\.'):
        ClassCountHook().before_run(check_)


def test_what_has_other_classes_by_its_nature():
    proposals = nn.Module()
    proposals.bbox_head = Head(1)
    boundary = Head(2, boundary_threshold=0.1)
    check(
        ('a', 'b', 'c'),
        rpn_head=proposals,
        auxiliary_head=boundary,
        backbone=Head(1000),
        head=Head(-1),
    )
    check(None, decode_head=Head(3))
    panoptic = runner(('a', 'b', 'c'), bbox_head=Head(2))
    dataset = panoptic._train_loop.dataloader.dataset
    dataset.metainfo['thing_classes'] = ('a', 'b')
    ClassCountHook().before_run(panoptic)
    told = runner(('a', 'b', 'c'), bbox_head=Head(256))
    told._train_loop.dataloader.dataset.return_classes = True
    ClassCountHook().before_run(told)


def test_sets_in_another_order():
    """Their measures would be those of other classes."""
    two = runner(('a', 'b'))
    two._val_loop = runner(('b', 'a'), 'val')._val_loop
    with pytest.raises(LabelError, match='classes are b, a, .* order, a, b'):
        ClassCountHook().before_run(two)
    # another set may have other classes
    two._val_loop = runner(('a', 'c'), 'val')._val_loop
    ClassCountHook().before_run(two)


def test_a_checkpoint_that_learnt_another_order():
    meta = dict(dataset_meta=dict(classes=('a', 'b')))
    dataset = SimpleNamespace(metainfo=dict(classes=['b', 'a']))
    testing = SimpleNamespace(test_dataloader=SimpleNamespace(dataset=dataset))
    with pytest.raises(LabelError, match='b, a, and the checkpoint .* a, b'):
        LoadedWeightsHook._compare_classes(testing, dict(meta=meta))
    dataset.metainfo['classes'] = ['a', 'b']
    LoadedWeightsHook._compare_classes(testing, dict(meta=meta))


@pytest.mark.parametrize(
    'colour', ['red', 'crimson', 255, (0, 0, 256), (0.5, 0, 0), (0, 0), None]
)
def test_colours_of_a_palette(colour):
    """They ended the first drawing, after the first epoch."""
    drawn = runner(('a', 'b'))
    meta = drawn._train_loop.dataloader.dataset.metainfo
    for palette in (None, 'random', [(0, 0, 0), [255, 0, 9]]):
        meta['palette'] = palette
        ClassCountHook().before_run(drawn)
    meta['palette'] = [(0, 0, 0), colour]
    with pytest.raises(LabelError, match='which is no colour'):
        ClassCountHook().before_run(drawn)


def test_keys_in_upper_case():
    old = runner(('a', 'b'))
    old._train_loop.dataloader.dataset.metainfo['CLASSES'] = ('c',)
    with pytest.raises(LabelError, match='train set has CLASSES'):
        ClassCountHook().before_run(old)


def test_a_string_is_no_list_of_classes():
    with pytest.raises(LabelError, match=r"\('udder',\)"):
        check('udder', decode_head=Head(5))


@pytest.mark.parametrize(
    ('classes', 'expected'),
    [
        (('a', 'b', 'a'), "'a' more than once"),
        (('a', 3), '3, which is no name'),
        (('a', ''), 'which is no name'),
        ((), 'empty'),
        ({'a', 'b'}, 'is a set, not a list'),
        ({'a': 1}, 'is a dict, not a list'),
        (2, 'is a int, not a list'),
    ],
)
def test_names_of_classes(classes, expected):
    with pytest.raises(LabelError, match=expected):
        check_class_names(classes)
    assert check_class_names(['a', 'b']) == ('a', 'b')
