"""Every format, pixel mode and kind of source gives the right pixels."""

import io
import struct
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from skhcr.images._decode import decode, from_array, to_array, to_uint8

GRAY = np.array([[0, 10, 100], [200, 254, 255]], dtype=np.uint8)
COLORS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], dtype=np.uint8)
# ITU-R 601 luma of pure red, green and blue.
LUMA = np.array([[76, 150, 29]])


def encode(image, format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def gray(source, **options):
    return to_array(decode(source, mode="L", **options).image)[:, :, 0]


def rgb(source, **options):
    return to_array(decode(source, mode="RGB", **options).image)


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "GIF", "PPM"])
def test_lossless_gray(format):
    data = encode(Image.fromarray(GRAY), format)
    np.testing.assert_array_equal(gray(data), GRAY)
    np.testing.assert_array_equal(rgb(data), np.repeat(GRAY[:, :, None], 3, axis=2))


@pytest.mark.parametrize(
    ("format", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {"compression": "tiff_lzw"}), ("WEBP", {"lossless": True})],
)
def test_lossless_color(format, options):
    data = encode(Image.fromarray(COLORS), format, **options)
    np.testing.assert_array_equal(rgb(data), COLORS)
    np.testing.assert_array_equal(gray(data), LUMA)


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_lossy(format):
    page = np.full((16, 16), 40, dtype=np.uint8)
    page[:, 8:] = 220
    data = encode(Image.fromarray(page).convert("RGB"), format, quality=95)
    assert np.abs(gray(data).astype(int) - page).max() <= 6


def test_jpeg_of_native_size_is_pillows():
    rng = np.random.default_rng(0)
    data = encode(Image.fromarray(rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)), "JPEG")
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(gray(data), np.asarray(image.convert("L")))


def test_gif_and_tiff_give_the_first_frame():
    frames = [Image.new("L", (2, 2), level) for level in (30, 60, 90)]
    for format in ("GIF", "TIFF"):
        data = encode(frames[0], format, save_all=True, append_images=frames[1:])
        assert (gray(data) == 30).all()


def test_one_bit():
    data = encode(Image.fromarray(GRAY > 150))
    np.testing.assert_array_equal(gray(data), [[0, 0, 0], [255, 255, 255]])


def test_palette():
    image = Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    for source in (image, encode(image)):
        np.testing.assert_array_equal(rgb(source), COLORS)
        np.testing.assert_array_equal(gray(source), LUMA)


@pytest.mark.parametrize("background", [255, 0, 60])
def test_transparent_palette_entry(background):
    image = Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    pixels = rgb(encode(image, transparency=1), background=background)
    np.testing.assert_array_equal(pixels, [[[255, 0, 0], [background] * 3, [0, 0, 255]]])


def test_transparent_gray_level_and_color():
    # PNG's tRNS chunk: one gray level, or one color, means transparent.
    assert gray(encode(Image.fromarray(GRAY), transparency=100), background=7).tolist() == [
        [0, 10, 7],
        [200, 254, 255],
    ]
    data = encode(Image.fromarray(COLORS), transparency=(0, 255, 0))
    assert rgb(data, background=7)[0].tolist() == [[255, 0, 0], [7, 7, 7], [0, 0, 255]]


@pytest.mark.parametrize("background", [255, 0])
def test_alpha_over_background(background):
    pixels = np.array([[[40, 0], [40, 255], [40, 51]]], dtype=np.uint8)
    mixed = round(0.2 * 40 + 0.8 * background)
    expected = [[background, 40, mixed]]
    rgba = np.concatenate([np.repeat(pixels[:, :, :1], 3, axis=2), pixels[:, :, 1:]], axis=2)
    for source in (
        pixels,
        rgba,
        Image.fromarray(pixels),
        encode(Image.fromarray(pixels)),
        encode(Image.fromarray(rgba)),
        Image.fromarray(rgba).convert("RGBa").convert("RGBA"),
    ):
        assert np.abs(gray(source, background=background) - np.array(expected)).max() <= 1
        assert np.abs(rgb(source, background=background)[:, :, 2] - np.array(expected)).max() <= 1


def of_mode(mode, values, palette=None):
    """A row of pixels as Pillow stores them in a mode."""
    image = Image.new(mode, (len(values), 1))
    if palette is not None:
        image.putpalette(*palette)
    for x, value in enumerate(values):
        image.putpixel((x, 0), value)
    return image


