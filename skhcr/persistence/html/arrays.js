// Planes of numbers, and what NumPy does to them.
//
// A plane is {height, width, data}: rows one after the other in a typed array. Masks hold 0 and 1.

function plane(height, width, data = new Uint8Array(height * width)) {
  return { height, width, data };
}

/** Round halves to even, as Python does. */
function rint(value) {
  const low = Math.floor(value);
  const part = value - low;
  if (part !== 0.5) return part < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

function clip(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** Return a plane of what a function makes of every value. */
function mapped(image, change, Kind = Uint8Array) {
  const out = plane(image.height, image.width, new Kind(image.data.length));
  for (let i = 0; i < out.data.length; i++) out.data[i] = change(image.data[i], i);
  return out;
}

function inverted(mask) {
  return mapped(mask, (value) => (value ? 0 : 1));
}

function transposed(image) {
  const { height, width, data } = image;
  const out = plane(width, height, new data.constructor(data.length));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out.data[x * height + y] = data[y * width + x];
  }
  return out;
}

function upsideDown(image) {
  const { height, width, data } = image;
  const out = plane(height, width, new data.constructor(data.length));
  for (let y = 0; y < height; y++) {
    out.data.set(data.subarray(y * width, (y + 1) * width), (height - 1 - y) * width);
  }
  return out;
}

/** Return the rows from top to bottom and the columns from left to right, ends excluded. */
function cropped(image, top, bottom, left, right) {
  const height = Math.max(0, bottom - top);
  const width = Math.max(0, right - left);
  const out = plane(height, width, new image.data.constructor(height * width));
  for (let y = 0; y < height; y++) {
    const start = (top + y) * image.width + left;
    out.data.set(image.data.subarray(start, start + width), y * width);
  }
  return out;
}

function padded(image, n) {
  const { height, width, data } = image;
  const out = plane(height + 2 * n, width + 2 * n, new data.constructor((height + 2 * n) * (width + 2 * n)));
  for (let y = 0; y < height; y++) {
    out.data.set(data.subarray(y * width, (y + 1) * width), (y + n) * out.width + n);
  }
  return out;
}

/** Return every n-th row and column. */
function strided(image, n) {
  const height = Math.ceil(image.height / n);
  const width = Math.ceil(image.width / n);
  const out = plane(height, width, new image.data.constructor(height * width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out.data[y * width + x] = image.data[y * n * image.width + x * n];
  }
  return out;
}

/** Return the values where a mask is set. */
function selected(image, mask) {
  return image.data.filter((_, i) => mask.data[i]);
}

function sum(values) {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

function mean(values) {
  return sum(values) / values.length;
}

function largest(values) {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i];
  return most;
}

function smallest(values) {
  let least = Infinity;
  for (let i = 0; i < values.length; i++) if (values[i] < least) least = values[i];
  return least;
}

/** Return the index of the first of the largest values. */
function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

function any(mask) {
  return mask.data.includes(1);
}

/** Return the value below which a share of all values lies, interpolated linearly. */
function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  const part = place - low;
  const step = sorted[high] - sorted[low];
  return part < 0.5 ? sorted[low] + step * part : sorted[high] - step * (1 - part);
}

function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function histogram(values) {
  const counts = new Float64Array(256);
  for (let i = 0; i < values.length; i++) counts[values[i]]++;
  return counts;
}
