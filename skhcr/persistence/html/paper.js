// How much darker than the paper every pixel is: skhcr/images/_paper.py, _polarity.py and _otsu.py,
// where constants are explained.

const SIDE = 160;
const SAMPLE = 2 ** 17;
const NOISE_SAMPLE = 2 ** 14;
const MIN_CONTRAST = 16;
const MORE_SIGMAS = 0.75;
const THICKEST_STROKE = 0.24;
const EVEN = 0.08;
const REACH = 1 / 8;
const FAR_REACH = 1 / 2.5;
const LEAST_REACH = 15;
const THICKER_THAN_STROKES = 0.9;
const MOST_OF_SHADOW = 0.4;
const DARKEST = 0.4;
const SOFT = 0.75;
const LEAST_LEVEL = 32;
const GRADUAL = 0.12;
const DEEP = 0.4;
const STROKES = [1 / 50, 1 / 28, 1 / 16, 1 / 9];
const REACHES = 0.85;
const REACHES_ALONE = 0.9;
const LEAST_BODY = 0.5;
const LEAST_SHEET = 0.25;
const MOST_INK = 0.5;
const MOST_INK_AT_EDGE = 0.3;
const DARKEST_RATIO = 48;
const LEVELS = Float64Array.from(
  { length: 256 },
  (_, ratio) => DARKEST_RATIO * Math.exp((ratio / 255) * Math.log(255 / DARKEST_RATIO)),
);
const LEAST_DARK = 8;
const LEAST_LIGHT = 16;
const SMALL = 64;
const TINY = 16;
const BLURRED = 3;

/** Return {strength, least, noise, surface} of a gray page. */
function findInk(pixels, polarity) {
  let reduced = reducePage(pixels);
  const isDark = polarity === "auto" ? isInkDark(reduced, pixels) : polarity === "dark-on-light";
  if (!isDark) {
    pixels = mapped(pixels, (level) => 255 - level);
    reduced = mapped(reduced, (level) => 255 - level);
  }
  const surface = findSurface(reduced);
  let strength = strengthOver(pixels, surface);
  const perLevel = 255 / Math.max(LEAST_LEVEL, quantile(surface.data, 0.9));
  let noise = perLevel * noiseOf(pixels);
  const sigmas = Math.sqrt(2 * Math.log(pixels.data.length + 1)) + MORE_SIGMAS;
  const isSmall = Math.max(pixels.height, pixels.width) < SMALL;
  let otsu = leastStrength(strength, surface);
  if (sigmas * noise > SOFT * otsu && !isSmall) {
    pixels = blur(pixels);
    strength = strengthOver(pixels, surface);
    noise = Math.max(noise / BLURRED, perLevel * noiseOf(pixels, BLURRED));
    otsu = leastStrength(strength, surface);
  }
  const isEven = smallest(surface.data) === largest(surface.data);
  const leastInked = Math.max(rint(SOFT * otsu), Math.ceil(sigmas * noise));
  const mayBeShaded = !isEven || borderOf(strength).some((value) => value >= leastInked);
  const shade = mayBeShaded ? shadeOf(reducePage(strength), leastInked, isEven) : 0;
  if (shade) {
    const share = 255 / (255 - shade);
    strength = byTable(strength, (level) => (level - shade) * share);
    noise *= share;
    otsu = leastStrength(strength, surface);
  }
  let least = Math.ceil(sigmas * noise);
  if (isSmall) least = Math.min(least, otsu);
  least = Math.max(rint(SOFT * otsu), MIN_CONTRAST, least);
  return { strength, least, noise: Math.min(noise, least / sigmas), surface };
}

/** Return the gray level up to which the darker class of pixels reaches. */
function otsuThreshold(counts) {
  let n = 0;
  let weighted = 0;
  const nDark = counts.map((count) => (n += count));
  const sumDark = counts.map((count, level) => (weighted += count * level));
  const average = weighted / n;
  const variance = nDark.map(
    (dark, level) => (average * dark - sumDark[level]) ** 2 / Math.max(dark * (n - dark), 1),
  );
  const least = largest(variance) * (1 - 1e-12);
  const isBest = (value) => value >= least;
  return (variance.findIndex(isBest) + variance.findLastIndex(isBest)) >> 1;
}

function otsuOf(values) {
  return otsuThreshold(histogram(values));
}

