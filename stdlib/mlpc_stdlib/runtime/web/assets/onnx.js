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
  // One table of numbers; or each value by itself, since some are texts.
  const single = page.inputs.length === 1 && page.inputs[0].dtype === "float32";
  return {
    async run(values) {
      const given = page.inputs.map(({ name, dtype, shape }, index) => {
        const own = single ? values : [values[index]];
        return [name, new ort.Tensor(dtype, dtype === "string" ? own : Float32Array.from(own), shape)];
      });
      const found = await session.run(Object.fromEntries(given));
      return found[page.output].data;
    },
  };
}
