// SPDX-License-Identifier: Apache-2.0
// Random schemas, and instances that come near them. All chance comes from a seed.

// mulberry32: small, and the same everywhere
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return { next, below, of: (list) => list[below(list.length)], odds: (p) => next() < p };
}

const NAMES = ['a', 'b', 'c', 'ab', 'x1', 'é', '', '😀', 'a/b~c', 'kind'];
const TEXTS = ['', 'a', 'b', 'ab', 'aaa', 'é', '😀', '😀😀', 'e\u0301', 'x1', '12', 'A b', '\n', 'ſ', 'kind'];
// Doubles that both sides read alike; halves and tenths, the edges of what a double holds exactly.
const NUMBERS = [0, 1, -1, 2, 3, 10, 0.5, -0.5, 1.5, 0.1, 0.3, 1.1, 2.5, 100, 1e-7, 1e21, 1e300, -1e300, 9007199254740991, 9007199254740992, -9007199254740992,
  4503599627370496.5, 123456789012345680000];
const STEPS = [1, 2, 3, 0.1, 0.01, 0.5, 1.5, 1e-7, 1e10, 7, 9007199254740992];
const PATTERNS = ['^a', 'a$', '^[ab]+$', '^.$', '^.{2}$', '\\d', '^\\w+$', '\\S', '^$', '[^a]', 'a|b', '^(a+)+$', '^\\p{L}+$', '\\p{Emoji_Presentation}', '^(?!a)', '(?<=a)b',
  '^\\u{1F600}$', '[\\u00e0-\\u00ff]', '^(?:x\\d)?$', '\\s', '^[\\s\\S]{1,3}$', '\\P{Lu}'];
const LETTERS = ['a', 'b', 'x', 'A', '1', '9', ' ', '_', '-', 'é', 'ß', 'Σ', 'ς', '😀', '\n', '\u2028', '\u0301', 'ſ', '\u212a'];
// Properties of characters that all versions of Unicode see alike for these letters: ICU's and V8's differ.
const ATOMS = ['.', '\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\n', '\\cJ', '\\x61', '\\u0061', '\\u{1F600}', '\\ud83d\\ude00', '\\x00', '\\.', '\\/', '\\^',
  '\\p{L}', '\\p{Lu}', '\\P{L}', '\\p{Nd}', '\\p{Script=Greek}', '\\p{Emoji}', '\\p{ASCII}', '\\p{White_Space}', '\\P{Any}', '\\p{gc=Mn}', '\\p{scx=Hira}'];
const ASSERTIONS = ['^', '$', '\\b', '\\B'];
const QUANTIFIERS = ['*', '+', '?', '{2}', '{0}', '{1,}', '{0,2}', '*?', '+?', '??', '{1,2}?'];
const TYPES = ['null', 'boolean', 'object', 'array', 'string', 'integer', 'number'];

export function value(r, depth = 3) {
  switch (r.below(depth > 0 ? 10 : 6)) {
    case 0: return null;
    case 1: return r.odds(0.5);
    case 2: case 3: return r.of(NUMBERS);
    case 4: case 5: return r.of(TEXTS);
    case 6: case 7: return Array.from({ length: r.below(5) }, () => value(r, depth - 1));
    default: {
      const out = {};
      for (let n = r.below(5); n > 0; n--) out[r.of(NAMES)] = value(r, depth - 1);
      return out;
    }
  }
}

const several = (r, make, from = 1, to = 3) => Array.from({ length: from + r.below(to - from + 1) }, make);
// Rarely the empty name, which Ajv's `required` misses.
const some = (r) => [...new Set(several(r, () => r.of(NAMES) || (r.odds(0.05) ? '' : 'a'), 0, 3))];

const text = (r) => (r.odds(0.5) ? r.of(TEXTS) : Array.from({ length: r.below(5) }, () => r.of(LETTERS)).join(''));

// A pattern of ECMA-262 with the flag u. `names` counts its named groups.
function pattern(r, depth, names = { count: 0 }) {
  const letter = () => (r.odds(0.5) ? r.of(LETTERS.filter((one) => one !== '-')) : r.of(ATOMS));
  const member = () => {
    if (r.odds(0.3)) return r.of(['a-z', '0-9', 'A-x', '\\d', '\\s', '\\W', '\\p{L}', '\\-', '\\b', '\\]', 'é-ſ', '\\u{1F5FF}-\\u{1F610}', '^', '.', '$']);
    return r.of(LETTERS.filter((one) => one !== '-'));
  };
  const inner = () => pattern(r, depth - 1, names);
  const atom = () => {
    switch (r.below(depth > 0 ? 8 : 4)) {
      case 0: case 1: case 2: return letter();
      case 3: return `[${r.odds(0.3) ? '^' : ''}${several(r, member, 0, 3).join('').replace(/^\^/, '\\^')}]`;
      case 4: return `(${inner()})`;
      case 5: return `(?:${inner()})`;
      case 6: return `(?<n${names.count++}>${inner()})`;
      default: return `(?:${inner()}|${inner()})`;
    }
  };
  const term = () => {
    if (r.odds(0.12)) return r.of(ASSERTIONS);
    if (depth > 0 && r.odds(0.12)) return `(${r.of(['?=', '?!', '?<=', '?<!'])}${inner()})`;
    return atom() + (r.odds(0.35) ? r.of(QUANTIFIERS) : '');
  };
  return several(r, () => several(r, term, 0, 3).join(''), 1, r.odds(0.25) ? 3 : 1).join('|');
}

