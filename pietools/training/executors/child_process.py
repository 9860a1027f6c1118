"""What a training process does first. It imports nothing heavy: until torch is there, seconds pass."""

import os
import signal
from multiprocessing.connection import Connection
from typing import Any

from pietools.orphans import end_with

images_done: Any = None
"""Images that all processes have passed through networks, a shared number; set once, since no task could carry it."""


def start(counter: Any, parent: Connection, gpu: str | None) -> None:
    """Never see Ctrl-C, which is the parent's, end at once when the parent closes its end of the pipe, or dies, and see one GPU."""
    global images_done
    images_done = counter
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(parent)
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu


def count_images(n_images: int) -> None:
    """Say that images have passed through a network; where nobody counts, nothing happens."""
    if images_done is not None:
        with images_done.get_lock():
            images_done.value += n_images
