import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { EphemeralClientOptions } from './options.js';

type CertificateOption = 'ca' | 'certificate' | 'key';

/**
 * Throws an error that names the option, or the variable it comes from: Node ignores certificate authorities that it
 * cannot read, and its errors do not name what is wrong.
 */
export function checkCertificates(
  { ca, certificate, key }: EphemeralClientOptions,
  name: (option: CertificateOption) => string = (option) => option,
): void {
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error(`${name('certificate')} and ${name('key')}: one is set (expected: both or none)`);
  }
  if (ca !== undefined) {
    parseCertificates(name('ca'), ca);
  }
  if (certificate !== undefined && key !== undefined) {
    const [own] = parseCertificates(name('certificate'), certificate);
    if (!own?.checkPrivateKey(parseKey(name('key'), key))) {
      throw new Error(`${name('key')} is not valid (expected: the key of ${name('certificate')})`);
    }
  }
}

function parseCertificates(name: string, pem: string | Buffer): X509Certificate[] {
  const blocks = pem.toString().match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----[^-]*(?:-----END [A-Z0-9 ]*-----)?/g) ?? [];
  try {
    if (blocks.length > 0) {
      return blocks.map((block) => new X509Certificate(block));
    }
  } catch {
    // The reason of OpenSSL does not help: it names its own functions.
  }
  throw new Error(`${name} is not valid (expected: certificates in PEM)`);
}

function parseKey(name: string, pem: string | Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error(`${name} is not valid (expected: a private key in PEM, without a passphrase)`);
  }
}
