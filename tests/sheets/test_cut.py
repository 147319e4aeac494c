"""What is cut of sheets, however they were photographed."""

import io
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skhcr.datasets import load_image_folder
from skhcr.sheets import SheetWarning, cut_sheets, draw_sheets
from skhcr.sheets._photograph import read_photograph

cv2 = pytest.importorskip("cv2")

GROUPS = r"^([^_]+)_"


def cut(image, folder, **options):
    """Cut one image, and return the sheet."""
    (sheet,) = cut_sheets(image, folder, **options).sheets
    return sheet


def place(cell):
    """Return the number of a box, from 0."""
    return int(Path(cell.path).stem.rsplit("_", 1)[1]) - 1


def failing(images, folder, **options):
    """Cut images of which some fail, and return what was cut."""
    with pytest.warns(SheetWarning, match="could not be cut"):
        return cut_sheets(images, folder, **options)


@pytest.mark.parametrize(
    "conditions",
    [
        {"dpi": 100},
        {"degrees": 90},
        {"degrees": 180},
        {"dpi": 100, "degrees": 38, "tilt": 0.05},
        {"tilt": 0.05, "shadow": 0.5},
        {"dpi": 120, "tilt": 0.03, "bend": 2.0},
    ],
    ids=str,
)
def test_every_box_is_cut_where_it_is(sheet, camera, tmp_path, conditions):
    picture, to_pixels = camera.photograph(sheet.pixels, **conditions)
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=80)
    found = cut(content.getvalue(), tmp_path / "digits")
    size, labels = np.array([210, 297]), sheet.page.cell_labels()
    true = camera.insides(sheet.page, to_pixels, size, conditions.get("bend", 0.0))
    assert [place(cell) for cell in found.cells] == np.flatnonzero(sheet.is_written).tolist()
    assert [cell.label for cell in found.cells] == np.array(labels)[sheet.is_written].tolist()
    overlaps = [camera.overlap(cell.corners, true[place(cell)]) for cell in found.cells]
    assert min(overlaps) >= 0.9
    assert found.n_empty == (~sheet.is_written).sum()


def test_cut_boxes_match_the_written_characters(sheet, digit_images, camera, tmp_path):
    picture, _ = camera.photograph(sheet.pixels, degrees=180, tilt=0.03)
    found = cut(picture, tmp_path / "digits")
    assert (found.writer, found.number, found.n_pages) == ("anna", 1, 1)
    assert not [cell for cell in found.cells if cell.doubt]
    for cell in found.cells[::5]:
        ink = 255.0 - np.asarray(Image.open(cell.path).convert("L"))
        true = np.zeros(ink.shape)
        side = round(0.6 * 15 / 14.1 * len(ink))
        start = round((0.2 * 15 - 0.45) / 14.1 * len(ink))
        written = Image.fromarray(digit_images[cell.label][place(cell)]).resize((side, side))
        true[start : start + side, start : start + side] = written
        assert np.corrcoef(ink.ravel(), true.ravel())[0, 1] > 0.9


def test_image_folders_have_the_classes_and_writers(sheet, camera, tmp_path):
    for degrees in (0, 90):
        picture, _ = camera.photograph(sheet.pixels, dpi=100, degrees=degrees)
        picture.save(tmp_path / f"scan_{degrees}.png")
    folder = tmp_path / "digits"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cut_sheets([tmp_path / "scan_0.png"], folder)
        found = cut_sheets([tmp_path / "scan_90.png"], folder, writer="Ben 2")
        images = load_image_folder(folder, group_pattern=GROUPS)
    assert images.target_names.tolist() == list("0123456789")
    assert len(images.target) == 2 * sheet.is_written.sum()
    assert sorted(set(images.groups)) == ["Ben 2", "anna"]
    assert not found.notes


def test_a_photograph_that_is_stored_lying_down_is_upright(sheet, camera, tmp_path):
    picture, _ = camera.photograph(sheet.pixels, dpi=100)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    path = tmp_path / "lying.jpg"
    picture.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif)
    upright, lying = (cut(image, tmp_path / str(i)) for i, image in enumerate((picture, path)))
    corners = [np.array([cell.corners for cell in found.cells]) for found in (upright, lying)]
    assert np.abs(corners[0] - corners[1]).max() < 1.5


