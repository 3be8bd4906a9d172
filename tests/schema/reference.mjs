// SPDX-License-Identifier: Apache-2.0
// JSON Schema 2020-12 evaluated the slow way, keyword by keyword as the specification says it, with sets of evaluated members
// and items as annotations. It settles what a disagreement with Ajv is about; it knows what generator.mjs writes.
import { exactMultiple } from './ajv_deviations.mjs';

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const length = (text) => [...text].length;
function search(pattern, text) {
  let at;
  try {
    at = new RegExp(pattern, 'uy');
  } catch {
    return new RegExp(pattern).test(text);  // a brace for itself, which only the web's grammar allows
  }
  // From each code point on: V8 by itself begins between the halves of one too.
  let index = 0;
  const found = () => {
    at.lastIndex = index;
    return at.test(text);
  };
  for (const one of text) {
    if (found()) return true;
    index += one.length;
  }
  return found();
}

function equal(a, b) {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => equal(one, b[i]));
  if (isObject(a)) return isObject(b) && Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]));
  return a === b;
}

const IS = {
  null: (v) => v === null, boolean: (v) => typeof v === 'boolean', object: isObject, array: Array.isArray,
  string: (v) => typeof v === 'string', number: (v) => typeof v === 'number', integer: (v) => Number.isInteger(v),
};

// base URI → {root, anchors, dynamic}; the base of every schema object
function index(document) {
  const resources = new Map();
  const bases = new Map();
  const walk = (value, base) => {
    if (value === null || typeof value !== 'object') return;
    if (!Array.isArray(value)) {
      if (typeof value.$id === 'string') base = new URL(value.$id, base).href;
      if (!resources.has(base)) resources.set(base, { root: value, anchors: new Map(), dynamic: new Map() });
      const resource = resources.get(base);
      if (typeof value.$anchor === 'string') resource.anchors.set(value.$anchor, value);
      if (typeof value.$dynamicAnchor === 'string') resource.dynamic.set(value.$dynamicAnchor, value);
      bases.set(value, base);
    }
    for (const [name, one] of Object.entries(value)) if (!['const', 'enum'].includes(name)) walk(one, base);
  };
  walk(document, 'http://reference.invalid/');
  return { resources, bases };
}

