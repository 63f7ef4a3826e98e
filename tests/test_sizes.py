"""Sizes, and how a graph for all sizes is told."""

from types import SimpleNamespace

import pytest
import torch

from infmae_mm.sizes import ceil_div, is_exporting, missing, pad_to_multiple


@pytest.mark.parametrize('old', [False, True], ids=['torch', 'older torch'])
def test_a_traced_graph_is_an_export(old, monkeypatch):
    if old:
        compiler = SimpleNamespace(is_compiling=torch.compiler.is_compiling)
        monkeypatch.setattr('infmae_mm.sizes.compiler', compiler)
    seen = []

    def forward(x):
        seen.append(is_exporting())
        return x + 1

    forward(torch.zeros(2))
    torch.jit.trace(forward, torch.zeros(2), check_trace=False)
    assert seen == [False, True]


@pytest.mark.parametrize('n', [1, 15, 16, 17, 130])
def test_up_to_the_next_multiple(n):
    assert ceil_div(n, 16) * 16 == n + missing(n, 16)
    assert 0 <= missing(n, 16) < 16
    padded = pad_to_multiple(torch.ones(1, 1, n, 3), 16)
    assert padded.shape == (1, 1, n + missing(n, 16), 16)
    assert padded.sum() == 3 * n
