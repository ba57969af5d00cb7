"""Keeps what templates were compiled to while the process lives; it reads and writes no file.

Each installation of a process has template environments of its own; compiling some 20 templates
costs 0.1 s every time, loading what they were compiled to a hundredth of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import BytecodeCache

if TYPE_CHECKING:
    from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """What templates of one kind of environment were compiled to; another source compiles anew.

    Environments that share one must be made alike: filters, escaping and sandbox are compiled in.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if its template was compiled before."""
        code = self._codes.get(bucket.key)
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what the bucket holds."""
        self._codes[bucket.key] = bucket.bytecode_to_string()
