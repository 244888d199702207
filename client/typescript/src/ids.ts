const MAX_BYTES = 128;

/**
 * White space and separators, control and format characters, `:`, `{`, `}`: what an id may not have. The same ranges in
 * each client, in whatever version of Unicode its language has.
 */
const FORBIDDEN_RANGES =
  '\\0- :{}\\x7F-\\xA0\\xAD\\u0600-\\u0605\\u061C\\u06DD\\u070F\\u0890\\u0891\\u08E2\\u1680\\u180E\\u2000-\\u200F' +
  '\\u2028-\\u202F\\u205F-\\u2064\\u2066-\\u206F\\u3000\\uFEFF\\uFFF9-\\uFFFB\\u{110BD}\\u{110CD}\\u{13430}-\\u{1343F}' +
  '\\u{1BCA0}-\\u{1BCA3}\\u{1D173}-\\u{1D17A}\\u{E0001}\\u{E0020}-\\u{E007F}';

const FORBIDDEN = new RegExp(`[${FORBIDDEN_RANGES}\\p{Cs}]`, 'u');
const ESCAPED = new RegExp(`[${FORBIDDEN_RANGES}%]`, 'gu');

const PERCENT = 0x25;

/** Returns the id. Throws a RangeError if it breaks the server's rule: the server would end the stream. */
export function requireId(id: string): string {
  const bytes = Buffer.byteLength(id);
  if (bytes < 1 || bytes > MAX_BYTES || FORBIDDEN.test(id)) {
    throw new RangeError(
      `id: ${JSON.stringify(id)} (expected: 1 to ${MAX_BYTES} bytes; no ':', '{', '}', white space, control or format characters)`,
    );
  }
  return id;
}

/**
 * An id from any text, such as an IPv6 address or `user:123`: percent-encodes `%` and the characters that an id may not
 * have, by UTF-8 byte. Throws a RangeError if the text is empty or has an unpaired surrogate, or if the result is longer
 * than 128 bytes.
 */
export function escapeId(text: string): string {
  return requireId(text.replace(ESCAPED, percentEncode));
}

/** The text that {@link escapeId} made the id from. Throws a RangeError if the id is not one of its results. */
export function unescapeId(id: string): string {
  const encoded = Buffer.from(id);
  const bytes: number[] = [];
  for (let i = 0; i < encoded.length; i++) {
    if (encoded[i] === PERCENT) {
      const hex = encoded.toString('latin1', i + 1, i + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) {
        throw new RangeError(`id: ${JSON.stringify(id)} (expected: two hexadecimal digits after each %)`);
      }
      bytes.push(Number.parseInt(hex, 16));
      i += 2;
    } else {
      bytes.push(encoded[i] as number);
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    throw new RangeError(`id: ${JSON.stringify(id)} (expected: escaped UTF-8)`);
  }
}

function percentEncode(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
