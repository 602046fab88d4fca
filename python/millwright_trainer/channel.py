"""Messages to Millwright: one JSON object a line on a file descriptor of their own."""

import json
import os
import threading
import time
from typing import Any

from .schema import check

_SHORTEST_PAUSE_S = 0.1


class Channel:
    """Writes checked messages. Calls from several threads do not mix."""

    def __init__(self, fd: int) -> None:
        # A program that the script starts must not hold the channel open.
        os.set_inheritable(fd, False)
        self._fd = fd
        self._lock = threading.Lock()
        self._last_progress = 0.0

    def send(self, message_type: str, **fields: Any) -> None:
        message = {"type": message_type, **fields}
        check(message, "message")
        line = json.dumps(message, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        self._write(line.encode("utf-8", "replace") + b"\n")

    def progress(self, done: float, total: float) -> None:
        """At most ten a second, and always the last."""
        now = time.monotonic()
        if done < total and now - self._last_progress < _SHORTEST_PAUSE_S:
            return
        self._last_progress = now
        self.send("progress", done=done, total=total)

    def _write(self, data: bytes) -> None:
        with self._lock:
            while data:
                data = data[os.write(self._fd, data) :]
