import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { requireProgram } from "../require-program.js";

/** Makes certificates; undefined where it is missing. */
export const openssl = requireProgram("openssl", "apt-get install openssl");

/** Files of a key and of a certificate for this machine that it signed itself, in a folder. */
export function selfSigned(folder: string) {
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    openssl as string,
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
      ...["-keyout", keyFile, "-out", certFile],
    ],
    { stdio: "ignore" },
  );
  return { keyFile, certFile, cert: readFileSync(certFile) };
}
