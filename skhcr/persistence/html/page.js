// What is shown: readings of drawings and files, and corrected samples.

const N_SHOWN = 5;
const SAMPLE_MARGIN = 0.2; // around a character of a row, as a share of its longer side

const byId = (name) => document.getElementById(name);

/** Return an element with properties and children; texts are texts, and no markup. */
function element(kind, properties = {}, ...children) {
  const made = Object.assign(document.createElement(kind), properties);
  made.append(...children);
  return made;
}

const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** Show a picture of what the network is given, with large pixels. */
function seenBy({ height, width, bands }) {
  const canvas = element("canvas", { height, width, className: "seen" });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "What the network sees");
  const pixels = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels.data[4 * i + channel] = bands[channel % bands.length][i];
    }
    pixels.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

/** Return a canvas with a part [top, bottom, left, right] of a picture, or with all of it. */
function canvasOf({ height, width, bands, opacity }, box = [0, height, 0, width]) {
  const margin = Math.round(SAMPLE_MARGIN * Math.max(box[1] - box[0], box[3] - box[2]));
  const [top, left] = [Math.max(0, box[0] - margin), Math.max(0, box[2] - margin)];
  const [bottom, right] = [Math.min(height, box[1] + margin), Math.min(width, box[3] + margin)];
  const pixels = new ImageData(right - left, bottom - top);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const from = y * width + x;
      const to = 4 * ((y - top) * pixels.width + x - left);
      for (let channel = 0; channel < 3; channel++) {
        pixels.data[to + channel] = bands[channel % bands.length][from];
      }
      pixels.data[to + 3] = opacity ? opacity[from] : 255;
    }
  }
  const canvas = element("canvas", { height: pixels.height, width: pixels.width });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

async function pngOf(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  return new Uint8Array(await blob.arrayBuffer());
}

class Page {
  constructor(model) {
    this.model = model;
    this.samples = [];
    this.number = 0; // of the latest input: readings of earlier ones are not shown
    this.drawing = new Drawing(byId("paper"), [byId("undo"), byId("clear")], () => this.readDrawing());
    byId("row").hidden = !model.findsInk;
    byId("direction").value = model.direction;
    byId("several").addEventListener("change", (event) => {
      byId("direction").disabled = !event.target.checked;
      this.readAgain();
    });
    byId("direction").addEventListener("change", () => this.readAgain());
    byId("files").addEventListener("change", (event) => {
      this.readFiles([...event.target.files]);
      event.target.value = ""; // so that the same file may be chosen again
    });
    byId("download").addEventListener("click", () => this.download());
    this.#takeDropsAndPastes();
  }

  readDrawing() {
    this.readAgain = () => this.readDrawing();
    if (this.drawing.isEmpty) return this.#show([]);
    return this.#readAll([{ name: "", source: this.drawing.canvas }]);
  }

  readFiles(files) {
    if (!files.length) return;
    this.readAgain = () => this.readFiles(files);
    return this.#readAll(files.map((file) => ({ name: file.name, source: file })));
  }

  readAgain() {}

  async #readAll(inputs) {
    const number = ++this.number;
    const cards = [];
    for (const { name, source } of inputs) {
      if (inputs.length > 1) byId("status").textContent = `Reading ${cards.length + 1} of ${inputs.length}`;
      cards.push(...(await this.#cardsOf(name, source)));
      if (number !== this.number) return; // something else is wanted by now
      await new Promise((resolve) => setTimeout(resolve)); // lets the page answer in between
    }
    byId("status").textContent = "";
    this.#show(cards);
  }

  #show(cards) {
    byId("readings").replaceChildren(...cards);
    byId("empty").hidden = cards.length > 0;
  }

