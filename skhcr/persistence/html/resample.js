// Reading at a size: skhcr/images/_resample.py and _border.py.

const FRAME = 3;
const MOST_OF_FRAME = 0.85;
const OTHER = 0.25;
const GAP = 4;

/** Return the outermost pixels of a plane. */
function borderOf({ height, width, data }) {
  const border = [...data.subarray(0, width), ...data.subarray((height - 1) * width)];
  for (let y = 1; y < height - 1; y++) border.push(data[y * width]);
  for (let y = 1; y < height - 1; y++) border.push(data[y * width + width - 1]);
  return border;
}

/** Return the upper of the two middle values of the border. */
function borderMedian(image) {
  const border = borderOf(image).sort((one, other) => one - other);
  return border[border.length >> 1];
}

/** Return the levels of the paper in every plane of an image. */
function paperOf(planes) {
  const papers = planes.map(borderMedian);
  const { height, width } = planes[0];
  const inset = Math.max(FRAME, Math.floor(Math.max(height, width) / 20));
  if (Math.min(height, width) < 4 * inset) return papers;
  const inner = planes.map((one) => cropped(one, inset, height - inset, inset, width - inset));
  const isFramed = inner.some((one, i) => {
    const span = largest(planes[i].data) - smallest(planes[i].data);
    const differs = borderOf(one).map((level) => Math.abs(level - papers[i]) > OTHER * span);
    return differs.filter(Boolean).length / differs.length > MOST_OF_FRAME;
  });
  return isFramed ? inner.map(borderMedian) : papers;
}

/** Return the largest [height, width] of the same shape that fits into another. */
function fitWithin(height, width, [mostRows, mostColumns]) {
  const scale = Math.min(mostRows / height, mostColumns / width);
  return [
    Math.min(mostRows, Math.max(1, rint(height * scale))),
    Math.min(mostColumns, Math.max(1, rint(width * scale))),
  ];
}

function wholeFactor(from, to) {
  return from % to === 0 ? from / to : Math.max(1, Math.floor(from / (to * GAP)));
}

/** Resample a plane: area means where it shrinks, linear where it grows. */
function resize(image, [height, width]) {
  let [rows, columns] = [image.height, image.width];
  if (rows === height && columns === width) return image;
  const factors = [wholeFactor(rows, height), wholeFactor(columns, width)];
  if (Math.max(...factors) > 1) {
    image = reduceBoxes(image, ...factors);
    rows /= factors[0];
    columns /= factors[1];
    if (rows === height && columns === width) return image;
  }
  const across = transposed(resampleRows(mapped(image, (v) => v, Float32Array), rows, height));
  return mapped(transposed(resampleRows(across, columns, width)), rint);
}

/** Resample the rows of a plane, of which those up to `extent` count. */
function resampleRows(image, extent, n) {
  if (extent === n) return image;
  const { height, width, data } = image;
  const step = extent / n;
  if (step < 1) return interpolated(image, step, n);
  const integral = new Float64Array((height + 1) * width);
  for (let i = 0; i < data.length; i++) integral[i + width] = integral[i] + data[i];
  const out = plane(n, width, new Float64Array(n * width));
  const before = new Float64Array(width);
  for (let y = 0; y <= n; y++) {
    const edge = y === n ? extent : y * step;
    const low = Math.min(Math.trunc(edge), height - 1);
    const part = edge - low;
    for (let x = 0; x < width; x++) {
      const here = integral[low * width + x] + part * data[low * width + x];
      if (y) out.data[(y - 1) * width + x] = (here - before[x]) / step;
      before[x] = here;
    }
  }
  return out;
}

function interpolated({ height, width, data }, step, n) {
  // In single precision, as NumPy computes it, unless the columns have been shrunk before.
  const Kind = data.constructor;
  const round = Kind === Float32Array ? Math.fround : (value) => value;
  const out = plane(n, width, new Kind(n * width));
  for (let y = 0; y < n; y++) {
    const center = clip((y + 0.5) * step - 0.5, 0, height - 1);
    const low = Math.trunc(center);
    const high = Math.min(low + 1, height - 1);
    const part = Math.fround(center - low);
    const rest = Math.fround(1 - part);
    for (let x = 0; x < width; x++) {
      const above = round(data[low * width + x] * rest);
      out.data[y * width + x] = above + round(data[high * width + x] * part);
    }
  }
  return out;
}

/** Center the planes of an image in a frame of the color of its paper. */
function padTo(planes, [height, width]) {
  const [image] = planes;
  if (image.height === height && image.width === width) return planes;
  const papers = paperOf(planes);
  const top = (height - image.height) >> 1;
  const left = (width - image.width) >> 1;
  return planes.map((one, i) => {
    const out = plane(height, width, new Uint8Array(height * width).fill(papers[i]));
    paste(out, one, top, left);
    return out;
  });
}

function paste(target, image, top, left) {
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width, (y + 1) * image.width);
    target.data.set(row, (top + y) * target.width + left);
  }
}
