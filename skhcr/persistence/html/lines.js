// Lines that are ruled or printed, and how to take them away: skhcr/images/_lines.py.

const LINE_SIDE = 320;
const THICKEST_LINE = 0.025;
const LEAST_WIDTH = 8;
const SLOPES = Array.from({ length: 41 }, (_, i) => (i === 40 ? 0.1 : -0.1 + i * (0.2 / 40)));
const OTHER_SLOPE = 0.003;
const MOST_LINES = 80;
const NEAR_SIDE = 0.02;
const CROPPED = 0.03;
const MOST_CONTACT_OF_LETTER = 0.5;
const SEVERAL = 4;
const LEAST_LINED = 40;

/** Take straight lines across the image out of a mask and out of the strength of ink; both change. */
function eraseLines(mask, strength, ofOneLetter) {
  if (Math.min(mask.height, mask.width) < LEAST_LINED) return;
  const factor = Math.max(1, Math.ceil(longerSide(mask) / LINE_SIDE));
  const reduced = largestOfSquares(mask, factor);
  let [across, down] = [findLines(reduced), findLines(transposed(reduced))];
  if (ofOneLetter && !(across.length > 1 && down.length > 1)) {
    if (across.length < SEVERAL) {
      across = across.filter((line) => line.meetsSide || isUnderline(line, reduced));
    }
    if (down.length < SEVERAL) down = down.filter((line) => line.meetsSide);
    [across, down] = withoutStrokes(across, down, reduced);
  }
  eraseAll(across, down, mask, strength, factor);
}

function eraseAll(across, down, mask, strength, factor) {
  for (const line of across) {
    eraseLine(mask, strength, enlarged(line, factor, mask.width), factor);
  }
  if (down.length) {
    const turned = [transposed(mask), transposed(strength)];
    for (const line of down) {
      eraseLine(...turned, enlarged(line, factor, mask.height), factor);
    }
    [mask, strength].forEach((image, i) => image.data.set(transposed(turned[i]).data));
  }
}

/** Return the lines across and down that are not strokes of a letter to which the image is cropped. */
function withoutStrokes(across, down, mask) {
  const { labels } = findPieces(mask);
  while (across.length || down.length) {
    const rest = mapped(mask, (value) => value);
    eraseAll(across, down, rest, rest, 1);
    const turned = [transposed(labels), transposed(rest)];
    const n = across.length + down.length;
    across = across.filter((line) => !isStroke(line, labels, rest));
    down = down.filter((line) => !isStroke(line, ...turned));
    if (across.length + down.length === n) break;
  }
  return [across, down];
}

/** Return whether a line and ink that is no line meet all four sides. */
function isStroke(line, labels, rest) {
  const number = numberOf(line, labels);
  if (!number) return false;
  const { height, width } = labels;
  const reach = CROPPED * longerSide(labels);
  const ends = [line.start, line.stop].map((x) => line.height + line.slope * x);
  const runsThrough = line.start <= NEAR_SIDE * width && line.stop >= (1 - NEAR_SIDE) * width;
  const counts = (value, i) => (value && (!runsThrough || labels.data[i] === number) ? 1 : 0);
  const parts = findPieces(mapped(rest, counts)).boxes.slice(1);
  const isLarge = (box) => Math.max(box[1] - box[0], box[3] - box[2]) > 2 * reach;
  const [top, bottom, left, right] = boxAround([
    [Math.min(...ends) - reach / 2, Math.max(...ends) + reach / 2, line.start, line.stop],
    ...parts.filter((box) => !runsThrough || isLarge(box)),
  ]);
  const meetsRows = top <= reach && bottom >= height - reach;
  return meetsRows && left <= reach && right >= width - reach;
}

/** Return the number of the piece of ink that a line belongs to, 0 for none. */
function numberOf(line, labels) {
  const column = (line.start + line.stop) >> 1;
  const row = rint(line.height + line.slope * column);
  let number = 0;
  for (let y = Math.max(0, row - 2); y < Math.min(row + 3, labels.height); y++) {
    number = Math.max(number, labels.data[y * labels.width + column]);
  }
  return number;
}

function isUnderline(line, mask) {
  const { labels, areas, boxes } = findPieces(mask);
  const number = numberOf(line, labels);
  const others = areas.map((area, i) => (i === number ? 0 : area));
  const letter = argmax(others);
  if (!number || !others[letter]) return false;
  const rises = Math.abs(line.slope) * (line.stop - line.start);
  const thickest = Math.max(2, THICKEST_LINE * longerSide(mask));
  const [top, bottom] = boxes[number];
  return bottom - top <= rises + 2 * thickest && boxes[letter][1] <= top;
}

function enlarged(line, factor, width) {
  const height = factor * (line.height + 0.5 - line.slope / 2) - 0.5;
  return { ...line, height, start: factor * line.start, stop: Math.min(factor * line.stop, width) };
}

