// node run.mjs JOBS RESULTS: runs models, [{ model, feeds }], and writes what each gives, [{ output: [numbers] } or { error }].
// feeds is an object { name: { type, dims, data } }, or the path of a file that holds one and is read once for several models.
import { readFileSync, writeFileSync } from "node:fs";
import { feeds, options, ort } from "./runtime.mjs";

const [jobs, results] = process.argv.slice(2);
const files = new Map();
function read(path) {
  if (!files.has(path)) files.set(path, feeds(JSON.parse(readFileSync(path, "utf8"))));
  return files.get(path);
}

const all = [];
for (const job of JSON.parse(readFileSync(jobs, "utf8"))) {
  try {
    const session = await ort.InferenceSession.create(job.model, options);
    const outputs = await session.run(typeof job.feeds === "string" ? read(job.feeds) : feeds(job.feeds));
    all.push(Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, Array.from(tensor.data)])));
    await session.release();
  } catch (error) {
    all.push({ error: String(error) });
  }
}
writeFileSync(results, JSON.stringify(all));
