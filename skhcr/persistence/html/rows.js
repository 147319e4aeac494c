// The characters of one row, which stand apart.

// Pieces of a smaller share of the largest one are specks.
const SPECK_OF_ROW = 0.01;
// Pieces belong together where so much of the narrower one is above or below the other.
const SHARED_COLUMNS = 0.5;

/** Return {ink, box} of every character of a row, in the order in which they are read. */
function charactersOf(picture, reader, direction) {
  const { height, width } = picture;
  const opaque = { height, width, bands: opaqueBands(picture, reader.background) };
  const page = findPageInk(inClearestChannel(opaque), reader.polarity);
  if (page === null) return [];
  const { ink, mask, corner } = page;
  eraseLines(mask, ink.strength, false);
  const { labels, areas, boxes } = findPieces(mask);
  const least = Math.max(SPECK_OF_ROW * largest(areas), LEAST_INK * mask.data.length);
  const pieces = areas
    .map((area, number) => ({ area, numbers: [number], box: boxes[number] }))
    .filter(({ area }, number) => number > 0 && area >= least);
  const characters = joined(pieces).map(({ numbers, box }) => {
    const isPart = new Set(numbers);
    const part = mapped(cropped(labels, ...box), (number) => (isPart.has(number) ? 1 : 0), Uint8Array);
    const [top, left] = corner;
    const place = [box[0] + top, box[1] + top, box[2] + left, box[3] + left];
    return { ink: strokesOf({ mask: part, box }, ink), box: place };
  });
  characters.sort((one, other) => one.box[2] + one.box[3] - other.box[2] - other.box[3]);
  return direction === "rtl" ? characters.reverse() : characters;
}

/** Return pieces that are above each other as one, until none is. */
function joined(pieces) {
  const characters = [];
  for (const piece of pieces) {
    let whole = piece;
    for (;;) {
      const place = characters.findIndex((other) => areAbove(whole.box, other.box));
      if (place < 0) break;
      const [other] = characters.splice(place, 1);
      whole = {
        numbers: [...whole.numbers, ...other.numbers],
        box: boxAround([whole.box, other.box]),
      };
    }
    characters.push(whole);
  }
  return characters;
}

function areAbove(one, other) {
  const shared = Math.min(one[3], other[3]) - Math.max(one[2], other[2]);
  return shared > SHARED_COLUMNS * Math.min(one[3] - one[2], other[3] - other[2]);
}