/** Return the thin straight lines that run from left to right over half of a mask or more. */
function findLines(mask) {
  const { height, width } = mask;
  if (width < LEAST_WIDTH) return [];
  const thickest = Math.max(2, rint(THICKEST_LINE * Math.max(height, width)));
  let nInked = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (mask.data[y * width + x]) {
        nInked++;
        break;
      }
    }
  }
  if (nInked < 0.3 * width) return [];
  const points = pointsOf(thin(mask, thickest));
  const least = 0.35 * width;
  if (points.length < least) return [];
  const { slope: common, heights } = commonSlope(points, mask, least);
  const fits = [];
  const isUsed = new Uint8Array(points.length);
  for (const middle of heights) {
    let [tilt, start] = [common, middle];
    let near = nearPoints(points, tilt, start, 2, isUsed);
    for (let round = 0; round < 2 && near.length >= least; round++) {
      [tilt, start] = straightLine(near);
      near = nearPoints(points, tilt, start, 1.6, isUsed);
    }
    if (near.length < least) continue;
    fits.push({ n: near.length, tilt, near });
    points.forEach(([y, x], i) => {
      if (Math.abs(y - start - tilt * x) <= thickest / 2 + 1) isUsed[i] = 1;
    });
  }
  if (!fits.length) return [];
  const slope = fits[argmax(fits.map((fit) => fit.n))].tilt;
  const lines = [];
  for (const fit of fits) {
    const tilt = clip(fit.tilt, slope - OTHER_SLOPE, slope + OTHER_SLOPE);
    const start = median(fit.near.map(([y, x]) => y - tilt * x));
    const columns = nearPoints(points, tilt, start, 2).map(([, x]) => x);
    for (const [first, last] of extents(mask, columns, start, tilt)) {
      const meetsSide = first <= NEAR_SIDE * width || last >= (1 - NEAR_SIDE) * width;
      lines.push({ height: start, slope: tilt, start: first, stop: last, meetsSide });
    }
  }
  return lines;
}

function pointsOf(mask) {
  const points = [];
  mask.data.forEach((value, i) => {
    if (value) points.push([Math.floor(i / mask.width), i % mask.width]);
  });
  return points;
}

function nearPoints(points, tilt, start, distance, isUsed = []) {
  return points.filter(([y, x], i) => Math.abs(y - start - tilt * x) <= distance && !isUsed[i]);
}

/** Return the slope and the height at the left of the line through points, by least squares. */
function straightLine(points) {
  const y0 = mean(points.map(([y]) => y));
  const x0 = mean(points.map(([, x]) => x));
  const slope =
    sum(points.map(([y, x]) => (y - y0) * (x - x0))) / sum(points.map(([, x]) => (x - x0) ** 2));
  return [slope, y0 - slope * x0];
}

/** Return the pixels of a mask that are among no more than so many above each other. */
function thin(mask, thickest) {
  const startsThick = inverted(anyInColumn(inverted(mask), 0, thickest, 1));
  const isThick = anyInColumn(startsThick, thickest, 0);
  return mapped(mask, (value, i) => (value && !isThick.data[i] ? 1 : 0));
}

/** Return the slope at which most pixels lie in lines, and the lines' heights at the left. */
function commonSlope(points, { height, width }, least) {
  const pad = Math.trunc(SLOPES.at(-1) * width) + 3;
  let [best, slope, heights] = [0, 0, []];
  for (const candidate of SLOPES) {
    const counts = new Int32Array(height + 2 * pad);
    for (const [y, x] of points) counts[rint(y - candidate * (x - width / 2)) + pad]++;
    const pairs = counts.subarray(1).map((count, i) => count + counts[i]);
    const strongest = [...pairs.keys()]
      .filter((place) => pairs[place] >= least)
      .sort((one, other) => pairs[other] - pairs[one] || other - one)
      .slice(0, MOST_LINES);
    const score = sum(strongest.slice(0, 12).map((place) => (pairs[place] - least) ** 2));
    if (score > best) {
      best = score;
      slope = candidate;
      heights = strongest.map((place) => place + 0.5 - pad - (slope * width) / 2);
    }
  }
  return { slope, heights };
}

/** Return between which columns a line runs, where strokes may cross it. */
function extents(mask, columns, start, slope) {
  const { height, width } = mask;
  const isThinThere = plane(1, width);
  for (const x of columns) isThinThere.data[x] = 1;
  const isInk = mapped(isThinThere, (value, x) => {
    const row = rint(start + slope * x);
    return value || (row >= 0 && row < height && mask.data[row * width + x]) ? 1 : 0;
  });
  const gap = Math.max(3, rint(0.03 * width));
  // As SciPy closes: with an even number of pixels, the one at their middle is the later one.
  const [before, after] = [(gap - 1) >> 1, gap >> 1];
  const around = plane(1, width + 2 * gap);
  around.data.set(isInk.data, gap);
  const grown = anyInRow(around, before, after);
  const closed = inverted(anyInRow(inverted(grown), after, before, 1));
  const bridged = mapped(isInk, (value, x) => value | closed.data[x + gap]);
  return findPieces(bridged)
    .boxes.slice(1)
    .map(([, , first, last]) => [first, last])
    .filter(([first, last]) => {
      const length = last - first;
      const nThin = sum(isThinThere.data.subarray(first, last));
      const crosses = length >= 0.9 * width && nThin >= 0.3 * width;
      const isAlone = length >= 0.5 * width && nThin >= Math.max(0.4 * width, 0.75 * length);
      return mean(isInk.data.subarray(first, last)) >= 0.75 && (crosses || isAlone);
    });
}

