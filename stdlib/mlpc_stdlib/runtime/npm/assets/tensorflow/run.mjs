// Lets TensorFlow.js in Node answer for a model: `node run.mjs JOB.json`, with NODE_PATH naming its packages.
//
// JOB: {folder, packages, backend, rows: [count, ...shape], fetch: [node or layer]}; rows.f32 lies in the folder and answers go
// there, one file a name of `fetch`: 0.f32, 1.f32; what the model itself gives where there is none. What is printed is
// {backend, shapes: [[rows, ...]]}.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const tf = require("@tensorflow/tfjs-core");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
const layers = require("@tensorflow/tfjs-layers");
require("@tensorflow/tfjs-backend-cpu");
const wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(join(job.packages, "@tensorflow", "tfjs-backend-wasm", "dist") + "/");

function floats(path) {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

const told = JSON.parse(readFileSync(join(job.folder, "model.json"), "utf8"));
const weights = readFileSync(join(job.folder, told.weightsManifest[0].paths[0]));

async function answer(backend) {
  await tf.setBackend(backend);
  await tf.ready();
  const load = told.format === "layers-model" ? layers.loadLayersModel : loadGraphModel;
  const model = await load({
    load: async () => ({
      modelTopology: told.modelTopology,
      weightSpecs: told.weightsManifest[0].weights,
      weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
      format: told.format,
      signature: told.signature,
    }),
  });
  let asked = (taken) => model.execute({ input: taken }, job.fetch);
  if (told.format === "layers-model") {
    const outputs = job.fetch.map((name) => model.getLayer(name).output);
    const probe = outputs.length ? layers.model({ inputs: model.inputs, outputs }) : model;
    asked = (taken) => probe.predict(taken);
  }
  const [count, ...shape] = job.rows;
  const size = shape.reduce((all, each) => all * each, 1);
  const rows = floats(join(job.folder, "rows.f32"));
  const parts = (job.fetch.length ? job.fetch : [""]).map(() => []);
  const shapes = parts.map(() => null);
  for (let start = 0; start < count; start += 256) {
    const many = Math.min(256, count - start);
    const taken = tf.tensor(rows.slice(start * size, (start + many) * size), [many, ...shape], "float32");
    const found = asked(taken);
    (Array.isArray(found) ? found : [found]).forEach((each, number) => {
      parts[number].push(Float32Array.from(each.dataSync()));
      shapes[number] = [count, ...each.shape.slice(1)];
      each.dispose();
    });
    taken.dispose();
  }
  return { parts, shapes };
}

let backend = job.backend;
let found;
try {
  found = await answer(backend);
} catch (error) {
  // Not every operation is there in WebAssembly; the plain backend has them all.
  if (backend === "cpu" || !/not registered/.test(String(error))) throw error;
  backend = "cpu";
  found = await answer(backend);
}
found.parts.forEach((parts, number) => {
  writeFileSync(join(job.folder, `${number}.f32`), Buffer.concat(parts.map((part) => Buffer.from(part.buffer))));
});
console.log(JSON.stringify({ backend, shapes: found.shapes }));
