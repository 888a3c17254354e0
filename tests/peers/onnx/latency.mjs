// node latency.mjs MODEL FEEDS [CALLS] [--rounds]: the time of one call of a model on one thread, as JSON:
// {"calls", "p50_us", "p99_us", "mean_us", "session_ms", "version"}.
// FEEDS is a file of { name: { type, dims, data } } or a list of such, taken in turn. The feeds' tensors are made before the clock
// starts; what a call costs Node.js itself, some ten microseconds, is part of the time, as it is for whoever calls it so.
// With --rounds it says {"session_ms", "version"} when it is ready, then measures once for each line that it is sent, so that rounds
// can take turns with those of another program.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { feeds, options, ort } from "./runtime.mjs";

const words = process.argv.slice(2).filter((word) => word !== "--rounds");
const [model, file, calls = "5000"] = words;
const json = JSON.parse(readFileSync(file, "utf8"));
const inputs = (Array.isArray(json) ? json : [json]).map(feeds);
const begin = process.hrtime.bigint();
const session = await ort.InferenceSession.create(model, options);
const sessionMs = Number((Number(process.hrtime.bigint() - begin) / 1e6).toFixed(1));
const version = ort.env.versions?.node ?? ort.env.versions?.common ?? null;
const count = Number(calls);
for (let i = 0; i < Math.max(200, count / 10); i++) await session.run(inputs[i % inputs.length]);

async function measure() {
  const times = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = process.hrtime.bigint();
    await session.run(inputs[i % inputs.length]);
    times[i] = Number(process.hrtime.bigint() - start) / 1e3;
  }
  times.sort();
  const at = (share) => Number(times[Math.min(count - 1, Math.floor(share * count))].toFixed(2));
  return { calls: count, p50_us: at(0.5), p99_us: at(0.99), mean_us: Number((times.reduce((sum, t) => sum + t, 0) / count).toFixed(2)) };
}

if (words.length < process.argv.length - 2) {
  console.log(JSON.stringify({ session_ms: sessionMs, version }));
  for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify(await measure()));
} else {
  console.log(JSON.stringify({ ...(await measure()), session_ms: sessionMs, version }));
}
