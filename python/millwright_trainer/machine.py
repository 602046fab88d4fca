"""Where a training runs."""

import importlib.metadata
import platform
from pathlib import Path


def describe() -> dict:
    packages = {
        f"{distribution.metadata['Name'].lower().replace('_', '-')}=={distribution.version}"
        for distribution in importlib.metadata.distributions()
    }
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": _cpu(),
        "packages": sorted(packages),
    }


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
