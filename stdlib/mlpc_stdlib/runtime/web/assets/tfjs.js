// Runs a TensorFlow.js model on its plain backend, which needs no WebAssembly and no graphics card.
import { loadGraphModel, ready, tensor } from "./runtime.js";

export async function unpack(buffer) {
  const stream = new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

export async function load(page, files) {
  await ready();
  const told = JSON.parse(new TextDecoder().decode(files.model));
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology: told.modelTopology,
      format: told.format,
      signature: told.signature,
      userDefinedMetadata: told.userDefinedMetadata,
      weightSpecs: told.weightsManifest.flatMap((group) => group.weights),
      weightData: files.weights,
    }),
  });
  return {
    async run(values) {
      const [{ name, shape }] = page.inputs;
      const given = tensor(Float32Array.from(values), shape, "float32");
      const found = model.predict({ [name]: given });
      const only = found.dataSync ? found : Object.values(found)[0];
      const scores = Array.from(await only.data());
      given.dispose();
      only.dispose();
      return scores;
    },
  };
}
