// The software bill of materials in SPDX 2.3: what is inside the executable, with version and licence.

import { execFileSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the build takes from Debian and links in. */
function linked() {
  const version = (name) => {
    try {
      const status = execFileSync("dpkg-query", ["-s", name], { encoding: "utf8" });
      return /^Version: (.*)$/m.exec(status)?.[1] ?? "NOASSERTION";
    } catch {
      return "NOASSERTION";
    }
  };
  return [
    { name: "libseccomp", version: version("libseccomp-dev"), licence: "LGPL-2.1-only" },
    { name: "musl", version: version("musl-dev"), licence: "MIT" },
    { name: "glibc", version: version("libc6-dev"), licence: "LGPL-2.1-or-later" },
    { name: "libstdc++", version: version("g++"), licence: "GPL-3.0-or-later WITH GCC-exception-3.1" },
  ];
}

/** npm packages whose code is in the executable: those that the bundles' inputs name, and Bun. */
function bundled(top) {
  const lock = JSON.parse(readFileSync(join(top, "package-lock.json"), "utf8"));
  const inputs = join(top, "build/bundle/inputs.json");
  const paths = existsSync(inputs) ? JSON.parse(readFileSync(inputs, "utf8")) : [];
  const names = new Set(
    paths.map((path) => /(?:^|\/)(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean),
  );
  for (const path of Object.keys(lock.packages)) if (path.startsWith("node_modules/@oven/")) names.add(path);
  return [...names].sort().map((path) => {
    const { version = "NOASSERTION", license = "NOASSERTION" } = lock.packages[path] ?? {};
    return { name: path.replace("node_modules/", ""), version, licence: license, npm: true };
  });
}

/** The document as JSON; `executable` is the file that it describes. */
export function softwareBill(top, { version, date, executable }) {
  const quickjs = /^version=(.*)$/m.exec(readFileSync(join(top, "scripts/quickjs.sh"), "utf8"))?.[1];
  const parts = [{ name: "quickjs", version: quickjs, licence: "MIT" }, ...linked(), ...bundled(top)];
  const id = (name) => `SPDXRef-${name.replace(/[^A-Za-z0-9.]+/g, "-")}`;
  const main = {
    SPDXID: "SPDXRef-ocirt",
    name: "ocirt",
    versionInfo: version,
    licenseConcluded: "Apache-2.0",
    licenseDeclared: "Apache-2.0",
    downloadLocation: "NOASSERTION",
    checksums: [
      {
        algorithm: "SHA256",
        checksumValue: createHash("sha256").update(readFileSync(executable)).digest("hex"),
      },
    ],
  };
  const packages = parts.map(({ name, version: of, licence, npm }) => ({
    SPDXID: id(name),
    name,
    versionInfo: of,
    licenseConcluded: licence,
    licenseDeclared: licence,
    downloadLocation: "NOASSERTION",
    ...(npm
      ? {
          externalRefs: [
            {
              referenceCategory: "PACKAGE-MANAGER",
              referenceType: "purl",
              referenceLocator: `pkg:npm/${name.replace("@", "%40")}@${of}`,
            },
          ],
        }
      : {}),
  }));
  return {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: `ocirt-${version}`,
    documentNamespace: `urn:uuid:${randomUUID()}`,
    creationInfo: { created: `${date}T00:00:00Z`, creators: ["Tool: ocirt-packaging"] },
    packages: [main, ...packages],
    relationships: [
      { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: main.SPDXID },
      ...packages.map(({ SPDXID }) => ({
        spdxElementId: main.SPDXID,
        relationshipType: "CONTAINS",
        relatedSpdxElement: SPDXID,
      })),
    ],
  };
}
