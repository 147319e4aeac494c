// The network of the page, in ONNX Runtime Web.

/** Return the bytes of an element whose text is base64 of what gzip has packed. */
async function unpacked(name) {
  const text = atob(document.getElementById(name).textContent);
  const packed = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return a function from pixels to {probabilities, score}; the score is null where there is none. */
async function openNetwork(shape) {
  const [code, wasm, graph] = await Promise.all(["runtime", "wasm", "network"].map(unpacked));
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const runtime = await import(address);
  URL.revokeObjectURL(address);
  runtime.env.wasm.numThreads = 1; // more need headers that a file does not have
  runtime.env.wasm.wasmBinary = wasm.buffer;
  const options = { executionProviders: ["wasm"] };
  const session = await runtime.InferenceSession.create(graph, options);
  const [input] = session.inputNames;
  return async (values) => {
    const row = new Float32Array(shape.reduce((product, n) => product * n));
    row.set(values); // rows of fewer values end with zeros
    const tensor = new runtime.Tensor("float32", row, [1, ...shape]);
    const outputs = await session.run({ [input]: tensor });
    const answers = outputs.probabilities.data;
    const score = outputs.score?.data[0] ?? null;
    if (!answers.every(Number.isFinite)) throw new Error("the network answers with no numbers");
    const total = sum(answers);
    return { probabilities: Array.from(answers, (answer) => answer / total), score };
  };
}
