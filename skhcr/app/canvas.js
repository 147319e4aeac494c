const canvas = element.querySelector("canvas");
const [undo, clear] = element.querySelectorAll("button");
const paper = canvas.getContext("2d");
let strokes = []; // each a list of points
let current = null; // the stroke that is being drawn, and the pointer that draws it

function place(event) {
  const box = canvas.getBoundingClientRect();
  const x = ((event.clientX - box.left) * canvas.width) / box.width;
  const y = ((event.clientY - box.top) * canvas.height) / box.height;
  return [x, y];
}

function draw() {
  paper.fillStyle = "white";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.strokeStyle = "black";
  paper.lineWidth = 12;
  paper.lineCap = paper.lineJoin = "round";
  for (const points of strokes) {
    paper.beginPath();
    paper.moveTo(...points[0]);
    points.forEach((point) => paper.lineTo(...point)); // a line to itself is a dot
    paper.stroke();
  }
  undo.disabled = clear.disabled = strokes.length === 0;
}

function send() {
  draw();
  props.value = strokes.length ? canvas.toDataURL("image/png") : "";
  trigger("input");
}

canvas.addEventListener("pointerdown", (event) => {
  if (current !== null || event.button !== 0) return;
  event.preventDefault();
  current = event.pointerId;
  canvas.setPointerCapture(current); // strokes may leave the paper
  strokes.push([place(event)]);
  draw();
});
canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== current) return;
  strokes.at(-1).push(place(event));
  draw();
});
for (const end of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(end, (event) => {
    if (event.pointerId !== current) return;
    current = null;
    send();
  });
}
canvas.addEventListener("strokes", (event) => {
  // of a sample, on a paper of 100 by 100
  const scaled = ([x, y]) => [(x * canvas.width) / 100, (y * canvas.height) / 100];
  strokes = event.detail.map((points) => points.map(scaled));
  send();
});
undo.addEventListener("click", () => {
  strokes.pop();
  send();
});
clear.addEventListener("click", () => {
  strokes = [];
  send();
});
draw();
