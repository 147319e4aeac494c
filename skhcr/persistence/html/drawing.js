// The paper of the page: strokes of a pen, a finger or a mouse.

class Drawing {
  constructor(canvas, buttons, changed) {
    this.canvas = canvas;
    this.buttons = buttons; // undo, clear
    this.changed = changed;
    this.strokes = []; // each a list of points
    this.pointer = null; // which draws the last stroke
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#goOn(event));
    canvas.addEventListener("pointerup", (event) => this.#end(event));
    canvas.addEventListener("pointercancel", (event) => this.#end(event));
    canvas.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z") this.undo();
      else if (event.key === "Delete" || event.key === "Backspace") this.clear();
      else return;
      event.preventDefault();
    });
    buttons[0].addEventListener("click", () => this.undo());
    buttons[1].addEventListener("click", () => this.clear());
    this.show();
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  undo() {
    if (this.isEmpty) return;
    this.strokes.pop();
    this.#update();
  }

  clear() {
    if (this.isEmpty) return;
    this.strokes = [];
    this.#update();
  }

  show() {
    const paper = this.canvas.getContext("2d", { willReadFrequently: true });
    paper.fillStyle = "white";
    paper.fillRect(0, 0, this.canvas.width, this.canvas.height);
    paper.strokeStyle = "black";
    paper.lineWidth = 12;
    paper.lineCap = paper.lineJoin = "round";
    for (const points of this.strokes) {
      paper.beginPath();
      paper.moveTo(...points[0]);
      points.forEach((point) => paper.lineTo(...point)); // a line to itself is a dot
      paper.stroke();
    }
    for (const button of this.buttons) button.disabled = this.isEmpty;
  }

  #update() {
    this.show();
    this.changed();
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * this.canvas.width) / box.width;
    const y = ((event.clientY - box.top) * this.canvas.height) / box.height;
    return [x, y];
  }

  #begin(event) {
    if (this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true, focusVisible: false });
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(this.pointer); // strokes may leave the paper
    this.strokes.push([this.#place(event)]);
    this.show();
  }

  #goOn(event) {
    if (event.pointerId !== this.pointer) return;
    this.strokes.at(-1).push(this.#place(event));
    this.show();
  }

  #end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.#update();
  }
}
