// A picture file becomes labels: the model of the page, without anything that is shown.

/** Return a picture of a file, or of anything else that browsers decode, upright. */
async function decodePicture(source, readers) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(source, {
      imageOrientation: "from-image",
      premultiplyAlpha: "none",
      colorSpaceConversion: "none",
    });
  } catch {
    throw new Error("the browser cannot decode this image");
  }
  const { height, width } = bitmap;
  checkPixels(height, width, readers);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const picture = pictureOf(context.getImageData(0, 0, width, height));
  if ((await hasSixteenBits(source)) && picture.bands.every((band) => largest(band) <= MOST_OF_12_BITS)) {
    throw new Error("it is a PNG file of 16 bits that uses fewer: save it with 8 bits");
  }
  return picture;
}

const MOST_OF_12_BITS = 16; // of 255, where 4095 stands for white and browsers take 65535 for it

async function hasSixteenBits(source) {
  if (!(source instanceof Blob)) return false;
  const head = new Uint8Array(await source.slice(0, 25).arrayBuffer());
  return String.fromCharCode(...head.subarray(1, 4)) === "PNG" && head[24] === 16;
}

class Model {
  /** A model of what _html.py writes, and of a promise of its network. */
  constructor(description, opening) {
    Object.assign(this, description);
    this.opening = opening;
  }

  /** Whether the model finds ink, so that several characters can be told apart. */
  get findsInk() {
    return this.readers.at(-1).kind === "InkNormalizer";
  }

  decode(source) {
    return decodePicture(source, this.readers);
  }

  /** Return {image, isBlank, isSeveral}, see `readPicture`. */
  see(picture) {
    return readPicture(picture, this.readers);
  }

  /** Return a reading of the one character of a picture. */
  async readOne(picture) {
    const { image, isBlank, isSeveral } = this.see(picture);
    return isBlank ? { isBlank, image } : { ...(await this.#answer(image)), isSeveral };
  }

  /** Return readings of the characters of a row, each with its box. */
  async readRow(picture, direction) {
    const reader = this.readers.at(-1);
    for (const before of this.readers.slice(0, -1)) picture = load(picture, before);
    const readings = [];
    for (const { ink, box } of charactersOf(picture, reader, direction)) {
      readings.push({ ...(await this.#answer(inFrame(ink, reader, picture))), box });
    }
    return readings;
  }

  async #answer(image) {
    const values = asInput(image);
    if (values.length !== this.nFeatures) {
      const [height, width] = this.shape;
      throw new Error(`the model takes images of ${height} x ${width} pixels only`);
    }
    const network = await this.opening;
    const { probabilities, score } = await network(values);
    const rounded = score === null ? null : Number(score.toFixed(this.digits));
    const isUnknown = rounded !== null && rounded < this.offset;
    const label = this.labels[argmax(probabilities)];
    return { isBlank: false, image, label, probabilities, score: rounded, isUnknown };
  }
}
