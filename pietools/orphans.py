"""Child processes that do not outlive the one that started them, however it ends. Nothing heavy is imported here."""

import os
import threading
from multiprocessing.connection import Connection


def end_with(parent: Connection) -> None:
    """In a child: end at once when the parent closes its end of a pipe, or dies. ``parent`` is what a child reads from."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Connection) -> None:
    parent.poll(None)  # nothing is ever sent: only the end wakes it
    os._exit(1)
