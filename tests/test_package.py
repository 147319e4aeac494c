"""What holds for the package as a whole: lazy imports, rooms, files shipped, the README."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from importlib import metadata, resources
from pathlib import Path

import pytest

import skhcr

ROOT = Path(__file__).parents[1]
PACKAGE = Path(skhcr.__file__).parent

# Data flows down this list: a room imports only those above it. `_*` are the private modules
# beside classifier.py, which may use what it may use.
ROOMS = [
    "_answering",
    "_atomic",
    "_compat",
    "_composed",
    "_messages",
    "_one_writer",
    "_normality",
    "_notebook",
    "_renamed",
    "_tensorflow",
    "_unwrap",
    "images",
    "networks",
    "_keras",
    "_*",
    "classifier",
    "merging",
    "writers",
    "persistence",
    "pretrained",
    "pages",
    "model_selection",
    "inspection",
    "datasets",
    "sheets",
    "app",
]


def run_python(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_importing_is_light():
    code = """
import sys
import skhcr
print(*({"sklearn", "numpy", "PIL"} & set(sys.modules)))
for name in skhcr.__all__:
    getattr(skhcr, name)
skhcr.ImageLoader(), skhcr.ImageAugmenter(rotation=10), skhcr.CNN(), skhcr.CNNClassifier()
print("|", *({"tensorflow", "keras", "scikeras", "matplotlib.pyplot"} & set(sys.modules)))
"""
    assert run_python(code) == ["|"]


def test_the_command_line_is_light():
    code = """
import sys
import skhcr.cli
print("|", *({"tensorflow", "keras", "sklearn", "numpy", "matplotlib"} & set(sys.modules)))
"""
    assert run_python(code) == ["|"]


@pytest.mark.parametrize("name", skhcr.__all__)
def test_every_public_name_is_there(name):
    assert getattr(skhcr, name) is not None
    assert name in dir(skhcr)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="nonsense"):
        skhcr.nonsense  # noqa: B018


def test_the_version_is_that_of_the_installed_package():
    assert skhcr.__version__ == metadata.version("skhcr")
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", skhcr.__version__)


@pytest.mark.parametrize("name", ["py.typed", "__init__.pyi"])
def test_types_are_shipped(name):
    assert resources.files("skhcr").joinpath(name).is_file()


def _room(parts):
    """Return the room of a module, from the parts of its name after "skhcr"."""
    is_any = parts[0].startswith("_") and parts[0] not in ROOMS
    return "_*" if is_any else parts[0]


def _rooms_imported(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                target = [*parts[: len(parts) - node.level], *(node.module or "").split(".")]
            elif (node.module or "").split(".")[0] == "skhcr":
                target = node.module.split(".")[1:]
            else:
                continue
            target = [part for part in target if part]
            # "from . import _keras" names the room after the import.
            yield from [_room(target)] if target else [_room([alias.name]) for alias in node.names]


def _modules_imported(path, modules):
    """Yield the modules of the package that a module imports, in functions too."""
    parts = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            target = [*parts[: len(parts) + 1 - node.level], *(node.module or "").split(".")]
            for names in (target, *([*target, alias.name] for alias in node.names)):
                yield from {PACKAGE.joinpath(*names).with_suffix(".py")} & modules


def _packages_imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def _normalized(name):
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", name)[0]).lower()


def test_every_import_is_a_declared_dependency():
    pyproject = ROOT / "pyproject.toml"
    if not pyproject.is_file():
        pytest.skip("this copy of the project has no pyproject.toml")
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    declared = {*project["dependencies"], *extras["export"], *extras["app"], *extras["sheets"]}
    # Of these, pandas is for as_frame=True only, and pillow-heif is asked for by name.
    declared = {*map(_normalized, declared), "pandas", "pillow-heif"}
    imported = {
        name
        for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi")]
        for name in _packages_imported(path)
    }
    imported -= {"skhcr", *sys.stdlib_module_names}
    assert {"numpy", "PIL", "requests"} <= imported
    distributions = metadata.packages_distributions()
    undeclared = {
        name
        for name in imported
        if declared.isdisjoint(map(_normalized, [*distributions.get(name, []), name]))
    }
    assert undeclared == set()


# The package itself re-exports every room, and the command line may use every public name.
MODULES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path not in (PACKAGE / "__init__.py", PACKAGE / "__main__.py")
    and PACKAGE / "cli" not in path.parents
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_rooms_import_only_rooms_above(path):
    room = _room(path.relative_to(PACKAGE).with_suffix("").parts)
    assert room in ROOMS, f"{room} is a new room: add to ROOMS where it stands"
    assert set(_rooms_imported(path)) <= set(ROOMS[: ROOMS.index(room) + 1])


def test_no_module_imports_a_module_that_imports_it():
    modules = {path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    imported = {path: set(_modules_imported(path, modules)) for path in modules}
    assert sum(map(len, imported.values())) > len(modules)
    # CycleError lists the modules of a circle.
    assert len([*TopologicalSorter(imported).static_order()]) == len(modules)


def test_the_readme_holds_the_commands_that_ci_runs():
    runner, readme = ROOT / ".ci" / "run", ROOT / "README.md"
    if not runner.is_file():
        pytest.skip("this copy of the project has no .ci/run")
    blocks = re.findall(r"^```\w*\n(.*?)^```", readme.read_text(encoding="utf-8"), re.M | re.S)
    commands = [block.strip() for block in blocks if block.startswith("python3 -m venv")]
    run = re.findall(r'^\w+="(python3 -m venv .*)"$', runner.read_text(encoding="utf-8"), re.M)
    assert len(run) == 2
    assert commands == run
