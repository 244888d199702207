import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { escapeId, requireId, unescapeId } from '../src/ids.js';

interface Vectors {
  escaped: [string, string][];
  escape: { text: string; id: string }[];
  escape_errors: string[];
  unescape: { id: string; text: string }[];
  unescape_errors: string[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('../../../conformance/ids.json', import.meta.url), 'utf8'));

test('ids are escaped as in every client', () => {
  for (const { text, id } of vectors.escape) {
    assert.equal(escapeId(text), id);
    assert.equal(unescapeId(id), text);
  }
  for (const { id, text } of vectors.unescape) {
    assert.equal(unescapeId(id), text);
  }
  for (const text of [...vectors.escape_errors, '\ud800']) {
    assert.throws(() => escapeId(text), RangeError, JSON.stringify(text));
  }
  for (const id of vectors.unescape_errors) {
    assert.throws(() => unescapeId(id), RangeError, id);
  }
});

test('exactly the characters of the table are escaped', () => {
  const ranges = vectors.escaped.map(
    ([first, last]) => [Number.parseInt(first, 16), Number.parseInt(last, 16)] as const,
  );
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) {
      continue;
    }
    const text = String.fromCodePoint(code);
    const isEscaped = ranges.some(([first, last]) => code >= first && code <= last);
    if ((escapeId(text) !== text) !== isEscaped) {
      assert.fail(`U+${code.toString(16)}`);
    }
  }
});

test('an id that breaks the rule is rejected, one of 128 bytes is not', () => {
  for (const id of ['', 'a:b', 'a b', 'a{b', 'a}b', 'a\u200bb', '\udc00', 'é'.repeat(65)]) {
    assert.throws(() => requireId(id), RangeError, JSON.stringify(id));
  }
  for (const id of ['é'.repeat(64), '100%', 'a/b|c']) {
    assert.equal(requireId(id), id);
  }
});
