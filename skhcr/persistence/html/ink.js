// Find the ink in an image and place it in a frame: skhcr/images/_crop.py and _strokes.py.

const SOFT_EDGE = 0.01;
const MOST_FRAMES = 3;
const CLEARER = 1.25;
const THICKENED_SIDE = 96;
const LEAST_THICKENED = 40;

/** Return a picture in gray, or in the channel in which its ink is much clearer. */
function inClearestChannel(picture) {
  const gray = toGray(picture);
  if (picture.bands.length === 1) return gray;
  const { height, width } = picture;
  const step = stride(height * width);
  const size = [Math.ceil(height / step), Math.ceil(width / step)];
  const bands = picture.bands.map((data) => plane(height, width, data));
  const samples = bands.map((band) => resizeNearest(band, ...size));
  const sample = { height: size[0], width: size[1], bands: samples.map(({ data }) => data) };
  const contrasts = samples.map(contrastOf);
  const best = argmax(contrasts);
  return contrasts[best] > CLEARER * contrastOf(toGray(sample)) ? bands[best] : gray;
}

/** Return how far the mean levels on both sides of Otsu's threshold are apart. */
function contrastOf(image) {
  const counts = histogram(image.data);
  const threshold = otsuThreshold(counts);
  const [dark, light] = [counts.slice(0, threshold + 1), counts.slice(threshold + 1)];
  if (!sum(dark) || !sum(light)) return 0;
  const level = (part, first) => sum(part.map((count, i) => count * (first + i))) / sum(part);
  return level(light, threshold + 1) - level(dark, 0);
}

/** Return {ink, isSeveral}: the letter on a gray page, light on black; null if there is none. */
function cropToInk(pixels, polarity) {
  const page = findPageInk(pixels, polarity);
  if (page === null) return null;
  eraseLines(page.mask, page.ink.strength, true);
  const letter = findLetter(page.mask, page.ink);
  return letter && { ink: strokesOf(letter, page.ink), isSeveral: letter.isSeveral };
}

/** Return {ink, mask, corner} of a page within its frames; null if there is no ink. */
function findPageInk(pixels, polarity) {
  let [top, left] = [0, 0];
  let found = null;
  for (let frame = 0; frame < MOST_FRAMES; frame++) {
    const ink = findInk(pixels, polarity);
    if (ink.least > 255) return null;
    const mask = mapped(ink.strength, (value) => (value >= ink.least ? 1 : 0));
    found = { ink, mask, corner: [top, left] };
    const within = withinFrame(mask);
    const inner = cropped(pixels, ...within);
    if (inner.data.length === pixels.data.length || !inner.data.length) break;
    pixels = inner;
    top += within[0];
    left += within[2];
  }
  return found;
}

/** Return the strength of a letter's ink in its box, and nothing else of the page. */
function strokesOf(letter, ink) {
  const reach = Math.max(1, rint(SOFT_EDGE * longerSide(letter.mask)));
  const isNear = dilate(letter.mask, reach);
  const strength = cropped(ink.strength, ...letter.box);
  const levels = byTable(strength, (level) => level - 2 * ink.noise);
  return mapped(levels, (level, i) => level * isNear.data[i]);
}

/** Scale ink into a frame of a size, within its margins. */
function placeInk(ink, [height, width], margin, center) {
  const inner = [height, width].map((side) =>
    Math.max(1, side - 2 * Math.floor(margin * side + 0.5)),
  );
  const small = resize(ink, fitWithin(ink.height, ink.width, inner));
  const share = Math.fround(255 / Math.max(1, largest(small.data)));
  const levels = mapped(small, (level) => level * share, Float32Array);
  let top = (height - levels.height) >> 1;
  let left = (width - levels.width) >> 1;
  if (center === "mass") {
    const [y, x] = centerOfMass(levels);
    top = clip(Math.floor((height >> 1) - y + 0.5), 0, height - levels.height);
    left = clip(Math.floor((width >> 1) - x + 0.5), 0, width - levels.width);
  }
  const out = plane(height, width);
  paste(out, mapped(levels, rint), top, left);
  return out;
}

function centerOfMass({ width, data }) {
  let [total, rows, columns] = [0, 0, 0];
  data.forEach((level, i) => {
    total += level;
    rows += level * Math.floor(i / width);
    columns += level * (i % width);
  });
  return [rows / total, columns / total];
}

/** Return how many pixels wide the strokes of a letter are, on average. */
function strokeWidth(ink) {
  const least = Math.max(1, largest(ink.data) >> 1);
  const mask = padded(mapped(ink, (level) => (level >= least ? 1 : 0)), 1);
  const { width, data } = mask;
  let changes = 0;
  for (let i = 0; i < data.length - 1; i++) {
    if ((i + 1) % width && data[i] !== data[i + 1]) changes++;
    if (i + width < data.length && data[i] !== data[i + width]) changes++;
  }
  return (2 * sum(data)) / Math.max(1, (Math.PI / 4) * changes);
}

/** Return a letter whose strokes are not finer than a share of its longer side. */
function thicken(ink, least) {
  const side = longerSide(ink);
  let reach = (least * side - strokeWidth(ink)) / (2 * (1 - least));
  if (side < LEAST_THICKENED || reach < (0.5 * side) / THICKENED_SIDE) return ink;
  if (side < THICKENED_SIDE) {
    ink = resize(ink, fitWithin(ink.height, ink.width, [THICKENED_SIDE, THICKENED_SIDE]));
    reach *= THICKENED_SIDE / side;
  }
  const most = Math.floor(side / THICKENED_SIDE);
  const factor = Math.max(1, Math.min(most, Math.trunc(2 * reach) + 1));
  ink = largestOfSquares(ink, factor);
  const nTimes = rint((reach - (factor - 1) / 2) / factor);
  ink = padded(ink, nTimes);
  for (let number = 0; number < nTimes; number++) {
    const columns = transposed(extremeOfRows(transposed(ink), 3, isLarger));
    const rows = extremeOfRows(number % 2 === 0 ? columns : ink, 3, isLarger);
    ink = mapped(rows, (level, i) => Math.max(level, columns.data[i]));
  }
  return ink;
}
