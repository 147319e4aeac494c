// Whether pieces of ink are several characters: skhcr/images/_several.py, where constants are explained.

const MARK = 0.4;
const LEAST_SIDE = 10;
const LEAST_PENS = 2.0;
const WIDE = 1.75;
const GAP_IN_LINE = 2.5;
const LEAST_ABOVE = 0.5;
const GAP_ABOVE = 0.3;

/** Return whether pieces, apart from marks, are probably more than one character. */
function areSeveral(boxes, pen) {
  const least = Math.max(MARK * largest(boxes.map(sizeOf)), LEAST_PENS * pen, LEAST_SIDE);
  const bodies = boxes.filter((box) => sizeOf(box) >= least);
  if (bodies.length < 2) return false;
  const lines = groupsApart(bodies, 0);
  return lines.some(areSideBySide) || areAboveEachOther(lines.map(boxAround));
}

function areSideBySide(line) {
  const columns = groupsApart(line, 1).map(boxAround);
  const size = largest(columns.map(sizeOf));
  const large = columns.filter((box) => sizeOf(box) >= MARK * size);
  if (large.length < 2) return false;
  const gap = largest(large.slice(1).map((box, i) => box[2] - large[i][3]));
  return large.at(-1)[3] - large[0][2] + GAP_IN_LINE * gap > WIDE * size;
}

function areAboveEachOther(lines) {
  const size = largest(lines.map(sizeOf));
  const isLarge = (box) => Math.min(box[1] - box[0], box[3] - box[2]) >= LEAST_ABOVE * size;
  const large = lines.filter(isLarge);
  return large.slice(1).some((box, i) => box[0] - large[i][1] >= GAP_ABOVE * size);
}

/** Return groups of boxes that overlap along an axis, in their order: lines for 0. */
function groupsApart(boxes, axis) {
  const sorted = [...boxes].sort((one, other) => one[2 * axis] - other[2 * axis]);
  const groups = [];
  let end = -Infinity;
  for (const box of sorted) {
    if (box[2 * axis] >= end) groups.push([]);
    groups.at(-1).push(box);
    end = Math.max(end, box[2 * axis + 1]);
  }
  return groups;
}

function sizeOf([top, bottom, left, right]) {
  return Math.max(bottom - top, right - left);
}
