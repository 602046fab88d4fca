import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { cliErrors } from "./errors.js";

/** A certificate, with those that signed it after it, and its key, in PEM. */
interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

interface TlsOptions {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/**
 * The files of `--tls-cert` and `--tls-key`; undefined where neither is given. Throws MW1201 for one without the other,
 * for a file that cannot be read or is not what it should be, and for a key of another certificate.
 */
export function readTlsFiles({ tlsCert, tlsKey }: TlsOptions): TlsPair | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw cliErrors.error("MW1201", {
      expected: "--tls-cert and --tls-key together",
      found: tlsCert === undefined ? "--tls-key alone" : "--tls-cert alone",
      remedy: "Give both, or neither.",
    });
  }
  const [cert, key] = [pem("--tls-cert", tlsCert), pem("--tls-key", tlsKey)];
  const certificate = read({ option: "--tls-cert", path: tlsCert, what: "a certificate in PEM" }, () => {
    // All that come after the first one, too.
    createSecureContext({ cert });
    return new X509Certificate(cert);
  });
  const own = read(
    { option: "--tls-key", path: tlsKey, what: "a private key in PEM, without a password" },
    () => createPrivateKey(key),
  );
  if (certificate.checkPrivateKey(own)) return { cert, key };
  throw cliErrors.error("MW1201", {
    expected: `the key of the certificate in --tls-cert ${tlsCert}`,
    found: `the key of another one in --tls-key ${tlsKey}`,
    remedy: "Name the key that the certificate was made for; of a chain, its own certificate comes first.",
    details: { cert: tlsCert, key: tlsKey },
  });
}

interface TlsFile {
  readonly option: string;
  readonly path: string;
  readonly what: string;
}

/** What a parser makes of a file. */
function read<Value>({ option, path, what }: TlsFile, parse: () => Value): Value {
  try {
    return parse();
  } catch (cause) {
    throw cliErrors.error("MW1201", {
      expected: `${what} for ${option}`,
      found: `${path}, which is none: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: "Name a file in PEM: text that begins with -----BEGIN.",
      details: { path },
      cause,
    });
  }
}

function pem(option: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw cliErrors.error("MW1201", {
      expected: `a file in PEM for ${option}`,
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: "Name a file that can be read.",
      details: { path },
      cause,
    });
  }
  if (text.trim() !== "") return text;
  throw cliErrors.error("MW1201", {
    expected: `a file in PEM for ${option}`,
    found: `${path}, which is empty`,
    remedy: "Name the file that holds it.",
    details: { path },
  });
}
