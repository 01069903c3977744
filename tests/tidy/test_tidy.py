"""The house rules a machine can check (docs/decisions/0001-guards.md). Exceptions stand here, beside their rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MIGRATIONS = ROOT / "src/xtenant/storage/migrations/versions"
"""Written by Alembic, a table after the other; long and never read from the top."""
SOURCES = sorted(path for path in (ROOT / "src").rglob("*.py") if path.parent != MIGRATIONS)
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
MOST_LINES_OF_A_MODULE = 400
MOST_LINES_OF_A_FUNCTION = 50
MOST_METHODS_OF_A_REPOSITORY = 12
FORBIDDEN_NAMES = re.compile(r"^(utils?|helpers?|common|managers?|misc|.*\d+|.*_more)$")
NAMES_ALLOWED: dict[str, str] = {}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
FOREIGN_PATHS = re.compile(
    r"/work/|\.\./shared|/root/\.|/\.library|(?<!no-emit-)index-url|files\.pythonhosted|registry\.npmjs"
)


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES_OF_A_MODULE
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module opens with what it is for"


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_a_function_fits_on_a_page(path: Path) -> None:
    for function in functions(ast.parse(path.read_text())):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= MOST_LINES_OF_A_FUNCTION, f"{function.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_a_module_is_named_after_a_noun_of_the_field(path: Path) -> None:
    name = path.stem if path.stem != "__init__" else path.parent.name
    assert not FORBIDDEN_NAMES.match(name) or name in NAMES_ALLOWED


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_nothing_is_left_unfinished_or_points_outside_the_project(path: Path) -> None:
    text = path.read_text()
    assert not UNFINISHED.search(text)
    assert not FOREIGN_PATHS.search(text)


def test_a_repository_port_has_at_most_twelve_methods() -> None:
    for path in (ROOT / "src/xtenant/domain/ports").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Repository"):
                public = [f for f in node.body if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")]
                assert len(public) <= MOST_METHODS_OF_A_REPOSITORY, f"{node.name} has {len(public)} methods"


def test_only_one_module_imports_the_workflow_library() -> None:
    importers = [short(p) for p in SOURCES if re.search(r"^\s*(import|from) dbos\b", p.read_text(), re.MULTILINE)]
    assert importers in ([], ["src/xtenant/engine/workflow.py"])


def test_test_names_are_sentences() -> None:
    for path in TESTS:
        for function in functions(ast.parse(path.read_text())):
            if function.name.startswith("test_"):
                assert function.name.count("_") >= 3, f"{short(path)}: {function.name}"


def test_a_skipped_test_says_why() -> None:
    for path in TESTS:
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("pytest.skip", "pytest.mark.skip"):
                said = [*call.args, *(k.value for k in call.keywords if k.arg == "reason")]
                assert said, f"{short(path)}: a skip without a reason"


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "locks").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
    for lock in ROOT.glob("**/package-lock.json"):
        if "node_modules" not in lock.parts:
            assert '"resolved"' not in lock.read_text()


def test_no_document_names_a_machine_path_or_a_registry() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    for document in documents:
        assert not FOREIGN_PATHS.search(document.read_text()), short(document)
