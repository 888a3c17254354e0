// node latency.mjs MODEL FEEDS [CALLS]: the time of one call of a model on one thread, as JSON:
// {"calls", "p50_us", "p99_us", "mean_us", "session_ms", "version"}.
// FEEDS is a file of { name: { type, dims, data } } or a list of such, taken in turn. The feeds' tensors are made before the clock
// starts; what a call costs Node.js itself, some ten microseconds, is part of the time, as it is for whoever calls it so.
import { readFileSync } from "node:fs";
import { feeds, options, ort } from "./runtime.mjs";

const [model, file, calls = "5000"] = process.argv.slice(2);
const json = JSON.parse(readFileSync(file, "utf8"));
const inputs = (Array.isArray(json) ? json : [json]).map(feeds);
const begin = process.hrtime.bigint();
const session = await ort.InferenceSession.create(model, options);
const sessionMs = Number(process.hrtime.bigint() - begin) / 1e6;
const count = Number(calls);
for (let i = 0; i < Math.max(200, count / 10); i++) await session.run(inputs[i % inputs.length]);
const times = new Float64Array(count);
for (let i = 0; i < count; i++) {
  const start = process.hrtime.bigint();
  await session.run(inputs[i % inputs.length]);
  times[i] = Number(process.hrtime.bigint() - start) / 1e3;
}
times.sort();
const at = (share) => Number(times[Math.min(count - 1, Math.floor(share * count))].toFixed(2));
console.log(JSON.stringify({
  calls: count,
  p50_us: at(0.5),
  p99_us: at(0.99),
  mean_us: Number((times.reduce((sum, t) => sum + t, 0) / count).toFixed(2)),
  session_ms: Number(sessionMs.toFixed(1)),
  version: ort.env.versions?.node ?? ort.env.versions?.common ?? null,
}));
