// Lets a model answer for rows as a page does, one after the other, and sends home what it says: see browser.py.
import { load, unpack } from "./engine.js";

const home = (path, body) => fetch(path, { method: "POST", body });

try {
  const job = await (await fetch("job.json")).json();
  const files = {};
  for (const [name, { url, integrity }] of Object.entries(job.files)) {
    files[name] = await unpack(await (await fetch(url, { integrity })).arrayBuffer());
  }
  const rows = new Float32Array(await (await fetch("rows.f32")).arrayBuffer());
  const size = job.page.inputs[0].shape.reduce((all, each) => all * each, 1);
  const model = await load(job.page, files);
  const said = [];
  for (let start = 0; start < rows.length; start += size) {
    said.push(...(await model.run(rows.subarray(start, start + size))));
  }
  await home("said", Float32Array.from(said));
} catch (error) {
  await home("failed", String(error?.message ?? error));
}
