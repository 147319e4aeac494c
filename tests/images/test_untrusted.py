"""Untrusted images: reading them ends with pixels or with an ImageLoadError."""

import io
import json
import os
import socket
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from skhcr.images import ImageLoader, ImageLoadError, InkNormalizer

MAGIC = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"II*\0", b"MM\0*", b"GIF89a"]
MAGIC += [b"RIFF\x40\0\0\0WEBPVP8 ", b"P5 ", b"P6\n3 3\n255\n", b"P4 8 8 "]
MAGIC += [b"\0\0\0\x0cjP  \x0d\x0a\x87\x0a", b"\xff\x4f\xff\x51", b"\0\0\0\x1cftypavif"]
MAGIC += [b"\0\0\0\x18ftypheic", b"\0\0\2" + bytes(9) + b"\3\0\3\0\x18\0", b"\0\0\1\0"]


def read(*items, reader=None):
    return (reader or ImageLoader(8)).transform(list(items))


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory as Linux does")
def test_twenty_thousand_mutated_files():
    script = Path(__file__).with_name("fuzz.py")
    done = subprocess.run(
        [sys.executable, script, "20000"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout)
    assert sum(result["cases"].values()) == 20_000
    assert result["most_memory_mb"] < 2000  # Pillow's 89 million pixels take half of it
    # All refused, and nothing was really read; all taken, and nothing was really wrong.
    for kind, n in result["cases"].items():
        assert 0.2 * n < result["refused"][kind] < 0.99 * n


quickly = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def only_pixels_or_an_error(item):
    for reader in (
        ImageLoader(8),
        ImageLoader(None, mode="RGB"),
        InkNormalizer(8, on_blank="ignore"),
    ):
        try:
            (image,) = reader.transform([item])
        except ImageLoadError:
            continue
        assert image.dtype == np.uint8
        assert image.ndim == 3


@quickly
@given(st.sampled_from(MAGIC), st.binary(max_size=200))
def test_bytes_of_any_kind(magic, data):
    only_pixels_or_an_error(magic + data)


@quickly
@given(st.text(max_size=40) | st.integers() | st.floats() | st.none() | st.tuples(st.integers()))
def test_objects_of_any_kind(item):
    only_pixels_or_an_error(item)


@quickly
@given(
    hnp.arrays(
        st.one_of(hnp.scalar_dtypes(), hnp.byte_string_dtypes()),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    )
)
def test_arrays_of_any_kind(array):
    only_pixels_or_an_error(array)


# ---------------------------------------------------------------------- bombs


def png(width, height, rows):
    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    compressor = zlib.compressobj(9)
    data = b"".join(compressor.compress(bytes(width + 1)) for _ in range(rows))
    data += compressor.flush()
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_hundred_megapixels_in_a_hundred_kilobytes():
    bomb = png(10_000, 10_000, rows=10_000)
    assert len(bomb) < 100_000
    for max_pixels in (None, 1000):
        with pytest.raises(ImageLoadError, match="limit of"):
            read(bomb, reader=ImageLoader(8, max_pixels=max_pixels))


@pytest.mark.parametrize(
    "kind", ["PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP", "PPM", "TGA", "JPEG2000"]
)
@pytest.mark.parametrize("reader", [ImageLoader, InkNormalizer])
def test_images_of_too_many_pixels_are_not_decoded(kind, reader, monkeypatch):
    file = io.BytesIO()
    Image.new("RGB", (50, 40)).save(file, kind)
    is_open = Image.open(io.BytesIO(file.getvalue()))

    def decoded(image):
        raise AssertionError("decoded")

    for loader in type(is_open).__mro__:
        if "load" in vars(loader):
            monkeypatch.setattr(loader, "load", decoded)
    for item in (file.getvalue(), is_open):
        with pytest.raises(ImageLoadError, match=r"40x50 pixels exceed the limit of 1999"):
            read(item, reader=reader(8, max_pixels=1999))
        with pytest.raises(ImageLoadError, match="decoded"):
            read(item, reader=reader(8, max_pixels=2000))


def test_a_header_that_promises_more_pixels_than_there_are():
    with pytest.raises(ImageLoadError):
        read(png(4_000_000, 4_000_000, rows=1))


def test_a_page_of_a_million_dots():
    page = np.full((2000, 2000), 255, np.uint8)
    page[::2, ::2] = 0
    page[1000:1040, 1000:1040] = 0
    # It took more than five minutes once.
    assert read(page, reader=InkNormalizer(8, on_blank="ignore")).shape == (1, 8, 8, 1)


def test_tiff_directories_in_a_circle():
    file = io.BytesIO()
    page = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    page.save(file, "TIFF", save_all=True, append_images=[page])
    data = bytearray(file.getvalue())
    (first,) = struct.unpack_from("<I", data, 4)
    (n_entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * n_entries, first)  # the next one is the first
    np.testing.assert_array_equal(read(bytes(data))[0, :, :, 0], np.asarray(page))


def test_files_too_large_to_be_images(tmp_path):
    sparse = tmp_path / "huge.png"
    with sparse.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ImageLoadError, match=r"huge\.png.*1099511627776 bytes are more than"):
        read(sparse)


# ---------------------------------------------------------------------- places


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.png"
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(path)
    return path


@pytest.mark.parametrize("name", ["حرف الألف ١.png", " two  spaces .png", "x\n.png", "a" * 250])
def test_names_of_any_script(scan, name):
    other = scan.rename(scan.with_name(name))
    assert (read(other, str(other)) == 9).all()


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_names_that_are_not_utf8(scan):
    name = os.fsencode(scan.parent) + b"/\xff\xfe.png"
    os.rename(scan, name)
    assert (read(os.fsdecode(name)) == 9).all()
    os.unlink(name)
    with pytest.raises(ImageLoadError) as raised:
        read(os.fsdecode(name))
    str(raised.value).encode("utf-8", errors="strict")


def test_links_in_a_circle(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(ImageLoadError, match=r"a\.png.*[Ss]ymbolic links"):
        read(tmp_path / "a.png")


def test_files_that_may_not_be_read(scan):
    scan.chmod(0)
    if os.access(scan, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ImageLoadError, match=r"scan\.png.*[Pp]ermission"):
        read(scan)


def test_folders_devices_pipes_and_sockets(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.png"))
        (tmp_path / "zero.png").symlink_to("/dev/zero")
        places = [tmp_path / f"{name}.png" for name in ("pipe", "socket", "zero")]
        with pytest.raises(ImageLoadError) as raised:
            read(tmp_path, *places)
    assert [str(failure.cause) for failure in raised.value.failures] == [
        "a directory, not a file",
        *["a device or a pipe, not a file"] * 3,
    ]


def test_empty_files(tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(ImageLoadError, match=r"empty\.png.*0 bytes"):
        read(tmp_path / "empty.png")