# Red, green and blue; and with an alpha of 255, 0 and 51.
RGB_PALETTE = ([255, 0, 0, 0, 255, 0, 0, 0, 255], "RGB")
RGBA_PALETTE = ([255, 0, 0, 255, 0, 255, 0, 0, 0, 0, 255, 51], "RGBA")
# One level of each mode as RGB, over white paper where a part of it is transparent: by hand, from
# the definition of each color space. L* = 138, a* = 81, b* = 70 is nearly the red of sRGB.
MODES = [
    ("1", [0, 255], None, [0, 255]),
    ("L", [0, 80, 255], None, [0, 80, 255]),
    ("P", [0, 1, 2], RGB_PALETTE, [(255, 0, 0), (0, 255, 0), (0, 0, 255)]),
    ("P", [0, 1, 2], RGBA_PALETTE, [(255, 0, 0), (255, 255, 255), (204, 204, 255)]),
    ("PA", [(0, 255), (1, 0), (2, 51)], RGB_PALETTE, [(255, 0, 0), (255,) * 3, (204, 204, 255)]),
    ("LA", [(80, 255), (80, 0), (80, 51)], None, [80, 255, 220]),
    ("La", [(80, 255), (0, 0), (16, 51)], None, [80, 255, 220]),
    ("RGB", [(80, 81, 82)], None, [(80, 81, 82)]),
    ("RGBA", [(80, 81, 82, 255), (80, 81, 82, 0)], None, [(80, 81, 82), 255]),
    ("RGBa", [(80, 81, 82, 255), (0, 0, 0, 0)], None, [(80, 81, 82), 255]),
    ("RGBX", [(80, 81, 82, 0), (80, 81, 82, 255)], None, [(80, 81, 82)] * 2),
    ("CMYK", [(0, 255, 255, 0), (0, 0, 0, 175)], None, [(255, 0, 0), 80]),
    ("YCbCr", [(80, 128, 128), (76, 85, 255)], None, [80, (254, 0, 0)]),
    ("LAB", [(128, 128, 128), (138, 209, 198), (255, 128, 128)], None, [119, (251, 5, 4), 255]),
    ("HSV", [(0, 0, 80), (0, 255, 255)], None, [80, (255, 0, 0)]),
    ("I", [0, 80, 255], None, [0, 80, 255]),
    ("I", [0, 80 * 257, 65535], None, [0, 80, 255]),
    ("F", [0.0, 80 / 255, 1.0], None, [0, 80, 255]),
    *((mode, [0, 80 * 257, 65535], None, [0, 80, 255]) for mode in ("I;16", "I;16L", "I;16B")),
]


@pytest.mark.parametrize(("mode", "values", "palette", "expected"), MODES)
def test_every_mode_of_pillow(mode, values, palette, expected):
    image = of_mode(mode, values, palette)
    colors = np.array([(color,) * 3 if isinstance(color, int) else color for color in expected])
    assert np.abs(rgb(image)[0] - colors).max() <= 1
    luma = colors @ (0.299, 0.587, 0.114)
    assert np.abs(gray(image)[0] - luma).max() <= 1
    either = to_array(decode(image, mode=None).image)[0]
    assert either.shape[1] == (1 if Image.getmodebase(mode) == "L" or mode[0] in "I1F" else 3)
    assert np.abs(either - colors[:, : either.shape[1]]).max() <= 1


def test_no_mode_of_pillow_is_forgotten():
    native = {"I;16N"}  # the one of I;16L and I;16B that suits the processor
    others = {mode for mode in Image.MODES if mode.startswith("BGR")}  # not since Pillow 12
    assert set(Image.MODES) - native - others == {mode for mode, *_ in MODES}


