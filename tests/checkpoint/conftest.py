import pytest
from toy_authors import tiny_authors


@pytest.fixture
def authors():
    return tiny_authors()
