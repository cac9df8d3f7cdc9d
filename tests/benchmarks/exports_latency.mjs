// How long one row takes TensorFlow.js (WebAssembly) and onnxruntime-web: `node exports_latency.mjs JOB.json`, NODE_PATH naming the
// packages of the first.
//
// JOB: {tensorflow, onnxruntime, tfjs: {name: folder}, onnx, rows, shape, rounds, calls}: the packages of both, the models, a file of
// rows of 32 bits. What is printed is JSON: microseconds of one row, the fastest of rounds that take turns.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs-core");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
const wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(join(job.tensorflow, "@tensorflow", "tfjs-backend-wasm", "dist") + "/");
await tf.setBackend("wasm");
await tf.ready();
const dist = join(job.onnxruntime, "onnxruntime-web", "dist");
const ort = await import(pathToFileURL(join(dist, "ort.wasm.bundle.min.mjs")));
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = readFileSync(join(dist, "ort-wasm-simd-threaded.wasm"));

const bytes = readFileSync(job.rows);
const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const [count, ...shape] = job.shape;
const size = shape.reduce((product, each) => product * each, 1);
const row = (number) => all.slice((number % count) * size, ((number % count) + 1) * size);

const what = {};
for (const [name, folder] of Object.entries(job.tfjs)) {
  const told = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  const weights = readFileSync(join(folder, told.weightsManifest[0].paths[0]));
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology: told.modelTopology,
      weightSpecs: told.weightsManifest[0].weights,
      weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
      format: told.format,
      signature: told.signature,
    }),
  });
  what[name] = async (values) => {
    const taken = tf.tensor(values, [1, ...shape], "float32");
    const found = model.execute({ input: taken });
    found.dataSync();
    found.dispose();
    taken.dispose();
  };
}
const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(job.onnx)), { executionProviders: ["wasm"] });
what.onnx = (values) => session.run({ [session.inputNames[0]]: new ort.Tensor("float32", values, [1, ...shape]) });

async function timed(call, calls) {
  const start = performance.now();
  for (let number = 0; number < calls; number += 1) await call(row(number));
  return ((performance.now() - start) / calls) * 1000;
}

const found = Object.fromEntries(Object.keys(what).map((name) => [name, []]));
for (const call of Object.values(what)) await timed(call, 20);
for (let round = 0; round < job.rounds; round += 1) {
  for (const [name, call] of Object.entries(what)) found[name].push(await timed(call, job.calls));
}
console.log(JSON.stringify(Object.fromEntries(Object.entries(found).map(([name, values]) => [name, Math.min(...values)]))));
