"""Pages as they should be: paper, ink, blur and light as most pages have them."""

import io

import numpy as np
from PIL import Image, ImageFilter
from scipy import ndimage

from ._page import Page, condition


@condition("clean")
def clean(letter, rng):
    return Page(letter, rng).write().as_array(rng)


@condition("clean")
def light_on_dark(letter, rng):
    return 255 - Page(letter, rng).write().as_array(rng)


@condition("clean")
def pencil(letter, rng):
    return Page(letter, rng, pen=np.full(3, rng.uniform(105, 150))).write().as_array(rng)


@condition("clean")
def colored_pen(letter, rng):
    pens = [(190, 40, 40), (30, 60, 180), (20, 130, 60), (120, 40, 150)]
    return Page(letter, rng, pen=pens[rng.integers(4)]).write().as_array(rng)


@condition("clean")
def kraft_paper(letter, rng):
    return Page(letter, rng, paper=(186, 150, 110)).write().as_array(rng, noise=6)


@condition("clean")
def noise(letter, rng):
    return Page(letter, rng).write().as_array(rng, noise=rng.uniform(8, 16))


@condition("clean")
def blur(letter, rng):
    image = Image.fromarray(Page(letter, rng).write().as_array(rng))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(1, 4))))


@condition("clean")
def jpeg(letter, rng):
    file = io.BytesIO()
    image = Image.fromarray(Page(letter, rng).write().as_array(rng))
    image.save(file, "JPEG", quality=int(rng.integers(15, 40)))
    return np.asarray(Image.open(file))


@condition("clean")
def turned(letter, rng):
    image = Image.fromarray(letter).resize((128, 128), Image.BICUBIC)
    image = image.rotate(rng.uniform(-15, 15), Image.BICUBIC, expand=True)
    return Page(np.asarray(image), rng, scale=rng.uniform(1.5, 3)).write().as_array(rng)


@condition("clean")
def tight_crop(letter, rng):
    page = Page(letter, rng, paper=(240, 240, 238))
    left, top, right, bottom = page.box
    return page.write().as_array(rng)[top:bottom, left:right]


@condition("clean")
def tight_crop_light_on_dark(letter, rng):
    return 255 - tight_crop(letter, rng)


@condition("clean")
def small_on_a_large_page(letter, rng):
    return Page(letter, rng, scale=rng.uniform(1.5, 3), room=(14, 22)).write().as_array(rng)


@condition("clean")
def show_through(letter, rng):
    page = Page(letter, rng)
    back = np.roll(page.ink[:, ::-1], round(0.3 * page.side), axis=1)
    page.colors -= 18 * ndimage.gaussian_filter(back, 3)[..., np.newaxis]
    return page.write().as_array(rng)


@condition("clean")
def soft_shadow(letter, rng):
    page = Page(letter, rng).write()
    y, x = (np.linspace(-1, 1, n) for n in page.shape)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.5)
    ramp = (np.cos(angle) * x + np.sin(angle) * y[:, np.newaxis]) / np.sqrt(2)
    return page.light(1 - depth * (ramp + 1) / 2).as_array(rng)


@condition("clean")
def vignette(letter, rng):
    page = Page(letter, rng).write()
    y, x = (np.linspace(-1, 1, n) for n in page.shape)
    radius = x**2 + y[:, np.newaxis] ** 2
    return page.light(1 - rng.uniform(0.1, 0.25) * radius).as_array(rng)


@condition("clean")
def dim_light(letter, rng):
    page = Page(letter, rng, pen=rng.uniform(5, 40) + np.zeros(3)).write()
    return page.light(np.full(page.shape, rng.uniform(0.3, 0.5))).as_array(rng)