function eraseLine(mask, strength, line, factor) {
  const { height, width } = mask;
  const reach = Math.max(6, rint(0.03 * longerSide(mask))) + 2 * factor;
  const most = Math.max(3, 2 * factor);
  const isInk = (y, x) => y >= 0 && y < height && mask.data[y * width + x];
  // The vertical run of ink, in every column, that holds the pixel nearest to the line.
  const runs = [];
  for (let x = line.start; x < line.stop; x++) {
    const middle = rint(line.height + line.slope * x);
    const nearest = nearestOffset((offset) => isInk(middle + offset, x), reach);
    const run = { middle, top: middle - reach, bottom: middle - reach, isMet: false };
    if (nearest !== null) {
      run.isMet = Math.abs(nearest) <= most;
      run.top = run.bottom = middle + nearest;
      while (run.top > middle - reach && isInk(run.top - 1, x)) run.top--;
      while (run.bottom <= middle + reach && isInk(run.bottom, x)) run.bottom++;
    }
    runs.push(run);
  }
  const lengths = runs.filter((run) => run.isMet).map((run) => run.bottom - run.top);
  if (!lengths.length) return;
  const thickness = median(lengths);
  const longest = Math.max(thickness + 2, 1.6 * thickness);
  const halo = Math.max(1, rint(thickness / 3));
  runs.forEach(({ middle, top, bottom, isMet }, i) => {
    if (!isMet || bottom - top > longest) return;
    const last = Math.min(bottom + halo, middle + reach + 1, height);
    for (let y = Math.max(top - halo, middle - reach, 0); y < last; y++) {
      mask.data[y * width + line.start + i] = 0;
      strength.data[y * width + line.start + i] = 0;
    }
  });
}

/** Return the offset nearest to 0 at which there is ink, the one above of two; null for none. */
function nearestOffset(isInkAt, reach) {
  for (let distance = 0; distance <= reach; distance++) {
    if (isInkAt(-distance)) return -distance;
    if (isInkAt(distance)) return distance;
  }
  return null;
}

/** Return [top, bottom, left, right] of what is within rows and columns that are full at the edges. */
function withinFrame(mask) {
  const outer = longerSide(mask) >> 3;
  const turned = transposed(mask);
  const sides = [mask, upsideDown(mask), turned, upsideDown(turned)];
  const widths = sides.map((side) => frameWidth(side, outer));
  const place = widths.findIndex(Boolean);
  if (widths.filter(Boolean).length === 1 && isLetterBelow(sides[place], widths[place])) {
    widths[place] = 0;
  }
  const [top, bottom, left, right] = widths;
  const { height, width } = mask;
  return [top, Math.max(top, height - bottom), left, Math.max(left, width - right)];
}

function frameWidth(mask, outer) {
  const n = Math.min(outer, mask.height);
  const isFull = Array.from({ length: n }, (_, y) => {
    const row = mask.data.subarray(y * mask.width, (y + 1) * mask.width);
    return sum(row) / mask.width >= 0.85;
  });
  if (!isFull.slice(0, 3).includes(true)) return 0;
  const start = isFull.indexOf(true);
  const end = isFull.indexOf(false, start);
  // One row more, which holds the soft edge of the frame.
  return end < 0 ? 0 : end + 1;
}

/** Return whether ink connected to the first rows meets the other sides, but in few places. */
function isLetterBelow(mask, top) {
  const factor = Math.max(1, Math.ceil(longerSide(mask) / LINE_SIDE));
  const reduced = largestOfSquares(cropped(mask, top, mask.height, 0, mask.width), factor);
  const { labels } = findPieces(reduced);
  const { height, width } = labels;
  const numbers = new Set(labels.data.subarray(0, width));
  numbers.delete(0);
  if (!numbers.size) return false;
  const ink = mapped(labels, (number) => (numbers.has(number) ? 1 : 0), Uint8Array);
  const reach = Math.max(1, rint(CROPPED * longerSide(labels)));
  const contacts = [
    meetsInColumns(cropped(ink, Math.max(0, height - reach), height, 0, width)),
    meetsInColumns(transposed(cropped(ink, 0, height, 0, reach))),
    meetsInColumns(transposed(cropped(ink, 0, height, Math.max(0, width - reach), width))),
  ];
  const n = sum(contacts.map(sum));
  return contacts.every(sum) && n / (width + 2 * height) < MOST_CONTACT_OF_LETTER;
}

/** Return for every column whether it has ink, 1 or 0. */
function meetsInColumns(mask) {
  const { height, width, data } = mask;
  const meets = new Uint8Array(width);
  for (let i = 0; i < height * width; i++) meets[i % width] |= data[i];
  return meets;
}
