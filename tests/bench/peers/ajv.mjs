// SPDX-License-Identifier: Apache-2.0
// The peer to compare with: Ajv's compiled functions on parsed objects. The same file of cases, the same figures as schema_driver.cpp.
// usage: node ajv.mjs CASES [--milliseconds N]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const packages = createRequire(new URL('../../interop/package.json', import.meta.url));
const Ajv = packages('ajv/dist/2020').default;

const [file, , milliseconds = '100'] = process.argv.slice(2);
const options = { strict: false, validateFormats: false, validateSchema: false };

// Seconds that one work() takes.
function timeOf(limit, work) {
  let done = 0;
  const start = process.hrtime.bigint();
  for (let batch = 1; ; batch = Math.min(batch * 2, 1024)) {
    for (let i = 0; i < batch; i++) work();
    done += batch;
    const taken = Number(process.hrtime.bigint() - start) / 1e9;
    if (taken >= limit) return taken / done;
  }
}

const limit = Number(milliseconds) / 1000;
const out = {};
for (const { name, schema, instances } of JSON.parse(readFileSync(file, 'utf8'))) {
  let valid;
  try {
    valid = new Ajv(options).compile(schema);
  } catch (error) {
    out[name] = { refused: error.message };
    continue;
  }
  // A new Ajv each time: one that has seen a schema object answers from its cache. Without the metaschema, which no
  // program compiles twice.
  const compile = timeOf(limit / 4, () => new Ajv({ ...options, meta: false }).compile({ ...schema, $schema: undefined }));
  const list = [];
  while (list.length < 64) list.push(...instances);
  let invalid = 0;
  const turn = () => {
    for (let i = 0; i < list.length; i++) if (!valid(list[i])) invalid++;
  };
  timeOf(limit / 2, turn); // warm: compiled by V8's last tier
  const all = timeOf(limit, turn);
  if (invalid > 0) {
    out[name] = { refused: 'finds a valid instance invalid' };
    continue;
  }
  out[name] = { compile_us: compile * 1e6, per_s: list.length / all };
}
console.log(JSON.stringify(out));
