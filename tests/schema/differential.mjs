// SPDX-License-Identifier: Apache-2.0
// Differential test: random schemas and instances through our engine, through Ajv and through reference.mjs; every disagreement
// is reduced to a small case and printed, unless ajv_deviations.mjs knows it. What the older dialects can say too (older.mjs) must get
// the same verdicts there. Prints `N passed, N failed` (schemas).
//
//   differential.mjs PEER [--seed N] [--seconds N] [--schemas N] [--all]
//
//   PEER        the program schema_peer
//   --seed      where chance begins (1); schema number n is the same in every run of one seed
//   --seconds   how long (SUMUN_DIFFERENTIAL_SECONDS, else 60)
//   --schemas   how many at most
//   --all       prints the known deviations too
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { deviations, exactMultiple } from './ajv_deviations.mjs';
import { older } from './older.mjs';
import { evaluate } from './reference.mjs';
import { chance, document, near, value, write } from './generator.mjs';

const packages = createRequire(new URL('../interop/package.json', import.meta.url));
const Ajv = packages('ajv/dist/2020').default;

const [program, ...words] = process.argv.slice(2);
const option = (name, otherwise) => (words.includes(name) ? Number(words[words.indexOf(name) + 1]) : otherwise);
const seed = option('--seed', 1);
const seconds = option('--seconds', Number(process.env.SUMUN_DIFFERENTIAL_SECONDS ?? 60));
const most = option('--schemas', Infinity);
const INSTANCES = 12;

class Peer {
  constructor(path) {
    this.process = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.waiting = [];
    createInterface({ input: this.process.stdout }).on('line', (line) => this.waiting.shift()(JSON.parse(line)));
    this.process.on('exit', (code, signal) => {
      if (this.waiting.length > 0) {
        console.log(`our side ended (${signal ?? code}) on ${this.last}\n0 passed, 1 failed`);
        process.exit(1);
      }
    });
  }

  ask(line) {
    this.last = line;
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.process.stdin.write(line + '\n');
    });
  }
}

const ours = new Peer(program);

function theirs(schema, instances) {
  const ajv = new Ajv({ strict: false, ownProperties: true, validateFormats: false, logger: false });
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({ keyword: 'multipleOf', type: 'number', schemaType: 'number', validate: exactMultiple });
  try {
    const valid = ajv.compile(structuredClone(schema));
    return { valid: instances.map((one) => valid(one)) };
  } catch (error) {
    return { refused: error.message, overflow: error instanceof RangeError };
  }
}

// The specification's verdict; undefined where the schema applies itself to the same value without end, or a reference is read
// in another way than RFC 3986 reads it ("///root": WHATWG's URL takes the name for a host).
function specified(schema, instance) {
  try {
    return evaluate(schema, instance);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

// The verdicts of both: {ours, theirs}; r decides how numbers are written.
async function judge(schema, instances, r) {
  const line = `{"schema":${write(schema, r)},"instances":${write(instances, r)}}`;
  return { ours: await ours.ask(line), theirs: theirs(schema, instances) };
}

// The first place where they differ: {kind, instance?}; undefined = none.
function difference({ ours: a, theirs: b }, instances) {
  if (a.refused && b.refused) return undefined;
  if (b.refused && b.overflow) return undefined; // Ajv ran out of stack: it has no verdict
  // The reason without its place is part of the kind: a reduced case must fail for the same one.
  if (a.refused) return { kind: `we refuse: ${a.refused.replace(/^\S*: /, '')}` };
  if (b.refused) return { kind: `Ajv refuses: ${b.refused}` };
  const at = instances.findIndex((_, i) => a.valid[i] !== b.valid[i]);
  return at < 0 ? undefined : { kind: a.valid[at] ? 'we find it valid' : 'we find it invalid', instance: instances[at] };
}

// Every way to make a JSON value a little smaller.
function* smaller(value) {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      yield value.toSpliced(i, 1);
      for (const one of smaller(value[i])) yield value.with(i, one);
    }
  } else if (value !== null && typeof value === 'object') {
    for (const [name, one] of Object.entries(value)) {
      const { [name]: _, ...rest } = value;
      yield rest;
      if (one !== null && typeof one === 'object' && !Array.isArray(one)) yield one;
      for (const less of smaller(one)) yield { ...value, [name]: less };
      if (one !== null && typeof one === 'object' && Object.keys(one).length > 0) yield { ...value, [name]: Array.isArray(one) ? [] : {} };
    }
  } else if (typeof value === 'string') {
    const points = [...value];
    for (let i = 0; i < points.length; i++) yield points.toSpliced(i, 1).join('');
  } else if (typeof value === 'number' && value !== 0 && value !== 1) {
    yield 0;
    yield 1;
  }
}