def test_a_missing_marker_is_named_and_all_others_are_cut(sheet, camera, tmp_path):
    scans = tmp_path / "scans"
    scans.mkdir()
    picture, _ = camera.photograph(sheet.pixels, dpi=100)
    width, height = picture.size
    picture.save(scans / "b.png")
    picture.crop((0, 0, width, height - 110)).save(scans / "a.png")
    covered = picture.copy()
    covered.paste(200, (width - 100, 0, width, 100))
    covered.save(scans / "c.png")
    Image.new("L", (300, 300), 255).save(scans / "d.png")
    twice = Image.new("L", (2 * width, height), 255)
    twice.paste(picture, (0, 0))
    twice.paste(picture, (width, 0))
    twice.save(scans / "e.png")
    (scans / "f.jpg").write_bytes(b"nothing")
    found = failing(scans, tmp_path / "digits")
    assert [Path(one.image).name for one in found.sheets] == ["b.png"]
    said = {Path(failure.source).name: str(failure.cause) for failure in found.failures}
    assert said.keys() == {"a.png", "c.png", "d.png", "e.png", "f.jpg"}
    assert (
        "markers at the bottom right and bottom left of the sheet are not visible" in said["a.png"]
    )
    assert "marker at the top right of the sheet is not visible" in said["c.png"]
    assert "No marker" in said["d.png"]
    assert "several sheets" in said["e.png"]
    assert "not an image" in said["f.jpg"]


def test_a_covered_code_is_reported(sheet, camera, tmp_path):
    picture, _ = camera.photograph(sheet.pixels, dpi=100)
    picture.paste(120, (600, 40, 715, 170))
    found = failing([picture], tmp_path / "digits")
    assert "The code at the top right of the sheet cannot be read" in str(found.failures[0].cause)


