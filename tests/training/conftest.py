"""What the tests of train and collect share."""

from importlib.util import find_spec

import pytest

# The base installation is without torch: there these tests are not collected at all.
collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Use one thread, as the training processes do: tests in parallel would slow each other down."""
    import torch

    torch.set_num_threads(1)
