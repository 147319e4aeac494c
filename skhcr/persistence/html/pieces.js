// Which connected pieces of ink are the letter: skhcr/images/_pieces.py, where constants are explained.

const LEAST_INK = 1 / 2 ** 15;
const MOST_PIECES = 200;
const SPECK = 0.006;
const SPECK_AT_EDGE = 0.01;
const FILLS = 0.85;
const NEAR = 0.01;
const PALE_END = 0.08;
const MOST_CONTACT = 0.4;
const GAP_OF_PIECES = 0.6;
const GAP_OF_SPECKS = 0.3;
const THINNER = 0.25;
const THICKER = 2.0;
const PALER = 0.75;
const THICKER_AND_PALER = 1.4;
const FLAT = 0.03;
const LEAST_AT_EDGE = 0.12;
const AT_A_SIDE = 0.35;
const AT_MORE_SIDES = 0.25;
const ALONG = 0.7;
const ALONG_A_SIDE = 0.02;
const OFF_THE_MIDDLE = 0.6;
const STRIP = 0.9;
const FRAME_ALONG = 0.5;
const DARKER = 0.8;
const GRAIN = 40;
const BESIDE = 0.1;
const WIDER_THAN_DOTS = 1.2;
const NOT_A_DISC = 0.06;
const HOLE = 0.1;
const NEARLY_AS_LARGE = 0.8;
const SMALL_BESIDE = 0.35;
const ASIDE = 0.15;
const FAR_ASIDE = 0.3;
const LEAST_SIZE = 40;
const TOUCHING = 0.8;
const COVERED = 0.42;
const PALE = 150;
const ENTERS = 1.25;
const BROAD = 0.07;
const SIDES = 0.2;
const GAPS = 0.1;
const CORNERS = 0.1;
const PIECE_SAMPLE = 256;
const DARK_PART = 0.9;
const STEEP = 0.16;
const FINE = 6;
const SOLID = 0.6;
const ROUND = 0.68;
const LEAST_ASPECT = 0.75;
const MOST_ASPECT = 1.33;

/** Return {mask, box, isSeveral} of the letter among the pieces of a mask, null if there is none. */
function findLetter(mask, ink) {
  const found = findPieces(mask);
  const { labels, boxes } = found;
  const areas = found.areas.slice(1);
  if (!areas.length || largest(areas) < LEAST_INK * mask.data.length) return null;
  const least = (SPECK * largest(areas)) / 2;
  const large = [...areas.keys()]
    .sort((one, other) => areas[other] - areas[one])
    .slice(0, MOST_PIECES)
    .filter((place) => areas[place] >= least)
    .sort((one, other) => one - other);
  const described = large.map((place) => describePiece(labels, place + 1, boxes[place + 1], ink));
  const pieces = piecesOfInk(described, mask);
  if (!pieces.length) return null;
  const main = mainPiece(pieces, mask, largest(ink.surface.data));
  if (main === null) return null;
  const candidates = candidatesFor(pieces, main, mask);
  const { parts, box } = partsOfLetter(candidates, main);
  const numbers = new Set(parts.map((piece) => piece.number));
  const kept = mapped(cropped(labels, ...box), (number) => (numbers.has(number) ? 1 : 0), Uint8Array);
  const letter = { mask: kept, box };
  const isFine = main.pen < FINE * reduction(mask) && main.strength > 2 * MIN_CONTRAST;
  if (!isFine && !isDrawn(letter, ink.strength)) return null;
  return { ...letter, isSeveral: areSeveral(candidates.map((piece) => piece.box), main.pen) };
}

