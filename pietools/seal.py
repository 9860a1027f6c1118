"""JSON objects that carry a checksum of themselves: a bit that flips, or a value that is edited, is seen when they are read."""

import json
from hashlib import sha256
from typing import Any


def sealed(content: dict[str, Any], key: str) -> dict[str, Any]:
    """The object with the SHA-256 of all that it says otherwise at its end, under `key`."""
    return {**content, key: _digest(content, key)}


def is_intact(content: dict[str, Any], key: str) -> bool:
    """Whether the object says what it said when it was sealed; one without a seal does not."""
    return content.get(key) == _digest(content, key)


def _digest(content: dict[str, Any], key: str) -> str:
    said = {name: value for name, value in content.items() if name != key}
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
