// What a page runs models of TensorFlow.js by: graph models on the plain backend. See build.sh.
export { loadGraphModel } from "@tensorflow/tfjs-converter";
export { ready, tensor } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
