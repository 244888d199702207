import { readFileSync } from 'node:fs';

/** Throws an error that names the setting. */
export function readFile(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`${name}: cannot read ${JSON.stringify(file)} (expected: a readable file)`, { cause });
  }
}