/** Return whether a letter is clearly darker than the paper, with edges, on a reduced page. */
function isDrawn({ mask, box: [top, bottom, left, right] }, strength) {
  const { height, width } = strength;
  const fills = Math.max(mask.height / height, mask.width / width) > FILLS;
  if (Math.max(height, width) < SMALL || fills) return true;
  const factor = reduction(strength);
  const reach = 2 * factor;
  const [firstRow, firstColumn] = [Math.max(0, top - reach), Math.max(0, left - reach)];
  const around = cropped(
    strength,
    firstRow,
    Math.min(height, bottom + reach),
    firstColumn,
    Math.min(width, right + reach),
  );
  const inked = plane(around.height, around.width);
  for (let y = 0; y < mask.height; y++) {
    const start = (top - firstRow + y) * inked.width + left - firstColumn;
    inked.data.set(mask.data.subarray(y * mask.width, (y + 1) * mask.width), start);
  }
  const levels = factor > 1 ? reduceBoxes(around, factor, factor) : around;
  const reduced = largestOfSquares(inked, factor);
  const darkness = quantile(selected(levels, reduced), DARK_PART);
  const inner = erode(reduced, 1);
  const outline = mapped(reduced, (value, i) => (value && !inner.data[i] ? 1 : 0));
  const high = extremeOfSquares(levels, 3, isLarger);
  const low = extremeOfSquares(levels, 3, isSmaller);
  const steps = selected(mapped(high, (value, i) => value - low.data[i]), outline);
  return darkness >= MIN_CONTRAST && median(steps) >= STEEP * darkness;
}

/** Return the pieces that may be ink, rather than tables, shadows or boxes of forms. */
function piecesOfInk(pieces, { height, width }) {
  const longer = Math.max(height, width);
  const isAlone = isCropped(pieces, { height, width });
  const isPage = !isAlone && reduction({ height, width }) > 1;
  return pieces.filter((piece) => {
    const [top, bottom, left, right] = piece.box;
    const gapsBeyond = [height - bottom, top, width - right, left];
    const lengths = piece.contacts.map((share, side) => share * (side < 2 ? width : height));
    const liesAlong = (length, side) =>
      length > TOUCHING * piece.size && gapsBeyond[side] > PALE_END * longer;
    const isAlong = (share, side) => share > STRIP && gapsBeyond[side] > PALE_END * longer;
    const isStrip = !isAlone && !piece.reachesMiddle && piece.contacts.some(isAlong);
    const isTable = (piece.solidity > COVERED && lengths.some(liesAlong)) || isStrip;
    const isBroad = piece.strength < PALE && piece.pen > BROAD * longer;
    const isShadow = isBroad && sum(lengths) > ENTERS * piece.pen && isPage;
    return !(isTable || isShadow || piece.isBox);
  });
}

/** Return whether a piece is the outline of a rectangle, upright or slightly rotated. */
function isBox(piece) {
  const { height, width } = piece;
  if (Math.min(height, width) < LEAST_SIZE || mean(piece.data) >= COVERED) return false;
  const [y, x] = [Math.floor(SIDES * height), Math.floor(SIDES * width)];
  if (any(cropped(piece, y, height - y, x, width - x))) return false;
  const turned = transposed(piece);
  const views = [piece, upsideDown(piece), turned, upsideDown(turned)];
  const isOpen = (view, i) => {
    const columns = new Uint8Array(view.width);
    const depth = i < 2 ? y : x;
    for (let place = 0; place < depth * view.width; place++) {
      if (view.data[place]) columns[place % view.width] = 1;
    }
    return mean(columns) < 1 - GAPS;
  };
  if (views.some(isOpen)) return false;
  // From each end of the first and last rows.
  const corners = [Infinity, Infinity, Infinity, Infinity];
  for (let place = 0; place < piece.data.length; place++) {
    if (!piece.data[place]) continue;
    const [row, column] = [Math.floor(place / width), place % width];
    const [below, beside] = [height - 1 - row, width - 1 - column];
    corners[0] = Math.min(corners[0], row + column);
    corners[1] = Math.min(corners[1], below + column);
    corners[2] = Math.min(corners[2], row + beside);
    corners[3] = Math.min(corners[3], below + beside);
  }
  return Math.max(...corners) <= (CORNERS * (height + width)) / 2;
}