// Where references lead to, in an order: what is applied to the same value leads on to later ones only, so that it ends.
// Deeper in the value any will do.
const TARGETS = [
  ['#/$defs/d0', '#a0', 'root#/$defs/d0'],
  ['#/$defs/d1', '#a1', 'root#a1'],
  ['#/$defs/d2'],
  ['#/$defs/d3'],
  ['other', 'http://example.org/other'],
  ['/other#/$defs/inner', 'other#/$defs/inner'],
];
const [ROOT, OTHER] = [-1, 4];

class Generator {
  constructor(r, dynamic) {
    this.r = r;
    this.dynamic = dynamic; // how often $dynamicRef, 0 to 1
    this.place = ROOT; // the index in TARGETS of what is being written
    this.within = 0; // how many keywords around this one go into the value
  }

  named(make) {
    const out = {};
    for (let n = this.r.below(4); n > 0; n--) out[this.r.of(NAMES)] = make();
    return out;
  }

  reference() {
    const { r } = this;
    const embedded = this.place >= OTHER; // `#` is this resource's own
    const anywhere = this.within > 0 || r.odds(0.01);
    if (r.odds(this.dynamic) && anywhere) return { $dynamicRef: '#node' };
    if (anywhere && r.odds(0.3)) return { $ref: r.of(['#', 'http://example.org/root']) };
    const later = TARGETS.slice(anywhere ? 0 : this.place + 1);
    if (later.length === 0) return {};
    const names = r.of(later);
    if (!embedded) return { $ref: r.of(names) };
    const full = names.filter((name) => !name.startsWith('#'));
    return full.length > 0 ? { $ref: r.of(full) } : {};
  }

  // A schema for parts of the value.
  part(depth) {
    this.within++;
    const out = this.schema(depth);
    this.within--;
    return out;
  }

