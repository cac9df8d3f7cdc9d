// Runs an ONNX model by onnxruntime-web: WebAssembly, one thread.
import * as ort from "./runtime.js";

export async function unpack(buffer) {
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

export async function load(page, files) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = files.runtime;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(new Uint8Array(files.model), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
  const { name, shape } = page.input;
  return {
    async run(values) {
      const tensor = new ort.Tensor("float32", Float32Array.from(values), shape);
      const found = await session.run({ [name]: tensor });
      return found[page.output].data;
    },
  };
}