def test_doubtful_boxes_are_reported(digit_images, camera, tmp_path):
    path = tmp_path / "sheet.pdf"
    (page,) = draw_sheets(["3", "."], path, copies=8)
    pixels = camera.drawn(path)
    boxes = (8 * page.grid.boxes(16)).astype(int)
    for i in range(8):
        camera.write(pixels, boxes[i] / 8, digit_images["3"][i])
        left, top, right, bottom = boxes[8 + i]  # a period
        cv2.circle(pixels, ((left + right) // 2, bottom - 40), 3, 40, -1)
    left, top, right, bottom = boxes[1]
    cv2.line(pixels, (left + 50, top + 50), (right + 12, top + 60), 40, 4)
    left, top, right, bottom = boxes[2]
    for y in range(top + 30, bottom - 30, 14):
        cv2.line(pixels, (left + 20, y), (right - 20, y + 20), 40, 4)
        cv2.line(pixels, (left + 20, y + 20), (right - 20, y), 40, 4)
    left, top, right, bottom = boxes[4]
    pixels[top + 4 : bottom - 4, left + 4 : right - 4] = 255
    cv2.circle(pixels, (left + 50, top + 50), 3, 40, -1)
    picture, _ = camera.photograph(pixels)
    found = cut(picture, tmp_path / "letters", doubtful_folder=tmp_path / "look")
    doubts = {place(cell): cell.doubt for cell in found.cells if cell.doubt}
    assert doubts == {
        1: "touches the edge of its box",
        2: "crossed out, or much more ink",
        4: "very little ink",
    }
    assert sorted(file.parent.name for file in (tmp_path / "look").rglob("*.png")) == ["3"] * 3
    names = [file.parent.name for file in (tmp_path / "letters").rglob("*.png")]
    assert sorted(names) == ["%2E"] * 8 + ["3"] * 5


def test_files_that_are_there_stay(sheet, camera, tmp_path):
    picture, _ = camera.photograph(sheet.pixels, dpi=100)
    picture.save(tmp_path / "scan.png")
    folder = tmp_path / "digits"
    mine = folder / "7" / "anna_scan_029.png"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    found = failing(tmp_path / "scan.png", folder)
    assert "already exists" in str(found.failures[0].cause)
    assert [file.read_text() for file in folder.rglob("*.*")] == ["mine"]
    assert not found.sheets
    with pytest.raises(NotADirectoryError, match=r"scan\.png' is a file"):
        cut_sheets(picture, tmp_path / "scan.png")


def test_images_of_one_name_have_different_files_and_are_noted(sheet, camera, tmp_path):
    picture, _ = camera.photograph(sheet.pixels, dpi=100)
    paths = [tmp_path / name / "scan.png" for name in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        picture.save(path)
    found = cut_sheets(paths, tmp_path / "digits")
    assert len({cell.path for cell in found.cells}) == 2 * sheet.is_written.sum()
    assert "are all page 1 of 1 of writer 'anna'" in found.notes[0]
    for path, writer in zip(paths, ("Eva", "Tom"), strict=True):
        path.rename(tmp_path / f"{writer}-1.png")
    found = cut_sheets(
        [tmp_path / "Eva-1.png", tmp_path / "Tom-1.png"],
        tmp_path / "more",
        writer_pattern=r"^(\w+)-",
    )
    assert [one.writer for one in found.sheets] == ["Eva", "Tom"]
    assert not found.notes


def test_pages_of_documents_are_cut_and_missing_ones_are_noted(tmp_path, camera):
    pytest.importorskip("pypdfium2")
    path = tmp_path / "sheet.pdf"
    pages = draw_sheets("abcdefgh", path, copies=15, paper="letter", writers=["1"])
    assert len(pages) == 2
    found = cut_sheets(path, tmp_path / "letters")
    assert [(one.number, one.n_pages, one.n_empty) for one in found.sheets] == [
        (page.number, 2, page.n_cells) for page in pages
    ]
    assert not found.notes
    scans = [Image.fromarray(camera.drawn(path, number)) for number in (1, 0)]
    scans[0].save(tmp_path / "scans.tif", save_all=True, append_images=scans[1:])
    found = cut_sheets(tmp_path / "scans.tif", tmp_path / "letters")
    assert [one.number for one in found.sheets] == [2, 1]
    assert found.sheets[1].image.endswith("scans.tif, page 2")
    found = cut_sheets(scans[:1], tmp_path / "letters")
    assert found.notes == ["Of writer '1', page 1 of 2 is missing."]
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7")
    found = failing([tmp_path / "broken.pdf"], tmp_path / "letters")
    assert "not a PDF document" in str(found.failures[0].cause)


def test_classes_are_safe_on_every_file_system(digit_images, camera, tmp_path):
    labels = ["A", "a", "/", "..", "con"]
    path = tmp_path / "sheet.pdf"
    (page,) = draw_sheets(labels, path, copies=1)
    pixels = camera.drawn(path)
    for i, box in enumerate(page.grid.boxes(5)):
        camera.write(pixels, box, digit_images["8"][i])
    folder = tmp_path / "in" / "letters"
    cut(Image.fromarray(pixels), folder)
    names = sorted(entry.name for entry in folder.iterdir())
    assert names == ["%2E%2E", "%2F", "%61", "%63on", "A"]
    assert [entry.name for entry in folder.parent.iterdir()] == ["letters"]
    images = load_image_folder(folder, group_pattern=GROUPS)
    assert images.target_names.tolist() == sorted(labels)
    assert set(images.groups) == {"unknown"}


def test_without_opencv_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ImportError, match=r"pip install 'skhcr\[sheets\]'"):
        cut_sheets(tmp_path, tmp_path)
    with pytest.raises(ImportError, match=r"pip install 'skhcr\[sheets\]'"):
        draw_sheets("ab", tmp_path / "sheet.pdf")


def test_paper_without_boxes_on_it_is_not_bent(sheet, camera):
    blank = sheet.pixels.copy()
    blank[8 * 46 : 8 * 272] = 255
    picture, to_pixels = camera.photograph(blank, dpi=100)
    found = read_photograph(np.asarray(picture))
    true = camera.insides(sheet.page, to_pixels, np.array([210, 297]))
    assert min(map(camera.overlap, found.corners, true)) >= 0.95