/** Return the place, size, shape and surroundings of a piece. */
function describePiece(labels, number, box, ink) {
  const [top, bottom, left, right] = box;
  const [height, width] = [bottom - top, right - left];
  const piece = mapped(cropped(labels, ...box), (label) => (label === number ? 1 : 0), Uint8Array);
  const isAt = [top === 0, bottom === labels.height, left === 0, right === labels.width];
  const turned = transposed(piece);
  const ends = [
    sum(piece.data.subarray(0, width)) / labels.width,
    sum(piece.data.subarray((height - 1) * width)) / labels.width,
    sum(turned.data.subarray(0, height)) / labels.height,
    sum(turned.data.subarray((width - 1) * height)) / labels.height,
  ];
  const factor = reduction(labels);
  const below = [];
  const step = Math.max(1, Math.floor(sum(piece.data) / PIECE_SAMPLE));
  const isMiddle = (place, side) =>
    place >= Math.floor(side / 4) && place < Math.floor((3 * side) / 4);
  let reachesMiddle = false;
  let [area, inner, strength] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (!piece.data[i]) continue;
      if (area % step === 0) {
        const row = Math.floor((top + y) / factor);
        below.push(ink.surface.data[row * ink.surface.width + Math.floor((left + x) / factor)]);
      }
      if (isMiddle(top + y, labels.height) && isMiddle(left + x, labels.width)) {
        reachesMiddle = true;
      }
      area++;
      strength += ink.strength.data[(top + y) * labels.width + left + x];
      const isWithin = y > 0 && y < height - 1 && x > 0 && x < width - 1;
      if (isWithin && piece.data[i - 1] && piece.data[i + 1]) {
        if (piece.data[i - width] && piece.data[i + width]) inner++;
      }
    }
  }
  const solidity = area / (height * width);
  const aspect = height / width;
  return {
    number,
    box,
    area,
    height,
    width,
    size: Math.max(height, width),
    isAt,
    contacts: ends.map((contact, side) => (isAt[side] ? contact : 0)),
    pen: (2 * area) / (area - inner),
    strength: strength / area,
    darkest: smallest(below),
    level: mean(below),
    solidity,
    isBox: isBox(piece),
    reachesMiddle,
    isSolid: solidity > SOLID,
    isDisc:
      Math.abs(solidity - Math.PI / 4) < NOT_A_DISC && Math.abs(Math.log(aspect)) < 2 * NOT_A_DISC,
    isRound: solidity > ROUND && aspect > LEAST_ASPECT && aspect < MOST_ASPECT,
  };
}

/** Return whether the image is cropped to a letter of these pieces. */
function isCropped(pieces, { height, width }) {
  const longer = Math.max(height, width);
  const gapsOf = ({ box: [top, bottom, left, right] }) => [top, height - bottom, left, width - right];
  const meets = (piece) => gapsOf(piece).map((gap) => gap <= PALE_END * longer);
  const most = Math.max(...pieces.map((piece) => piece.area));
  const large = pieces.filter((piece) => piece.area >= SPECK_AT_EDGE * most).map(meets);
  const weights = pieces.map((piece) => piece.area * piece.strength * piece.level ** 2);
  const main = pieces[argmax(weights)];
  const nSides = meets(main).filter(Boolean).length;
  const touches = Math.min(...gapsOf(main)) <= Math.max(1, NEAR * longer);
  const contact = sum(
    pieces.map(({ contacts: [top, bottom, left, right] }) =>
      width * (top + bottom) + height * (left + right),
    ),
  );
  const meetsAll = [0, 1, 2, 3].every((side) => large.some((sides) => sides[side]));
  return touches && meetsAll && nSides >= 2 && contact / (2 * (height + width)) < MOST_CONTACT;
}