async function reduce(schema, instance, kind) {
  const holds = async (s, i) => difference(await judge(s, [i]), [i])?.kind === kind;
  for (let again = true; again;) {
    again = false;
    for (const less of smaller(schema)) {
      if (await holds(less, instance)) {
        schema = less;
        again = true;
        break;
      }
    }
    if (again) continue;
    for (const less of smaller(instance)) {
      if (await holds(schema, less)) {
        instance = less;
        again = true;
        break;
      }
    }
  }
  return { schema, instance };
}

let passed = 0;
let verdicts = 0;
let valid = 0;
let refused = 0;
let rewritten = 0;
const known = new Map();
const found = new Map();
function disagree(number, who, schema, instance) {
  found.set(`schema ${number}, ${who}`, number);
  console.log(`DISAGREE seed ${seed}, schema ${number}: ${who}\n  schema   ${JSON.stringify(schema)}\n  instance ${JSON.stringify(instance)}`);
}

const end = Date.now() + seconds * 1000;
for (let number = 0; number < most && Date.now() < end; number++) {
  const r = chance(seed * 1_000_003 + number);
  const schema = document(r);
  const instances = Array.from({ length: INSTANCES }, () => (r.odds(0.75) ? near(r, schema) : value(r)));
  const both = await judge(schema, instances, r);
  const wrong = both.ours.valid?.findIndex((one, i) => one !== (specified(schema, instances[i]) ?? one)) ?? -1;
  if (wrong >= 0) {
    disagree(number, 'reference.mjs', schema, instances[wrong]);
    continue;
  }
  const differs = difference(both, instances);
  if (!differs) {
    const before = found.size;
    for (const dialect of both.ours.valid ? ['2019-09', 'draft-07'] : []) {
      const same = older(schema, dialect);
      if (!same) continue;
      const answer = await ours.ask(`{"schema":${write(same, r)},"instances":${write(instances, r)}}`);
      const at = answer.refused ? 0 : answer.valid.findIndex((one, i) => one !== both.ours.valid[i]);
      if (at >= 0) disagree(number, `${dialect} alone${answer.refused ? `: ${answer.refused}` : ''}`, same, instances[at]);
      else rewritten++;
    }
    if (found.size === before) passed++;
    if (both.ours.refused || both.theirs.refused) refused++;
    verdicts += both.ours.valid?.length ?? 0;
    valid += both.ours.valid?.filter(Boolean).length ?? 0;
    continue;
  }
  // Only where the specification, taken word by word, is on our side.
  const deviationOf = (small) => {
    const verdict = differs.kind.startsWith('we find') ? specified(small.schema, small.instance) : undefined;
    const endless = differs.kind.startsWith('we find') && verdict === undefined;
    const settled = verdict === undefined || verdict === (differs.kind === 'we find it valid');
    return settled ? deviations.find((one) => one.matches({ ...small, kind: differs.kind, endless })) : undefined;
  };
  let small = { schema, instance: differs.instance ?? null };
  let deviation = deviationOf(small);
  if (!deviation?.whole) {
    small = await reduce(small.schema, small.instance, differs.kind);
    deviation = deviationOf(small);
  }
  const text = `${differs.kind}\n  schema   ${JSON.stringify(small.schema)}\n  instance ${JSON.stringify(small.instance)}`;
  if (deviation) {
    known.set(deviation.name, (known.get(deviation.name) ?? 0) + 1);
    if (words.includes('--all')) console.log(`known: ${deviation.name}: seed ${seed}, schema ${number}: ${text}`);
  } else if (!found.has(text)) {
    found.set(text, number);
    console.log(`DISAGREE seed ${seed}, schema ${number}: ${text}`);
  }
}
ours.process.stdin.end();
for (const [name, times] of known) console.log(`known deviation of Ajv, ${times} times: ${name}`);
console.log(`${verdicts} verdicts alike (${valid} valid), ${refused} schemas without one; ${rewritten} schemas alike in an older dialect`);
if (verdicts === 0) console.log('no verdict at all');
console.log(`${passed} passed, ${found.size + (verdicts === 0 ? 1 : 0)} failed`);
process.exit(found.size > 0 || verdicts === 0 ? 1 : 0);