@pytest.mark.parametrize(
    ("mode", "values", "transparent", "expected"),
    [
        ("1", [0, 255], 0, [7, 255]),
        ("L", [80, 81], 80, [7, 81]),
        ("P", [0, 1], 1, [76, 7]),
        ("P", [0, 1], b"\xff\x00", [76, 7]),
        ("RGB", [(80, 80, 80), (80, 80, 81)], (80, 80, 80), [7, 80]),
        ("I", [0, 25700, 25701, 65535], 25700, [0, 7, 100, 255]),
        ("I;16", [0, 25700, 25701, 65535], 25700, [0, 7, 100, 255]),
        ("I;16B", [0, 25700, 25701, 65535], 25700, [0, 7, 100, 255]),
        ("F", [0.0, 0.4, 1.0], 1.0, [0, 102, 7]),
        # What a level or an alpha channel of other modes is said to mean, nobody knows.
        ("CMYK", [(0, 0, 0, 0)], 0, [255]),
        ("LA", [(80, 255), (81, 0)], 80, [80, 7]),
    ],
)
def test_a_transparent_level_or_color_of_every_mode(mode, values, transparent, expected):
    image = of_mode(mode, values, RGB_PALETTE if mode == "P" else None)
    image.info["transparency"] = transparent
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert gray(image, background=7)[0].tolist() == expected
        assert rgb(image, background=7).shape == (1, len(values), 3)
    assert image.info["transparency"] == transparent


def png_file(**chunks):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + zlib.crc32(name + data).to_bytes(4)

    parts = (chunk(name.encode(), data) for name, data in chunks.items())
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def png(n_bits, kind, transparent, row):
    """A row of pixels in a PNG file with a transparent level (kind 0) or color (kind 2)."""
    width = len(row) * 8 // (n_bits * (3 if kind == 2 else 1))
    header = struct.pack(">IIBBBBB", width, 1, n_bits, kind, 0, 0, 0)
    levels = struct.pack(f">{len(transparent)}H", *transparent)
    return png_file(IHDR=header, tRNS=levels, IDAT=zlib.compress(b"\0" + row), IEND=b"")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(1, 0, [1], bytes([0b01010101])), [0, 7] * 4),
        (png(2, 0, [1], bytes([0b00011011])), [0, 7, 170, 255]),
        (png(4, 0, [5], bytes([0x5F])), [7, 255]),
        (png(8, 0, [80], bytes([80, 81])), [7, 81]),
        (png(16, 0, [25700], struct.pack(">4H", 0, 25700, 25701, 65535)), [0, 7, 100, 255]),
        (png(8, 2, [9, 9, 9], bytes([9, 9, 9, 9, 9, 10])), [7, 9]),
        (png(16, 2, [0, 0xC800, 0], struct.pack(">6H", 0, 0xC800, 0, 9, 9, 9)), [7, 0]),
    ],
)
def test_a_transparent_level_or_color_in_png_files_of_every_depth(data, expected):
    assert gray(data, background=7)[0].tolist() == expected


def test_progressive_jpeg():
    levels = np.random.default_rng(0).integers(0, 256, (40, 24), dtype=np.uint8)
    once, gradually = (
        encode(Image.fromarray(levels), "JPEG", progressive=progressive)
        for progressive in (False, True)
    )
    assert once != gradually
    np.testing.assert_array_equal(gray(gradually), gray(once))


def test_interlaced_png():
    levels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    passes = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2)]
    rows = [
        b"\0" + row.tobytes()
        for y, dy, x, dx in [*passes, (1, 2, 0, 1)]
        for row in levels[y::dy, x::dx]
    ]
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    data = png_file(IHDR=header, IDAT=zlib.compress(b"".join(rows)), IEND=b"")
    np.testing.assert_array_equal(gray(data), levels)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_color_profiles_do_not_change_pixels(format):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"lossless": True} if format == "WEBP" else {}
    data = encode(Image.fromarray(COLORS), format, icc_profile=profile, **options)
    assert "icc_profile" in Image.open(io.BytesIO(data)).info
    np.testing.assert_array_equal(rgb(data), COLORS)


def test_cmyk_jpeg():
    data = encode(Image.new("CMYK", (16, 16), (0, 0, 0, 55)), "JPEG")
    assert np.abs(gray(data).astype(int) - 200).max() <= 2


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit(format):
    pixels = np.array([[0, 257, 25700, 65535]], dtype=np.uint16)
    for source in (pixels, Image.fromarray(pixels), encode(Image.fromarray(pixels), format)):
        np.testing.assert_array_equal(gray(source), [[0, 1, 100, 255]])
        np.testing.assert_array_equal(rgb(source)[0, :, 1], [0, 1, 100, 255])


def test_big_endian_16_bit():
    pixels = np.array([[0, 25700, 65535]], dtype=">u2")
    np.testing.assert_array_equal(gray(pixels), [[0, 100, 255]])


