"""All of pietools and what it imports, once: the processes that are forked from here begin with it."""

from importlib import import_module
from pkgutil import walk_packages

import pietools

# Libraries that pietools imports within functions; what is not installed, extras, is left out.
LATER = ("altair", "scipy.stats", "sklearn.datasets", "statsmodels.api", "torchvision", "vl_convert")


def import_all() -> None:
    """Import every module but those that run when they are imported."""
    modules = [one.name for one in walk_packages(pietools.__path__, "pietools.") if not one.name.endswith("__main__")]
    for name in (*modules, *LATER):
        try:
            import_module(name)
        except ImportError:
            continue


import_all()