/** Return the letter's main piece, null if there is no letter. */
function mainPiece(pieces, { height, width }, brightest) {
  const lightest = Math.max(...pieces.map((piece) => piece.level), 1);
  const isAlone = isCropped(pieces, { height, width });
  const weights = pieces.map((piece) => {
    const [top, bottom, left, right] = piece.box;
    const middle = Math.hypot(
      (top + bottom) / (2 * height) - 0.5,
      (left + right) / (2 * width) - 0.5,
    );
    const nSides = piece.isAt.filter(Boolean).length;
    const along = Math.max(...piece.contacts);
    let weight = piece.area * piece.strength * (piece.level / lightest) ** 2;
    if (!isAlone && along > ALONG) weight *= ALONG_A_SIDE;
    else if (!isAlone && nSides) weight *= nSides > 1 ? AT_MORE_SIDES : AT_A_SIDE;
    weight *= 1 - OFF_THE_MIDDLE * Math.min(1, 1.2 * middle);
    const fills = Math.min(piece.height / height, piece.width / width);
    const isStrip = along > STRIP && nSides === 3 && piece.isSolid && fills < FILLS;
    const isFrame = Math.min(...piece.contacts) > FRAME_ALONG;
    const isRestOfLine =
      (piece.height < FLAT * height && (piece.isAt[0] || piece.isAt[1])) ||
      (piece.width < FLAT * width && (piece.isAt[2] || piece.isAt[3]));
    const isGrain = piece.strength < GRAIN && piece.level < DARKER * brightest;
    return isStrip || isFrame || isRestOfLine || isGrain ? 0 : weight;
  });
  pieces.forEach((hole, i) => {
    const isLetter = (piece) =>
      piece.size > NEARLY_AS_LARGE * hole.size && THICKER * piece.pen < hole.pen;
    if (hole.isRound && pieces.some(isLetter)) weights[i] *= HOLE;
  });
  const best = argmax(weights);
  const main = pieces[best];
  const isCutOff = main.isAt.includes(true) && main.size < LEAST_AT_EDGE * Math.max(height, width);
  return weights[best] && !isCutOff ? main : null;
}

/** Return the pieces that are drawn like the main piece, including itself. */
function candidatesFor(pieces, main, { height, width }) {
  const fills =
    isCropped(pieces, { height, width }) ||
    Math.max(main.height / height, main.width / width) > FILLS;
  const belongs = (piece) => {
    const share = piece.area / main.area;
    const isCutOff = fills
      ? piece.isAt.includes(true) && share < SPECK_AT_EDGE
      : piece.isAt.some((isAt, side) => isAt && !main.isAt[side]);
    const isGrain = piece.strength < 0.6 * main.strength || share < 0.15;
    const isElsewhere = isGrain && piece.level < DARKER * main.darkest;
    const isThicker = (times) => piece.pen > times * main.pen;
    const isPaler = piece.strength < PALER * main.strength;
    const isOfPen =
      isThicker(THINNER) &&
      !(piece.isRound && isThicker(THICKER)) &&
      !isHoleBeside(piece, main) &&
      !isCrumbBeside(piece, main) &&
      !(isPaler && isThicker(THICKER_AND_PALER));
    return share >= SPECK && isOfPen && !isCutOff && !isElsewhere;
  };
  return pieces.filter((piece) => piece === main || belongs(piece));
}

/** Return whether a piece is a disc beside the main piece, wider than its pen. */
function isHoleBeside({ box, size, isDisc }, main) {
  const gap = Math.max(box[2] - main.box[3], main.box[2] - box[3]);
  return isDisc && gap > BESIDE * main.size && size > WIDER_THAN_DOTS * main.pen;
}

/** Return whether a piece is small and beside the main piece, where letters have no dots. */
function isCrumbBeside({ box, size }, main) {
  const aside = Math.max(box[2] - main.box[3], main.box[2] - box[3]);
  const above = Math.max(box[0] - main.box[1], main.box[0] - box[1]);
  const isAside = (aside > ASIDE * main.size && above <= 0) || aside > FAR_ASIDE * main.size;
  return isAside && size < SMALL_BESIDE * main.size && main.size >= LEAST_SIZE;
}

/** Return which candidates belong to a letter, and the box around them. */
function partsOfLetter(candidates, main) {
  let rest = candidates.filter((piece) => piece !== main);
  const parts = [main];
  let box = main.box;
  for (;;) {
    const isNear = (piece) => {
      const gap = piece.area / main.area > 0.01 ? GAP_OF_PIECES : GAP_OF_SPECKS;
      return distanceOf(box, piece.box) <= gap * main.size;
    };
    const near = rest.filter(isNear);
    if (!near.length) return { parts, box };
    parts.push(...near);
    rest = rest.filter((piece) => !near.includes(piece));
    box = boxAround(parts.map((piece) => piece.box));
  }
}

function distanceOf(box, other) {
  return Math.max(box[0] - other[1], other[0] - box[1], box[2] - other[3], other[2] - box[3]);
}