def test_32_bit_integers_are_scaled_by_their_range():
    wide = np.array([[0, 25700, 65535]], dtype=np.int32)
    narrow = np.array([[0, 100, 255]], dtype=np.int32)
    for pixels in (wide, narrow):
        data = encode(Image.fromarray(pixels), "TIFF")
        np.testing.assert_array_equal(gray(data), [[0, 100, 255]])
    with pytest.raises(ValueError, match=r"from 0 to 70000, outside 0\.\.255"):
        gray(encode(Image.fromarray(np.array([[0, 70000]], dtype=np.int32)), "TIFF"))
    with pytest.raises(ValueError, match="from -1 to 5"):
        gray(encode(Image.fromarray(np.array([[-1, 5]], dtype=np.int32)), "TIFF"))


def test_float_files_are_scaled_by_their_range():
    for scale in (1, 255):
        pixels = np.array([[0, 0.4, 1]], dtype=np.float32) * scale
        np.testing.assert_array_equal(
            gray(encode(Image.fromarray(pixels), "TIFF")), [[0, 102, 255]]
        )


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([True, False]), [255, 0]),
        (np.array([0, 7, 255], dtype=np.int64), [0, 7, 255]),
        (np.array([0, 127], dtype=np.int8), [0, 127]),
        (np.array([128, 129, 65535], dtype=np.uint16), [0, 1, 255]),
        (np.array([0, 7, 255], dtype=np.uint16), [0, 7, 255]),
        (np.array([0, 256, 1023], dtype=np.uint16), [0, 64, 255]),
        (np.array([0, 1024, 4095], dtype=np.uint16), [0, 64, 255]),
        (np.array([0, 4096], dtype=np.uint16), [0, 16]),
        (np.array([0, 0.5, 1.0]), [0, 128, 255]),
        (np.array([0.4, 1.6, 255], dtype=np.float32), [0, 2, 255]),
        (np.array([0, 0.5, 1], dtype=np.float16), [0, 128, 255]),
    ],
)
def test_to_uint8(pixels, expected):
    result = to_uint8(pixels)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("pixels", "error", "message"),
    [
        (np.array([0.0, np.nan]), ValueError, "NaN"),
        (np.array([0.0, np.inf]), ValueError, "infinite"),
        (np.array([-0.1, 1]), ValueError, r"from -0.1 to 1.0, outside 0\.\.255"),
        (np.array([0, 256.0]), ValueError, "outside"),
        (np.array([0, 1000]), ValueError, "use dtype uint16"),
        (np.array([1j]), TypeError, "complex128"),
        (np.array(["a"]), TypeError, "dtype <U1"),
    ],
)
def test_to_uint8_refuses(pixels, error, message):
    with pytest.raises(error, match=message):
        to_uint8(pixels)


@pytest.mark.parametrize("shape", [(4,), (2, 3, 5), (3, 0), (0, 3, 1), (1, 2, 3, 4)])
def test_invalid_shapes(shape):
    with pytest.raises(ValueError, match=r"an array of shape \("):
        from_array(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation(orientation, format):
    # Quadrants of different gray: which of them is where tells how the image was turned.
    upright = np.kron(
        np.array([[20, 90, 90], [160, 230, 230]], np.uint8), np.ones((16, 16), np.uint8)
    )
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.fromarray(np.ascontiguousarray(stored)), format, exif=exif)
    for source in (data, Image.open(io.BytesIO(data))):
        decoded = decode(source)
        assert (decoded.height, decoded.width) == upright.shape
        pixels = to_array(decoded.image)[:, :, 0].astype(int)
        assert pixels.shape == upright.shape
        assert np.abs(pixels - upright).max() <= 8


def test_damaged_exif_is_ignored():
    data = encode(Image.fromarray(GRAY), exif=b"Exif\0\0no such thing")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(gray(data), GRAY)