function stride(nPixels) {
  return Math.max(1, Math.floor(Math.sqrt(Math.floor(nPixels / SAMPLE))));
}

function reduction(image) {
  return Math.max(1, Math.ceil(Math.max(image.height, image.width) / SIDE));
}

function reducePage(pixels) {
  const factor = reduction(pixels);
  return factor > 1 ? reduceBoxes(pixels, factor, factor) : pixels;
}

function odd(value) {
  return Math.max(3, 2 * rint((value - 1) / 2) + 1);
}

function longerSide(image) {
  return Math.max(image.height, image.width);
}

// ------------------------------------------------------------------ which side ink is on

function isInkDark(reduced, pixels) {
  const threshold = otsuOf(reduced.data);
  const isBorderLight = borderMedian(pixels) > threshold;
  const isDark = mapped(reduced, (level) => (level <= threshold ? 1 : 0));
  const isInk = isBorderLight ? isDark : inverted(isDark);
  if (longerSide(reduced) < SMALL) {
    const inner = cropped(isInk, FRAME, isInk.height - FRAME, FRAME, isInk.width - FRAME);
    const isFramed =
      Math.min(inner.height, inner.width) > FRAME && mean(borderOf(inner)) > MOST_OF_FRAME;
    return isBorderLight !== isFramed;
  }
  const fillsImage = isCutClosely(isInk) && !isSheet(largestPiece(isInk).piece, isInk.data.length);
  const isMuch = mean(isInk.data) > MOST_INK || mean(borderOf(isInk)) > MOST_INK_AT_EDGE;
  const isStrip = Math.min(reduced.height, reduced.width) < SMALL;
  const isBorderInk = (isMuch && !isStrip) || isSolid(isInk) || isGradual(reduced, isDark);
  if (fillsImage || !isBorderInk) return isBorderLight;
  const [dark, light] = thinParts(byTable(reduced, ratioOf));
  const deepest = Math.max(...[...dark, ...light].map((depth) => largest(depth)));
  const least = DEEP * deepest;
  const deep = (depths) => sum(depths.map((depth) => sum(depth.filter((value) => value > least))));
  const [nDark, nLight] = [deep(dark), deep(light)];
  if (nDark === 0 && nLight === 0) return isBorderLight !== mean(isInk.data) > LEAST_SHEET;
  return nDark > nLight;
}

function isGradual(reduced, isDark) {
  const nDark = sum(isDark.data);
  if (nDark === 0 || nDark === isDark.data.length) return false;
  const dark = mean(selected(reduced, isDark));
  const light = mean(selected(reduced, inverted(isDark)));
  const third = (light - dark) / 3;
  const isBetween = mapped(reduced, (v) => (v > dark + third && v < light - third ? 1 : 0));
  if (mean(isBetween.data) <= 0.1) return false;
  const high = extremeOfSquares(reduced, 3, isLarger);
  const low = extremeOfSquares(reduced, 3, isSmaller);
  const isFlat = (value, i) => value && high.data[i] - low.data[i] < GRADUAL * (light - dark);
  return isBetween.data.filter(isFlat).length / isBetween.data.length > 0.1;
}

function isSolid(region) {
  const { box, piece } = largestPiece(region);
  const area = sum(piece.data);
  const size = region.data.length;
  if (borderOf(region).includes(1) || area > LEAST_SHEET * size) {
    const reach = odd(THICKEST_STROKE * longerSide(region)) >> 1;
    const thick = dilate(erode(padded(region, reach + 1), reach), reach);
    if (sum(thick.data) > 0.5 * sum(region.data)) return true;
  }
  const { height, width } = region;
  const [top, bottom, left, right] = box;
  const nSides = (top === 0) + (left === 0) + (bottom === height) + (right === width);
  if (nSides >= 3 && Math.min((bottom - top) / height, (right - left) / width) < 0.45) return true;
  return isSheet(piece, size);
}

function isSheet(piece, size) {
  const filled = fillHoles(piece);
  const area = sum(filled.data);
  const partOfBox = area / filled.data.length;
  const partOfFilled = sum(piece.data) / area;
  const isRectangle =
    (partOfBox > 0.68 && partOfFilled > 0.8) || (partOfBox > 0.95 && partOfFilled > 0.5);
  return area > LEAST_SHEET * size && isRectangle;
}

