// Calls every method of a server as the official client does, and prints what came back as JSON:
// node client.mjs HOST:PORT inference.proto MODEL '{"field": ["value", ...], ...}'
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [address, proto, model, columns] = process.argv.slice(2);
const definition = loader.loadSync(proto, { keepCase: true, longs: Number, defaults: true });
const Service = grpc.loadPackageDefinition(definition).inference.GRPCInferenceService;
const client = new Service(address, grpc.credentials.createInsecure());

const call = (method, request, options = {}) => new Promise(done =>
  client[method](request, options, (error, answer) => done(error ? { code: error.code, details: error.details } : answer)));

const values = JSON.parse(columns);
const rows = Object.values(values)[0].length;
const inputs = Object.entries(values).map(([name, data]) => ({
  name, datatype: 'BYTES', shape: [rows], contents: { bytes_contents: data.map(v => Buffer.from(v)) },
}));
const raw = Object.values(values).map(data => Buffer.concat(data.map(v => {
  const bytes = Buffer.from(v);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
})));

const result = {
  live: await call('ServerLive', {}),
  ready: await call('ServerReady', {}),
  model_ready: await call('ModelReady', { name: model }),
  server: await call('ServerMetadata', {}),
  metadata: await call('ModelMetadata', { name: model }),
  infer: await call('ModelInfer', { model_name: model, id: 'a', inputs }),
  unknown_model: await call('ModelInfer', { model_name: 'nobody', inputs }),
  unknown_field: await call('ModelInfer', { model_name: model, inputs: [{ ...inputs[0], name: 'prise' }] }),
  too_long: await call('ModelInfer', { model_name: model, inputs: [{ ...inputs[0], contents: { bytes_contents: [Buffer.alloc(4 << 20)] } }] }),
  late: await call('ModelInfer', { model_name: model, inputs }, { deadline: Date.now() - 1000 }),
  many: 0,
};
const answer = await call('ModelInfer', {
  model_name: model, inputs: inputs.map(({ contents, ...rest }) => rest), raw_input_contents: raw,
});
const bytes = answer.raw_output_contents[0];
result.raw = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
// Many calls at once on one connection.
const all = await Promise.all(Array.from({ length: 50 }, () => call('ModelInfer', { model_name: model, inputs })));
result.many = all.filter(a => JSON.stringify(a.outputs) === JSON.stringify(result.infer.outputs)).length;
console.log(JSON.stringify(result));
client.close();
