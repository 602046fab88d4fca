"""Loads a user's script and the functions that it defines."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any, Callable


def function_of(path: str, name: str) -> Callable[..., Any]:
    """A function that a script defines. The script's folder is where its own imports are looked for."""
    sys.path.insert(0, str(Path(path).parent))
    spec = importlib.util.spec_from_file_location("millwright_script", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python script")
    module = importlib.util.module_from_spec(spec)
    sys.modules["millwright_script"] = module
    spec.loader.exec_module(module)
    function = getattr(module, name, None)
    if not callable(function):
        raise AttributeError(f"{Path(path).name} defines no function {name}()")
    return function


def named(path: str) -> Any:
    """What an import path such as ``sklearn.svm.SVC`` names."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)
