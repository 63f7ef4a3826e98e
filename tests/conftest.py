import pytest
import torch

# Tiny models: handing work to threads costs more than the work.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)