export function evaluate(document, instance) {
  const { resources, bases } = index(document);
  const [outermost] = resources.keys();

  // Where a reference leads: {schema, base, dynamic: the anchor's name if it is a dynamic one}
  const resolve = (reference, base) => {
    const url = new URL(reference, base);
    const fragment = decodeURIComponent(url.hash.slice(1));
    url.hash = '';
    const at = url.href;
    const resource = resources.get(at);
    if (!resource) throw new RangeError(`no verdict: URL reads ${reference} at ${base} as RFC 3986 does not`);
    if (fragment === '') return { schema: resource.root, base: at };
    if (!fragment.startsWith('/')) {
      const dynamic = resource.dynamic.get(fragment);
      return { schema: dynamic ?? resource.anchors.get(fragment), base: at, dynamic: dynamic && fragment };
    }
    let schema = resource.root;
    for (const part of fragment.slice(1).split('/')) schema = schema[part.replaceAll('~1', '/').replaceAll('~0', '~')];
    return { schema, base: bases.get(schema) ?? at };
  };

  // {valid, members: Set, items: Set}: what was evaluated; nothing where it is not valid (core 7.7.1.1)
  function run(schema, value, scope, around) {
    if (typeof schema === 'boolean') return { valid: schema, members: new Set(), items: new Set() };
    const base = bases.get(schema) ?? around;
    if (scope.at(-1) !== base) scope = [...scope, base];
    const members = new Set();
    const items = new Set();
    let valid = true;
    const must = (holds) => { valid &&= holds; };
    const apply = (one, part) => run(one, part, scope, base).valid;
    const inPlace = (one, at = base) => {
      const result = run(one, value, scope, at);
      if (result.valid) {
        for (const name of result.members) members.add(name);
        for (const i of result.items) items.add(i);
      }
      return result.valid;
    };
    const s = schema;
    if ('$ref' in s) {
      const target = resolve(s.$ref, base);
      must(inPlace(target.schema, target.base));
    }
    if ('$dynamicRef' in s) { // core 8.2.3.2
      let target = resolve(s.$dynamicRef, base);
      if (target.dynamic) {
        const first = scope.find((one) => resources.get(one).dynamic.has(target.dynamic));
        if (first) target = { schema: resources.get(first).dynamic.get(target.dynamic), base: first };
      }
      must(inPlace(target.schema, target.base));
    }
    if ('type' in s) must([].concat(s.type).some((type) => IS[type](value)));
    if ('const' in s) must(equal(s.const, value));
    if ('enum' in s) must(s.enum.some((one) => equal(one, value)));
    for (const one of s.allOf ?? []) must(inPlace(one));
    if (s.anyOf) must(s.anyOf.map((one) => inPlace(one)).some(Boolean));
    if (s.oneOf) must(s.oneOf.map((one) => inPlace(one)).filter(Boolean).length === 1);
    if ('not' in s) must(!apply(s.not, value));
    if ('if' in s) {
      const branch = inPlace(s.if) ? 'then' : 'else';
      if (branch in s) must(inPlace(s[branch]));
    }
    if (typeof value === 'number') {
      if ('minimum' in s) must(value >= s.minimum);
      if ('maximum' in s) must(value <= s.maximum);
      if ('exclusiveMinimum' in s) must(value > s.exclusiveMinimum);
      if ('exclusiveMaximum' in s) must(value < s.exclusiveMaximum);
      if ('multipleOf' in s) must(exactMultiple(s.multipleOf, value));
    } else if (typeof value === 'string') {
      if ('minLength' in s) must(length(value) >= s.minLength);
      if ('maxLength' in s) must(length(value) <= s.maxLength);
      if ('pattern' in s) must(search(s.pattern, value));
    } else if (Array.isArray(value)) {
      if ('minItems' in s) must(value.length >= s.minItems);
      if ('maxItems' in s) must(value.length <= s.maxItems);
      if (s.uniqueItems) must(value.every((one, i) => !value.slice(0, i).some((other) => equal(one, other))));
      const prefix = s.prefixItems ?? [];
      value.forEach((one, i) => {
        if (i >= prefix.length && !('items' in s)) return;
        must(apply(i < prefix.length ? prefix[i] : s.items, one));
        items.add(i);
      });
      if ('contains' in s) {
        const fitting = value.map((_, i) => i).filter((i) => apply(s.contains, value[i]));
        fitting.forEach((i) => items.add(i));
        must(fitting.length >= (s.minContains ?? 1) && fitting.length <= (s.maxContains ?? Infinity));
      }
      if ('unevaluatedItems' in s) {
        value.forEach((one, i) => {
          if (!items.has(i)) must(apply(s.unevaluatedItems, one));
          items.add(i);
        });
      }
    } else if (isObject(value)) {
      const names = Object.keys(value);
      if ('minProperties' in s) must(names.length >= s.minProperties);
      if ('maxProperties' in s) must(names.length <= s.maxProperties);
      for (const name of s.required ?? []) must(Object.hasOwn(value, name));
      for (const [name, list] of Object.entries(s.dependentRequired ?? {})) if (Object.hasOwn(value, name)) list.forEach((other) => must(Object.hasOwn(value, other)));
      for (const [name, one] of Object.entries(s.dependentSchemas ?? {})) if (Object.hasOwn(value, name)) must(inPlace(one));
      if ('propertyNames' in s) names.forEach((name) => must(apply(s.propertyNames, name)));
      for (const name of names) {
        const fitting = [...(Object.hasOwn(s.properties ?? {}, name) ? [s.properties[name]] : []),
          ...Object.entries(s.patternProperties ?? {}).filter(([pattern]) => search(pattern, name)).map(([, one]) => one)];
        if (fitting.length === 0 && 'additionalProperties' in s) fitting.push(s.additionalProperties);
        for (const one of fitting) must(apply(one, value[name]));
        if (fitting.length > 0) members.add(name);
      }
      if ('unevaluatedProperties' in s) {
        for (const name of names) {
          if (!members.has(name)) must(apply(s.unevaluatedProperties, value[name]));
          members.add(name);
        }
      }
    }
    return { valid, members: valid ? members : new Set(), items: valid ? items : new Set() };
  }
  return run(document, instance, [], outermost).valid;
}
