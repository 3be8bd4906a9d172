// SPDX-License-Identifier: Apache-2.0
// A list of named checks, each bounded in time; prints one line a failure and `N passed, N failed` at the end.
import assert from 'node:assert/strict';

const kLimitMs = 20_000;

export class Checks {
  passed = 0;
  failed = 0;
  constructor(title) { this.title = title; }

  /** Runs one check; a check that throws or takes longer than 20 s has failed, and the next one runs. */
  async check(name, body) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${kLimitMs} ms`)), kLimitMs);
    });
    try {
      await Promise.race([body(), late]);
      this.passed += 1;
    } catch (error) {
      this.failed += 1;
      console.log(`FAILED ${this.title}: ${name}\n  ${String(error?.message ?? error).replaceAll('\n', '\n  ')}`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Prints the count and leaves with 0, or with 1 if anything failed or nothing was checked. */
  finish() {
    console.log(`${this.title}: ${this.passed} passed, ${this.failed} failed`);
    process.exit(this.failed === 0 && this.passed > 0 ? 0 : 1);
  }
}

/** Awaits a rejection and returns it. */
export async function rejection(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  assert.fail(`expected an error, got ${JSON.stringify(value)}`);
}

/** The text blocks of a result, joined. */
export function text_of(result) {
  return (result.content ?? []).filter((block) => block.type === 'text').map((block) => block.text).join('\n');
}

/** `[OPTIONS] -- COMMAND [ARGUMENT...]` as {options, command, args}. */
export function parse_arguments(argv) {
  const cut = argv.indexOf('--');
  if (cut < 0 || cut + 1 >= argv.length) throw new Error('usage: [--name value ...] -- COMMAND [ARGUMENT...]');
  const options = {};
  for (let i = 0; i < cut; i += 2) options[argv[i].replace(/^--/, '')] = argv[i + 1];
  return { options, command: argv[cut + 1], args: argv.slice(cut + 2) };
}
