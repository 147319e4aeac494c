element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-strokes]");
  if (button === null) return;
  const strokes = new CustomEvent("strokes", { detail: JSON.parse(button.dataset.strokes) });
  document.querySelector("#drawing canvas").dispatchEvent(strokes);
});