function largestPiece(region) {
  const { labels, areas, boxes } = findPieces(region);
  if (areas.length === 1) {
    return { box: [0, 1, 0, 1], piece: plane(1, 1, Uint8Array.of(1)) };
  }
  const number = argmax(areas);
  const piece = mapped(cropped(labels, ...boxes[number]), (label) => (label === number ? 1 : 0));
  return { box: boxes[number], piece };
}

function ratioOf(level) {
  const ratio = Math.max(level, DARKEST_RATIO) / DARKEST_RATIO;
  return (255 * Math.log(ratio)) / Math.log(255 / DARKEST_RATIO);
}

/** Return how much darker, and how much lighter, pixels are than their surroundings, by scale. */
function thinParts(page) {
  const sizes = new Set(STROKES.map((share) => odd(share * longerSide(page))));
  const found = [[], []];
  for (const size of sizes) {
    const opposite = mapped(page, (level) => 255 - level);
    const darker = filled(page, size).data;
    const lighter = filled(opposite, size).data.map((level) => 255 - level);
    const part = (high, low, least) => (LEVELS[high] - LEVELS[low] >= least ? high - low : 0);
    found[0].push(page.data.map((level, i) => part(darker[i], level, LEAST_DARK)));
    found[1].push(page.data.map((level, i) => part(level, lighter[i], LEAST_LIGHT)));
    page = mapped(page, (level, i) => darker[i] + lighter[i] - level);
  }
  return found;
}

/** Return a page without its thin dark parts, except for the corners of thick ones. */
function filled(page, size) {
  let image = close(page, size);
  for (let n = 0; n < size >> 1; n++) {
    const lower = extremeOfSquares(image, 3, isSmaller);
    image = mapped(page, (level, i) => Math.max(level, lower.data[i]));
  }
  return image;
}

// ------------------------------------------------------------------ how light the paper is

function findSurface(reduced) {
  const { height, width, data } = reduced;
  const even = (level) => plane(height, width, new Float32Array(height * width).fill(level));
  const threshold = otsuOf(data);
  const isLight = mapped(reduced, (level) => (level > threshold ? 1 : 0));
  if (Math.min(height, width) < TINY) return even(borderMedian(reduced));
  if (!any(isLight)) return even(median(data));
  const longer = longerSide(reduced);
  const level = median(selected(reduced, isLight));
  const inner = erode(isLight, Math.max(2, Math.floor(longer / 25)));
  const within = any(inner) ? selected(reduced, inner) : [level];
  const spread = quantile(within, 0.95) - quantile(within, 0.2);
  const isDark = inverted(isLight);
  const closely = isCutClosely(isDark);
  if (spread <= (closely ? 0.25 : EVEN) * level) {
    if (closely || (isThin(isDark) && !isHalfDark(reduced, isDark, level))) return even(level);
  }
  const near = close(reduced, Math.max(LEAST_REACH, odd(REACH * longer)));
  const far = close(reduced, odd(FAR_REACH * longer));
  const isDarker = mapped(near, (value, i) => (value < 0.9 * far.data[i] ? 1 : 0));
  const { labels } = findPieces(isDarker);
  const atEdge = new Set([...borderOf(labels), 0]);
  const followed = mapped(near, (value, i) => (atEdge.has(labels.data[i]) ? value : far.data[i]));
  return mapped(extremeOfSquares(followed, 3, isSmaller), (value) => value, Float32Array);
}

function isThin(isDark) {
  return !any(erode(isDark, Math.trunc(0.18 * longerSide(isDark))));
}

function isCutClosely(isDark) {
  const { height, width, data } = isDark;
  const turned = transposed(isDark);
  const contacts = [
    mean(data.subarray(0, width)),
    mean(data.subarray((height - 1) * width)),
    mean(turned.data.subarray(0, height)),
    mean(turned.data.subarray((width - 1) * height)),
  ];
  const meets = contacts.filter(Boolean).length >= 2;
  const least = meets ? REACHES : REACHES_ALONE;
  if (Math.max(...contacts) >= 0.75 || Math.min(...extentOf(isDark)) <= least) return false;
  if (any(erode(padded(isDark, 1), Math.trunc(0.2 * longerSide(isDark))))) return false;
  const { piece } = largestPiece(isDark);
  const spans = [piece.height / height, piece.width / width];
  const isBody = Math.max(...spans) > least && Math.min(...spans) > LEAST_BODY;
  if (!isBody || sum(piece.data) <= 0.7 * sum(data)) return false;
  return meets || mean(fillHoles(piece).data) < 0.95;
}

