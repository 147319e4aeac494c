"""Pictures, badges and links of the README and the guides."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^)\s]+)\)")
# What Sphinx makes.
BUILT = "gallery/"


def guides():
    names = re.findall(r"^([a-z-]+)$", (DOCS / "user-guide.md").read_text(encoding="utf-8"), re.M)
    return ["get-started", *names]


def images_of(path):
    return [match.groupdict() for match in IMAGE.finditer(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", guides())
def test_every_guide_has_a_picture(name):
    assert images_of(DOCS / f"{name}.md")


PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("benchmarks/*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pictures_exist_and_have_a_text(page):
    for image in images_of(page):
        assert image["alt"].strip(), image["path"]
        if not image["path"].startswith(BUILT):
            assert (page.parent / image["path"]).is_file(), image["path"]


def test_pictures_are_small():
    sizes = {path.name: path.stat().st_size for path in DOCS.glob("_static/*.*")}
    assert sizes.pop("web-page.webp") < 700_000  # in motion
    assert {name: size for name, size in sizes.items() if size > 150_000} == {}


def test_the_readme_needs_no_other_host():
    for image in images_of(ROOT / "README.md"):
        assert not image["path"].startswith(("http:", "https:", "//"))


def test_badges_match_the_project():
    spec = importlib.util.spec_from_file_location("badges", DOCS / "pictures" / "badges.py")
    badges = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(badges)
    for name, texts in badges.badges().items():
        path = DOCS / "_static" / "badges" / f"{name}.svg"
        assert path.read_text(encoding="utf-8") == badges.svg(*texts)


@pytest.fixture(scope="module")
def built_page(tmp_path_factory):
    pytest.importorskip("sphinx", reason="Sphinx is not installed")
    folder = tmp_path_factory.mktemp("docs")
    extensions = str(DOCS / "_extensions")
    (folder / "conf.py").write_text(
        f"import sys\nsys.path.append({extensions!r})\nextensions = ['link_names']\n"
        "nitpicky = True\n"
    )
    (folder / "index.rst").write_text(
        "Guide\n=====\n\n``CNN(filters=(8,))`` and ``CNN``, ``skhcr.save(model)``, "
        "``Network.build``, ``fit``, ``other.save``, `a ``CNN`` <https://skhcr.test>`_\n\n"
        "``CNN`` title\n-------------\n\n:class:`skhcr.CNN`, ``CNN``\n\n"
        ".. toctree::\n\n   reference\n"
    )
    (folder / "reference.rst").write_text(
        "Reference\n=========\n\n.. py:class:: skhcr.networks.CNN\n"
        "   :canonical: skhcr.networks._cnn.CNN\n\n"
        ".. py:function:: skhcr.persistence.save\n\n"
        ".. py:class:: skhcr.networks.Network\n\n   .. py:method:: build\n"
        "\n   .. py:method:: fit\n"
    )
    # -W: a reference that leads nowhere is an error
    command = [sys.executable, "-m", "sphinx", "-q", "-W", str(folder), str(folder / "built")]
    subprocess.run(command, check=True)
    return (folder / "built" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("networks.CNN", 3),  # once in each section, and the reference
        ("persistence.save", 1),
        ("networks.Network.build", 1),
        ("networks.Network.fit", 0),
    ],
)
def test_code_links_to_the_reference(built_page, name, n):
    assert built_page.count(f'href="reference.html#skhcr.{name}" title=') == n