@pytest.mark.parametrize("orientation", [1, 6])
def test_large_jpeg_is_reduced_while_decoding(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(Image.new("L", (800, 400), 99), "JPEG", exif=exif)
    full = (400, 800) if orientation == 1 else (800, 400)
    asked = []

    def wanted(height, width):
        asked.append((height, width))
        return height // 10, width // 10

    decoded = decode(data, wanted=wanted)
    assert asked == [full]
    assert (decoded.height, decoded.width) == full
    # A quarter is the smallest scale that leaves twice the wanted size.
    assert (decoded.image.height, decoded.image.width) == (full[0] // 4, full[1] // 4)


def test_every_kind_of_source(tmp_path):
    data = encode(Image.fromarray(GRAY))
    path = tmp_path / "a.png"
    path.write_bytes(data)
    for source in (
        str(path),
        path,
        data,
        bytearray(data),
        memoryview(data),
        io.BytesIO(data),
        GRAY,
    ):
        np.testing.assert_array_equal(gray(source), GRAY)
    with Image.open(path) as image:
        np.testing.assert_array_equal(gray(image), GRAY)


def test_open_file_is_read_from_its_position_and_stays_open():
    file = io.BytesIO(b"header" + encode(Image.fromarray(GRAY)))
    file.seek(6)
    np.testing.assert_array_equal(gray(file), GRAY)
    assert not file.closed


def test_pil_image_is_not_changed():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.open(io.BytesIO(encode(Image.new("RGB", (800, 400)), "JPEG", exif=exif)))
    decode(image, wanted=lambda height, width: (8, 8))
    assert image.size == (800, 400)
    assert image.mode == "RGB"


def test_text_file_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x")
    with path.open() as file, pytest.raises(TypeError, match='mode="rb"'):
        decode(file)


def test_max_pixels_is_checked_before_decoding():
    # Only the header is there: decoding it would fail in another way.
    header = encode(Image.new("1", (1000, 1001)))[:60]
    with pytest.raises(ValueError, match=r"1001x1000 pixels .* limit of 1000000 \(max_pixels\)"):
        decode(header, max_pixels=1_000_000)
    with pytest.raises(OSError, match="truncated"):
        decode(header, max_pixels=1_001_000)


def test_other_formats_are_refused():
    data = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"
    with pytest.raises(ValueError, match="not an image in a known format"):
        decode(data)


def test_path_objects_only(tmp_path):
    with pytest.raises(IsADirectoryError):
        decode(Path(tmp_path))


# ---------------------------------------------------------------------- formats

SHADES = np.repeat(np.repeat(np.array([[0, 80], [160, 255]], np.uint8), 16, 0), 16, 1)


def encoded(format, pixels=SHADES, **options):
    return encode(Image.fromarray(pixels), format, **options)


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG2000", {}),
        ("JPEG2000", {"no_jp2": True, "tile_size": (8, 8)}),
        ("TGA", {}),
        ("TGA", {"compression": "tga_rle"}),
    ],
)
def test_formats_without_loss(format, options):
    color = np.dstack([SHADES, SHADES.T, 255 - SHADES])
    for pixels in (SHADES, color):
        image, *_ = decode(encoded(format, pixels, **options), mode=None)
        np.testing.assert_array_equal(np.asarray(image), pixels)


@pytest.mark.skipif(
    "avif" not in features.modules or not features.check("avif"), reason="Pillow without AVIF"
)
def test_avif():
    image, *_ = decode(encoded("AVIF", quality=95))
    assert np.abs(np.asarray(image).astype(int) - SHADES).max() < 8
    exif = Image.Exif()
    exif[0x0112] = 6  # the right edge is up: to be turned by 90 degrees
    wide = np.dstack([np.tile(SHADES, (1, 2))] * 3)
    turned, height, width, _ = decode(encoded("AVIF", wide, quality=95, exif=exif))
    assert (height, width) == (64, 32)
    assert np.abs(np.asarray(turned).astype(int) - np.rot90(wide[:, :, 0], -1)).max() < 8


def test_heic():
    pillow_heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(SHADES).convert("RGB")).save(file, quality=95)
    image, *_ = decode(file.getvalue())
    assert np.abs(np.asarray(image).astype(int) - SHADES).max() < 8
    with pytest.raises(ValueError, match=r"32x32 pixels exceed the limit of 100"):
        decode(file.getvalue(), max_pixels=100)


def test_heic_without_the_package_that_reads_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for brands in (b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic"):
        with pytest.raises(ValueError, match=r"a HEIC image, .*: pip install pillow-heif"):
            decode((8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands)


@pytest.mark.parametrize("format", ["ICO", "PDF", "EPS"])
def test_formats_that_are_not_read(format):
    message = "a PDF document, not an image" if format == "PDF" else r"known format .*JPEG 2000"
    with pytest.raises(ValueError, match=message):
        decode(encoded(format))


@pytest.mark.parametrize("format", ["JPEG2000", "TGA"])
def test_the_limit_holds_for_all_formats(format):
    with pytest.raises(ValueError, match=r"32x32 pixels exceed the limit of 100"):
        decode(encoded(format), max_pixels=100)
