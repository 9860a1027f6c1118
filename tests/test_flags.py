"""Flags: one word each, said nowhere else, and every one in use."""

import ast
from pathlib import Path

from pietools.flags import Flag

PACKAGE = Path(__file__).parents[1] / "pietools"
# Where flags are given; charts and tables may have words of their own for the same letters.
FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.parts[len(PACKAGE.parts)] == "statistics" or path.name in ("fill.py", "network_properties.py")
]


def bare_words(tree: ast.Module) -> list[str]:
    """Strings other than docstrings that are a flag's word, or are given to something called ``flag``."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]
    given = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "flag"]
    given += [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "flag" for to in node.targets)
    ]
    literals = [node.value for node in given if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [word for word in words if word in set(Flag)] + literals


def test_no_flag_is_a_bare_string() -> None:
    """The enumeration is the only place that spells a flag."""
    found = {str(path.relative_to(PACKAGE)): bare_words(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES}
    assert {path: words for path, words in found.items() if words} == {}
    assert bare_words(ast.parse("f(flag='new-reason')")) == ["new-reason"]


def test_every_flag_is_used_and_says_what_it_means() -> None:
    """No word without a reason to give it, and none without a meaning."""
    used = "\n".join(path.read_text(encoding="utf-8") for path in [*FILES, *PACKAGE.glob("topics/regimes/*.py")])
    for flag in Flag:
        assert f"Flag.{flag.name}" in used, flag
        assert flag.meaning
        assert flag == flag.name.lower().replace("_", "-")
