// Finds onnxruntime-node and makes its tensors of JSON.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = process.env.CONSORT_ONNXRUNTIME ?? dirname(fileURLToPath(import.meta.url));
export const ort = createRequire(join(folder, "node_modules", "_"))("onnxruntime-node");

// One thread: what a service gives to one request, and what the other side of a comparison has.
export const options = { intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: "all", logSeverityLevel: 3 };

// { name: { type, dims, data } }, where null among floats is NaN.
export function feeds(json) {
  return Object.fromEntries(Object.entries(json).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, values(type, data), dims)]));
}

function values(type, data) {
  const numbers = () => data.map((v) => v ?? NaN);
  switch (type) {
    case "string": return data;
    case "int64": return BigInt64Array.from(data, BigInt);
    case "float32": return Float32Array.from(numbers());
    case "float64": return Float64Array.from(numbers());
    default: throw new Error(`type ${type}: expected string, int64, float32 or float64`);
  }
}
