// SPDX-License-Identifier: Apache-2.0
// Where Ajv 8 differs from JSON Schema 2020-12: the section that settles it, and a predicate on the reduced case that is as
// narrow as can be. `core` and `validation` are the two documents of 2020-12.

// Exact: both numbers as the shortest decimal that names the double. In place of Ajv's, which divides doubles
// (0.3 / 0.1 is no whole number there); validation 6.2.1: valid if division by the value results in an integer.
export function exactMultiple(divisor, number) {
  const [a, b] = [decimal(number), decimal(divisor)];
  const low = Math.min(a.exponent, b.exponent);
  const scaled = ({ digits, exponent }) => digits * 10n ** BigInt(exponent - low);
  return scaled(a) % scaled(b) === 0n;
}

function decimal(number) {
  const [mantissa, exponent = '0'] = String(number).split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

// A value and all that is in it.
function* values(value) {
  yield value;
  if (value !== null && typeof value === 'object') for (const one of Object.values(value)) yield* values(one);
}
// All objects of a reduced case: its schemas, and more.
function* objects(value) {
  for (const one of values(value)) if (one !== null && typeof one === 'object' && !Array.isArray(one)) yield one;
}
const any = (schema, test) => [...objects(schema)].some(test);
const uses = (schema, ...names) => any(schema, (one) => names.some((name) => name in one));

// `whole`: known before the case is reduced. `matches` gets {kind, schema, instance, endless}; a deviation counts only where
// reference.mjs, the specification taken word by word, agrees with us too.
export const deviations = [
  {
    name: 'a schema that applies itself to the same value (core 9.4.1: undefined); we refuse it, or give up where it is reached',
    whole: true,
    matches: ({ kind, schema, endless }) => uses(schema, '$ref', '$dynamicRef') && (/^we refuse: .*leads back to itself/.test(kind) || (endless && kind === 'we find it invalid')),
  },
  {
    name: 'Ajv throws while it compiles, out of its own code',
    whole: true,
    matches: ({ kind }) => /^Ajv refuses: (Cannot (set|read) properties of undefined|(props|items)\d+ is not defined)/.test(kind),
  },
  {
    name: 'required does not miss the name "" (validation 6.5.3)',
    matches: ({ kind, schema }) => kind.startsWith('we find') && any(schema, (one) => [one.required, ...Object.values(one.dependentRequired ?? {})].some((list) => Array.isArray(list) && list.includes(''))),
  },
  {
    name: 'contains is passed over for short arrays beside prefixItems, and for an empty one that is not the first it looks at (core 10.3.1.3)',
    matches: ({ kind, schema, instance }) => kind.startsWith('we find')
      && any(schema, (one) => 'contains' in one && ('prefixItems' in one || (schema !== one && [...values(instance)].some((list) => Array.isArray(list) && list.length === 0)))),
  },
  {
    name: 'V8 finds \\B between the two halves of a character (ECMA-262 22.2.7.2: with the flag u a search goes on by code points)',
    matches: ({ kind, schema, instance }) => kind.startsWith('we find') && /[\u{10000}-\u{10FFFF}]/u.test(JSON.stringify(instance))
      && any(schema, (one) => [one.pattern, ...Object.keys(one.patternProperties ?? {})].some((pattern) => typeof pattern === 'string' && pattern.includes('\\B'))),
  },
  {
    name: 'what a schema that failed has evaluated is counted (core 7.7.1.1: it leaves no annotations), or what one behind a reference has is not (core 11.2, 11.3)',
    matches: ({ kind, schema }) => kind.startsWith('we find') && uses(schema, 'unevaluatedItems', 'unevaluatedProperties')
      && uses(schema, 'anyOf', 'oneOf', 'allOf', 'not', 'if', '$ref', '$dynamicRef', 'dependentSchemas', 'contains'),
  },
  {
    name: '$dynamicRef to an anchor that is not at the root of its resource, or that was not entered yet (core 8.2.3.2)',
    matches: ({ kind, schema }) => kind.startsWith('we find') && uses(schema, '$dynamicRef'),
  },
];
