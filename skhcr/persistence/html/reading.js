// From a picture to what the network is given: ImageLoader and InkNormalizer, one after the other.

const DEFAULT_MOST_PIXELS = 89478485; // as Pillow has it

/** Raise an error, before pixels are looked at, for a picture that is larger than a model allows. */
function checkPixels(height, width, readers) {
  const limits = readers.map((reader) => reader.max_pixels ?? DEFAULT_MOST_PIXELS);
  const limit = Math.min(...limits);
  if (height * width > limit) {
    throw new Error(`${height} x ${width} pixels are more than the limit of ${limit}`);
  }
}

/** Return a picture of a canvas' pixels; one that is opaque has no opacity. */
function pictureOf({ height, width, data }) {
  const [red, green, blue, opacity] = [0, 1, 2, 3].map((channel) => {
    const band = new Uint8Array(height * width);
    for (let i = 0; i < band.length; i++) band[i] = data[4 * i + channel];
    return band;
  });
  const isGray = red.every((level, i) => level === green[i] && level === blue[i]);
  const isOpaque = opacity.every((value) => value === 255);
  const bands = isGray ? [red] : [red, green, blue];
  return { height, width, bands, opacity: isOpaque ? null : opacity };
}

/** Return {image, isBlank, isSeveral}: the network's input; no ink or several letters were found. */
function readPicture(picture, readers) {
  let [isBlank, isSeveral] = [false, false];
  for (const reader of readers) {
    if (reader.kind === "ImageLoader") {
      picture = load(picture, reader);
    } else {
      const found = letterOf(picture, reader);
      isBlank ||= found === null;
      isSeveral ||= found?.isSeveral ?? false;
      picture = inFrame(found && found.ink, reader, picture);
    }
  }
  return { image: picture, isBlank, isSeveral };
}

function opaqueBands(picture, background) {
  const { bands, opacity } = picture;
  return opacity ? overBackground(bands, opacity, background) : bands;
}

function load(picture, { size, mode, keep_aspect: keepsShape, background }) {
  const { height, width } = picture;
  const opaque = { height, width, bands: opaqueBands(picture, background) };
  const { bands } = opaque;
  const wanted = mode === "L" ? [toGray(opaque).data] : bands.length === 1 ? Array(3).fill(bands[0]) : bands;
  let planes = wanted.map((data) => plane(height, width, data));
  if (size && (height !== size[0] || width !== size[1])) {
    const fitted = keepsShape ? fitWithin(height, width, size) : size;
    planes = padTo(planes.map((one) => resize(one, fitted)), size);
  }
  const [{ height: rows, width: columns }] = planes;
  return { height: rows, width: columns, bands: planes.map(({ data }) => data) };
}

/** Return {ink, isSeveral} of the letter on a picture, light on black; null if there is none. */
function letterOf(picture, { polarity, background }) {
  const { height, width, opacity } = picture;
  const opaque = { height, width, bands: opaqueBands(picture, background) };
  const found = cropToInk(inClearestChannel(opaque), polarity);
  if (found !== null || !opacity || mean(opacity) >= 127.5) return found;
  // White ink on a transparent page, which lets white through.
  return cropToInk(plane(height, width, opacity), "light-on-dark");
}

/** Return ink as a picture of the reader's size. */
function inFrame(ink, reader, { height, width }) {
  const size = reader.size ?? [height, width];
  const framed = ink
    ? placeInk(thicken(ink, reader.stroke_width), size, reader.margin, reader.center)
    : plane(...size);
  return { height: size[0], width: size[1], bands: [framed.data] };
}

/** Return a picture's values as a network takes them, channels last. */
function asInput({ bands }) {
  const values = new Float32Array(bands.length * bands[0].length);
  bands.forEach((band, channel) => {
    for (let i = 0; i < band.length; i++) values[i * bands.length + channel] = band[i];
  });
  return values;
}