  /** Return what is shown of one image. */
  async #cardsOf(name, source) {
    try {
      const picture = await this.model.decode(source);
      if (!byId("several").checked) {
        byId("readings").dir = "ltr";
        return [this.#card(name, picture, await this.model.readOne(picture))];
      }
      const direction = byId("direction").value;
      byId("readings").dir = direction;
      const readings = await this.model.readRow(picture, direction);
      if (!readings.length) return [this.#card(name, picture, { isBlank: true })];
      const text = readings.map((reading) => reading.label).join("");
      const line = element("output", { className: "text", dir: direction }, text);
      const cards = readings.map((reading) => this.#card("", picture, reading));
      return [element("div", { className: "row" }, element("p", { className: "name" }, name), line), ...cards];
    } catch (error) {
      const message = `${name || "The drawing"} cannot be read: ${error.message}.`;
      return [element("p", { className: "error" }, message)];
    }
  }

  #card(name, picture, reading) {
    const card = element("article");
    if (name) card.append(element("p", { className: "name" }, name));
    if (reading.isBlank) {
      card.append(element("p", { className: "label none" }, "No character found"));
      return card;
    }
    const head = element("div", { className: "head" });
    head.append(seenBy(reading.image), element("bdi", { className: "label" }, reading.label));
    card.append(head);
    if (reading.isSeveral) {
      const note = "This probably shows several characters: check the box to read a row. The labels are guesses.";
      card.append(element("p", { className: "note" }, note));
    } else if (reading.isUnknown) {
      const note = "This looks like none of the model's characters. The labels are guesses.";
      card.append(element("p", { className: "note" }, note));
    }
    card.append(this.#best(reading.probabilities), this.#correction(picture, reading));
    return card;
  }

  #best(probabilities) {
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const lines = order.slice(0, N_SHOWN).map((code) => {
      const bar = element("span", { className: "bar" });
      bar.style.width = `${100 * probabilities[code]}%`;
      const label = element("bdi", {}, this.model.labels[code]);
      return element("li", {}, bar, label, element("span", {}, percent.format(probabilities[code])));
    });
    return element("ol", {}, ...lines);
  }

  #correction(picture, reading) {
    const choices = this.model.labels.map((label) => element("option", { value: label }, label));
    const select = element("select", {}, ...choices);
    select.value = reading.label;
    const button = element("button", { type: "button" }, "Keep as sample");
    button.addEventListener("click", async () => {
      const sample = { code: select.selectedIndex, bytes: null };
      this.samples.push(sample);
      select.disabled = button.disabled = true;
      button.textContent = "Kept";
      sample.bytes = await pngOf(canvasOf(picture, reading.box));
      this.#count();
    });
    const label = element("label", {}, "Correct label: ", select);
    return element("div", { className: "correction" }, label, button);
  }

  #count() {
    const n = this.samples.length;
    byId("download").disabled = false;
    byId("download").textContent = `Download ${n} ${n === 1 ? "sample" : "samples"} (zip)`;
  }

  download() {
    const numbers = new Map();
    const files = this.samples
      .filter(({ bytes }) => bytes)
      .map(({ code, bytes }) => {
        const number = (numbers.get(code) ?? 0) + 1;
        numbers.set(code, number);
        return { name: `${this.model.folders[code]}/${String(number).padStart(4, "0")}.png`, bytes };
      });
    const href = URL.createObjectURL(zipped(files));
    element("a", { href, download: "samples.zip" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
  }

  #takeDropsAndPastes() {
    const images = (transfer) => [...transfer.files];
    const around = document.documentElement;
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      around.classList.add("dropping");
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) around.classList.remove("dropping");
    });
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      around.classList.remove("dropping");
      this.readFiles(images(event.dataTransfer));
    });
    document.addEventListener("paste", (event) => this.readFiles(images(event.clipboardData)));
  }
}

async function start() {
  const description = JSON.parse(byId("model").textContent);
  const model = new Model(description, openNetwork(description.shape));
  new Page(model);
  try {
    await model.opening;
    byId("status").textContent = "";
    document.documentElement.classList.add("ready");
    return model;
  } catch (error) {
    byId("status").textContent = `The network cannot be started: ${error.message}.`;
    throw error;
  }
}

// For scripts: const model = await reader; await model.readOne(await model.decode(blob)).
globalThis.reader = start();
