// Growing, shrinking and counting of pieces: skhcr/images/_morphology.py, and SciPy's functions.

/** Return where a pixel is set among the place itself and so many before and after it in its row. */
function anyInRow(mask, before, after, beyond = 0) {
  const { height, width } = mask;
  const out = plane(height, width);
  const length = before + width + after;
  const sums = new Int32Array(length + 1);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < length; i++) {
      const x = i - before;
      const value = x < 0 || x >= width ? beyond : mask.data[y * width + x];
      sums[i + 1] = sums[i] + value;
    }
    for (let x = 0; x < width; x++) {
      out.data[y * width + x] = sums[x + before + after + 1] > sums[x] ? 1 : 0;
    }
  }
  return out;
}

function anyInColumn(mask, above, below, beyond = 0) {
  return transposed(anyInRow(transposed(mask), above, below, beyond));
}

function dilate(mask, reach) {
  return anyInRow(anyInColumn(mask, reach, reach), reach, reach);
}

/** Shrink a mask, which goes on beyond the edges of the image. */
function erode(mask, reach) {
  return inverted(dilate(inverted(mask), reach));
}

/** Return the largest, or the smallest, of `size` pixels in a row, an odd number. */
function extremeOfRows(image, size, isBetter) {
  const { height, width, data } = image;
  const reach = size >> 1;
  const out = plane(height, width, new data.constructor(data.length));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const stop = y * width + Math.min(width - 1, x + reach);
      let best = data[y * width + x];
      for (let i = y * width + Math.max(0, x - reach); i <= stop; i++) {
        if (isBetter(data[i], best)) best = data[i];
      }
      out.data[y * width + x] = best;
    }
  }
  return out;
}

const isLarger = (one, other) => one > other;
const isSmaller = (one, other) => one < other;

function extremeOfSquares(image, size, isBetter) {
  const rows = extremeOfRows(image, size, isBetter);
  return transposed(extremeOfRows(transposed(rows), size, isBetter));
}

/** Return a gray closing with a square of `size` pixels, an odd number. */
function close(image, size) {
  return extremeOfSquares(extremeOfSquares(image, size, isLarger), size, isSmaller);
}

function largestOfSquares(image, side) {
  const out = plane(Math.ceil(image.height / side), Math.ceil(image.width / side));
  for (let y = 0; y < image.height; y++) {
    const row = Math.floor(y / side) * out.width;
    for (let x = 0; x < image.width; x++) {
      const place = row + Math.floor(x / side);
      const value = image.data[y * image.width + x];
      if (value > out.data[place]) out.data[place] = value;
    }
  }
  return out;
}

/**
 * Number the connected pieces of a mask in the order of their first pixels, and return these
 * numbers, areas and boxes [top, bottom, left, right]. Number 0 is what is no piece.
 */
function findPieces(mask, diagonally = true) {
  const { height, width, data } = mask;
  const labels = plane(height, width, new Int32Array(height * width));
  const areas = [0];
  const boxes = [null];
  const stack = [];
  for (let start = 0; start < data.length; start++) {
    if (!data[start] || labels.data[start]) continue;
    const number = areas.length;
    let area = 0;
    let [top, bottom, left, right] = [height, 0, width, 0];
    labels.data[start] = number;
    stack.push(start);
    while (stack.length) {
      const place = stack.pop();
      const y = Math.floor(place / width);
      const x = place - y * width;
      area++;
      if (y < top) top = y;
      if (y >= bottom) bottom = y + 1;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (!diagonally && dy !== 0 && dx !== 0) continue;
          const v = y + dy;
          const u = x + dx;
          if (v < 0 || v >= height || u < 0 || u >= width) continue;
          const neighbor = v * width + u;
          if (data[neighbor] && !labels.data[neighbor]) {
            labels.data[neighbor] = number;
            stack.push(neighbor);
          }
        }
      }
    }
    areas.push(area);
    boxes.push([top, bottom, left, right]);
  }
  return { labels, areas, boxes };
}

/** Return a mask with what it encloses. */
function fillHoles(mask) {
  const around = padded(mask, 1);
  const { labels } = findPieces(inverted(around), false);
  const filled = mapped(labels, (number) => (number === 1 ? 0 : 1)); // 1 is what lies around
  return cropped(filled, 1, 1 + mask.height, 1, 1 + mask.width);
}

function boxAround(boxes) {
  return [Math.min, Math.max, Math.min, Math.max].map((of, i) => of(...boxes.map((box) => box[i])));
}