/** Return in what part of the height and of the width there is something. */
function extentOf(mask) {
  return [mask, transposed(mask)].map(({ height, width, data }) => {
    const first = data.indexOf(1);
    if (first < 0) return 0;
    return (Math.floor(data.lastIndexOf(1) / width) - Math.floor(first / width) + 1) / height;
  });
}

function isHalfDark(reduced, isDark, level) {
  const core = erode(isDark, Math.max(2, Math.floor(longerSide(reduced) / 18)));
  const { labels } = findPieces(core, false);
  const atEdge = new Set(borderOf(labels));
  atEdge.delete(0);
  if (!atEdge.size) return false;
  const ink = quantile(selected(reduced, isDark), 0.05);
  const shaded = reduced.data.filter((_, i) => atEdge.has(labels.data[i]));
  return median(shaded) > ink + 0.2 * (level - ink);
}

// ------------------------------------------------------------------ what differs from the paper

function strengthOver(pixels, surface) {
  const brightest = largest(surface.data);
  if (brightest === smallest(surface.data)) {
    const share = 255 / Math.max(brightest, LEAST_LEVEL);
    return byTable(pixels, (level) => (brightest - level) * share);
  }
  const whole = mapped(surface, Math.trunc);
  const levels = resizeBilinear(whole, pixels.height, pixels.width);
  const least = Math.fround(Math.max(LEAST_LEVEL, DARKEST * brightest));
  const divisors = Float32Array.from({ length: 256 }, (_, level) => 255 / Math.max(level, least));
  return mapped(pixels, (value, i) => {
    const level = levels.data[i];
    const deeper = Math.max(level, value) - value;
    return Math.trunc(Math.min(Math.fround(deeper * divisors[level]), 255));
  });
}

/** Return what a function makes of all levels, which is computed once for each. */
function byTable(pixels, change) {
  const table = Uint8Array.from({ length: 256 }, (_, level) => rint(clip(change(level), 0, 255)));
  return mapped(pixels, (level) => table[level]);
}

function shadeOf(strength, least, isEven) {
  const isInked = mapped(strength, (value) => (value >= least ? 1 : 0));
  if (!any(isInked)) return 0;
  const split = otsuOf(selected(strength, isInked)) + 1;
  const isStrong = mapped(strength, (value) => (value >= split ? 1 : 0));
  if (isEven && (borderOf(isStrong).includes(1) || !borderOf(isInked).includes(1))) return 0;
  let reach = 1;
  while (any(erode(isStrong, reach))) {
    reach++;
    if (reach > (THICKEST_STROKE * longerSide(strength)) / 2) return 0;
  }
  const isWeak = mapped(isInked, (value, i) => (value && !isStrong.data[i] ? 1 : 0));
  const thicker = Math.ceil(THICKER_THAN_STROKES * reach);
  const core = erode(isWeak, thicker);
  const isShadow = sum(dilate(core, thicker).data) > MOST_OF_SHADOW * sum(isWeak.data);
  return any(core) && isShadow ? Math.trunc(median(selected(strength, core))) : 0;
}

function noiseOf(pixels, apart = 1) {
  const { height, width, data } = pixels;
  const step = Math.max(1, Math.floor(data.length / NOISE_SAMPLE));
  const counts = new Float64Array(256);
  let n = 0;
  for (let y = 0; y < height; y += step) {
    for (let i = y * width + apart; i < (y + 1) * width; i++, n++) {
      counts[Math.abs(data[i] - data[i - apart])]++;
    }
  }
  const nReal = n - counts[0];
  if (2 * nReal <= n) return 0;
  let before = 0;
  for (let value = 1; value < 256; value++) {
    before += counts[value];
    if (before > Math.floor(nReal / 4)) return value / 0.4506;
  }
  return 0;
}

function leastStrength(strength, surface) {
  const sample = strided(strength, stride(strength.data.length));
  const brightest = largest(surface.data);
  const isLit = mapped(surface, (level) => (level >= Math.fround(Math.fround(0.6) * brightest) ? 1 : 0));
  const share = mean(isLit.data);
  if (share > 0.15 && share < 1) {
    const lit = resizeNearest(isLit, sample.height, sample.width);
    const least = otsuOf(selected(sample, lit)) + 1;
    if (least >= 2 * MIN_CONTRAST) return least;
  }
  return otsuOf(sample.data) + 1;
}