  keywords(out, depth) {
    const { r } = this;
    const beside = () => this.schema(depth - 1);
    const deeper = () => this.part(depth - 1);
    switch (r.below(depth > 0 ? 30 : 12)) {
      case 0: out.type = r.odds(0.3) ? [...new Set(several(r, () => r.of(TYPES), 1, 3))] : r.of(TYPES); break;
      case 1: out[r.of(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'])] = r.of(NUMBERS); break;
      case 2: out.multipleOf = r.of(STEPS); break;
      case 3: out[r.of(['minLength', 'maxLength'])] = r.below(4); break;
      case 4: out[r.of(['minItems', 'maxItems', 'minProperties', 'maxProperties'])] = r.below(4); break;
      case 5: out.const = value(r, 2); break;
      case 6: out.enum = several(r, () => value(r, 2), 1, 4); break;
      case 7: out.pattern = r.odds(0.5) ? r.of(PATTERNS) : pattern(r, 2); break;
      case 8: out.required = some(r); break;
      case 9: out.uniqueItems = r.odds(0.9); break;
      case 10: out.dependentRequired = { [r.of(NAMES)]: some(r) }; break;
      case 11: Object.assign(out, this.reference()); break;
      case 12: case 13: out.properties = this.named(deeper); break;
      case 14: out.patternProperties = { [r.of(PATTERNS)]: deeper() }; break;
      case 15: out.additionalProperties = deeper(); break;
      case 16: out.propertyNames = deeper(); break;
      case 17: out.items = deeper(); break;
      case 18: out.prefixItems = several(r, deeper); break;
      case 19:
        out.contains = deeper();
        if (r.odds(0.5)) out.minContains = r.below(3);
        if (r.odds(0.4)) out.maxContains = r.below(3);
        break;
      case 20: out.allOf = several(r, beside); break;
      case 21: out.anyOf = several(r, beside); break;
      case 22: out.oneOf = several(r, beside); break;
      case 23: out.not = beside(); break;
      case 24: case 25:
        out.if = beside();
        if (r.odds(0.8)) out.then = beside();
        if (r.odds(0.6)) out.else = beside();
        break;
      case 26: out.dependentSchemas = this.named(beside); break;
      case 27: out.unevaluatedProperties = r.odds(0.6) ? false : deeper(); break;
      case 28: out.unevaluatedItems = r.odds(0.6) ? false : deeper(); break;
      default: out.items = deeper(); out.prefixItems = several(r, deeper, 1, 2); break;
    }
  }

  schema(depth) {
    const { r } = this;
    if (r.odds(0.08)) return r.odds(0.6);
    const out = {};
    for (let n = 1 + r.below(4); n > 0; n--) this.keywords(out, depth);
    return out;
  }

  document() {
    const { r } = this;
    const object = (depth) => {
      const made = this.schema(depth);
      return typeof made === 'boolean' ? {} : made;
    };
    const at = (place, depth) => {
      this.place = place;
      return object(depth);
    };
    const root = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'http://example.org/root', ...at(ROOT, 3), $defs: {} };
    for (let i = 0; i < 4; i++) root.$defs[`d${i}`] = at(i, 2);
    root.$defs.other = { $id: 'other', ...at(OTHER, 2), $defs: { inner: at(OTHER + 1, 1) } };
    root.$defs.d0.$anchor = 'a0';
    root.$defs.d1.$anchor = 'a1';
    if (this.dynamic > 0) {
      root.$dynamicAnchor = 'node';
      if (r.odds(0.5)) root.$defs.other.$dynamicAnchor = 'node';
      if (!root.$defs.other.$dynamicAnchor || r.odds(0.05)) root.$defs.other.$defs.inner.$dynamicAnchor = 'node';
      if (r.odds(0.05)) root.$defs.d2.$dynamicAnchor = r.of(['lonely', 'second']);
    }
    return root;
  }
}

// Now and then a pattern and no more, which is where most of its instances reach it.
export const document = (r) => (r.odds(0.2) ? { type: 'string', pattern: pattern(r, 3) } : new Generator(r, r.odds(0.25) ? 0.5 : 0).document());

// An instance that tries to hold: follows what the schema says, now and then astray.
export function near(r, root, schema = root, depth = 5) {
  if (depth <= 0 || typeof schema !== 'object' || r.odds(0.08)) return value(r, 2);
  const follow = (one) => near(r, root, one, depth - 1);
  if ('const' in schema) return schema.const;
  if (schema.enum && r.odds(0.9)) return r.of(schema.enum);
  const target = schema.$ref?.match(/#\/\$defs\/(d\d)$/)?.[1];
  if (target && r.odds(0.6)) return follow(root.$defs[target]);
  for (const list of ['allOf', 'anyOf', 'oneOf']) if (schema[list] && r.odds(0.4)) return follow(r.of(schema[list]));
  for (const one of ['then', 'if', 'else']) if (one in schema && r.odds(0.3)) return follow(schema[one]);
  const type = schema.type ? r.of([].concat(schema.type)) : undefined;
  const has = (...names) => names.some((name) => name in schema);
  if (type === 'object' || (!type && has('properties', 'required', 'patternProperties', 'additionalProperties', 'unevaluatedProperties', 'propertyNames', 'dependentSchemas'))) {
    const out = {};
    for (const [name, one] of Object.entries(schema.properties ?? {})) if (r.odds(0.7)) out[name] = follow(one);
    for (const name of schema.required ?? []) if (!(name in out) && r.odds(0.9)) out[name] = value(r, 1);
    for (const name of Object.keys(schema.dependentSchemas ?? {})) if (r.odds(0.5)) out[name] = value(r, 1);
    for (const one of Object.values(schema.patternProperties ?? {})) out[r.of(NAMES)] = follow(one);
    const rest = schema.additionalProperties ?? schema.unevaluatedProperties;
    if (rest !== false && r.odds(0.4)) out[r.of(NAMES)] = follow(rest ?? true);
    return out;
  }
  if (type === 'array' || (!type && has('items', 'prefixItems', 'contains', 'uniqueItems', 'unevaluatedItems', 'minItems'))) {
    const out = (schema.prefixItems ?? []).map(follow);
    for (let n = r.below(4); n > 0; n--) out.push(follow(r.odds(0.3) && schema.contains ? schema.contains : schema.items ?? schema.unevaluatedItems ?? true));
    return out;
  }
  if (type === 'string' || (!type && has('pattern', 'minLength', 'maxLength'))) return text(r);
  if (type === 'integer' || type === 'number' || (!type && has('minimum', 'maximum', 'multipleOf'))) {
    const at = schema.minimum ?? schema.maximum ?? r.of(NUMBERS);
    return r.odds(0.5) ? at : r.odds(0.3) && schema.multipleOf ? schema.multipleOf * r.below(5) : r.of(NUMBERS);
  }
  return value(r, 2);
}

// JSON text in which whole numbers are sometimes written 1.0 or 10e-1.
export function write(value, r) {
  if (Array.isArray(value)) return `[${value.map((one) => write(one, r)).join(',')}]`;
  if (value !== null && typeof value === 'object') return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}:${write(one, r)}`).join(',')}}`;
  const text = JSON.stringify(value);
  if (r && typeof value === 'number' && /^-?[1-9]\d{0,8}$/.test(text) && r.odds(0.15)) return r.odds(0.5) ? `${text}.0` : `${text}0e-1`;
  return text;
}
