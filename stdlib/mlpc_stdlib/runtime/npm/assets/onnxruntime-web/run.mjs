// Lets onnxruntime-web answer for models in Node: `node run.mjs JOB.json`, by the files that a page is given.
//
// JOB: {packages, answers, models: [{path, rows, shape, said}]}: a model, a file of rows of 32 bits, [count, ...shape], and the file that
// is written with the first output. An answer, one a line: {path, error, shape}.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const folder = join(job.packages, "onnxruntime-web", "dist");
const ort = await import(pathToFileURL(join(folder, "ort.wasm.bundle.min.mjs")));
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = readFileSync(join(folder, "ort-wasm-simd-threaded.wasm"));

for (const { path, rows, shape, said } of job.models) {
  const answer = { path, error: null, shape: null };
  try {
    const session = await ort.InferenceSession.create(new Uint8Array(readFileSync(path)), { executionProviders: ["wasm"] });
    const bytes = readFileSync(rows);
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    const found = await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", values, shape) });
    const output = found[session.outputNames[0]];
    writeFileSync(said, Buffer.from(Float32Array.from(output.data).buffer));
    answer.shape = output.dims;
    await session.release();
  } catch (error) {
    answer.error = String(error?.message ?? error);
  }
  appendFileSync(job.answers, `${JSON.stringify(answer)}\n`);
}
