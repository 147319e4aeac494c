// What Pillow does to 8-bit images, to the same gray level.
//
// Pictures are {height, width, bands}, with a plane's data in each band.

/** Return the picture in gray (ITU-R 601), a plane. */
function toGray({ height, width, bands }) {
  if (bands.length === 1) return plane(height, width, bands[0]);
  const [red, green, blue] = bands;
  const gray = plane(height, width);
  for (let i = 0; i < gray.data.length; i++) {
    gray.data[i] = (red[i] * 19595 + green[i] * 38470 + blue[i] * 7471 + 0x8000) >>> 16;
  }
  return gray;
}

/** Lay a picture of red, green, blue and opacity over a level. */
function overBackground(bands, opacity, background) {
  return bands.map((band) =>
    band.map((value, i) => {
      const blended = background * (255 - opacity[i]) + value * opacity[i] + 128;
      return ((blended >> 8) + blended) >> 8;
    }),
  );
}

/** Return the means of boxes of so many rows and columns. */
function reduceBoxes(image, rows, columns) {
  const height = Math.ceil(image.height / rows);
  const width = Math.ceil(image.width / columns);
  const out = plane(height, width);
  for (let y = 0; y < height; y++) {
    const bottom = Math.min((y + 1) * rows, image.height);
    for (let x = 0; x < width; x++) {
      const right = Math.min((x + 1) * columns, image.width);
      const n = (bottom - y * rows) * (right - x * columns);
      let total = n >> 1;
      for (let v = y * rows; v < bottom; v++) {
        for (let u = x * columns; u < right; u++) total += image.data[v * image.width + u];
      }
      // Pillow multiplies by an inverse of 32 bits, which is not always the same as to divide.
      const inverse = Math.trunc(Math.fround(2 ** 32 / (256 * n)));
      out.data[y * width + x] = Math.floor((total * inverse) / 2 ** 24);
    }
  }
  return out;
}

function nearestPlaces(from, to) {
  const step = from / to;
  const places = new Int32Array(to);
  let place = step * 0.5;
  for (let i = 0; i < to; i++, place += step) places[i] = Math.min(Math.trunc(place), from - 1);
  return places;
}

function resizeNearest(image, height, width) {
  const rows = nearestPlaces(image.height, height);
  const columns = nearestPlaces(image.width, width);
  const out = plane(height, width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      out.data[y * width + x] = image.data[rows[y] * image.width + columns[x]];
    }
  }
  return out;
}

const BITS = 22; // of the shares of pixels, which are whole numbers

function bilinearShares(from, to) {
  const step = from / to;
  const wide = Math.max(step, 1);
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * step;
    const first = Math.max(0, Math.trunc(center - wide + 0.5));
    const last = Math.min(from, Math.trunc(center + wide + 0.5));
    const shares = [];
    for (let x = first; x < last; x++) {
      shares.push(Math.max(0, 1 - Math.abs((x - center + 0.5) / wide)));
    }
    const total = sum(shares);
    return { first, shares: shares.map((share) => Math.trunc(0.5 + (share / total) * 2 ** BITS)) };
  });
}

function bilinearRows(image, width) {
  const places = bilinearShares(image.width, width);
  const out = plane(image.height, width);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, shares } = places[x];
      let total = 2 ** (BITS - 1);
      for (let k = 0; k < shares.length; k++) {
        total += image.data[y * image.width + first + k] * shares[k];
      }
      out.data[y * width + x] = clip(Math.floor(total / 2 ** BITS), 0, 255);
    }
  }
  return out;
}

function resizeBilinear(image, height, width) {
  if (width !== image.width) image = bilinearRows(image, width);
  if (height !== image.height) image = transposed(bilinearRows(transposed(image), height));
  return image;
}

/** Blur with a square of 3 x 3 pixels. */
function blur(image) {
  return transposed(blurRows(transposed(blurRows(image))));
}

function blurRows(image) {
  const { height, width, data } = image;
  const out = plane(height, width);
  const third = Math.trunc(2 ** 24 / 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = y * width;
      const left = data[row + Math.max(0, x - 1)];
      const right = data[row + Math.min(width - 1, x + 1)];
      out.data[row + x] = Math.floor(((left + data[row + x] + right) * third + 2 ** 23) / 2 ** 24);
    }
  }
  return out;
}
