// ocirt_VERSION_ARCH.deb, by dpkg-deb.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { installBelow } from "./install.mjs";

const ARCHITECTURES = { x64: "amd64", arm64: "arm64" };
const MAINTAINER = "ocirt maintainers <maintainers@ocirt.invalid>";

/** Depends: the second half of the executable is linked with the C library; all else is inside it. */
function control({ version, description, architecture }, size) {
  return `Package: ocirt
Version: ${version}
Section: admin
Priority: optional
Architecture: ${ARCHITECTURES[architecture]}
Maintainer: ${MAINTAINER}
Installed-Size: ${size}
Depends: libc6
Recommends: uidmap
Suggests: criu
Description: ${description.replace(/^An /, "")}
 ocirt is the program that containerd, podman, docker and Kubernetes call to turn
 a bundle into an isolated process. It takes the command lines of runc and crun.
`;
}

function copyright(year) {
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ocirt

Files: *
Copyright: ${year} the ocirt authors
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
`;
}

function changelog({ version, date }) {
  const stamp = new Date(`${date}T00:00:00Z`).toUTCString().replace("GMT", "+0000");
  return `ocirt (${version}) unstable; urgency=medium\n\n  * Release ${version}.\n\n -- ${MAINTAINER}  ${stamp}\n`;
}

export function buildDeb(product, out, work) {
  const root = join(work, "deb");
  installBelow(join(root, "usr"), product);
  const documents = join(root, "usr/share/doc/ocirt");
  writeFileSync(join(documents, "copyright"), copyright(product.date.slice(0, 4)), { mode: 0o644 });
  writeFileSync(join(documents, "changelog.gz"), gzipSync(changelog(product), { level: 9 }), { mode: 0o644 });
  const kibibytes = execFileSync("du", ["-sk", "--apparent-size", root], { encoding: "utf8" }).split("\t")[0];
  mkdirSync(join(root, "DEBIAN"), { mode: 0o755 });
  writeFileSync(join(root, "DEBIAN/control"), control(product, kibibytes), { mode: 0o644 });
  const name = `ocirt_${product.version}_${ARCHITECTURES[product.architecture]}.deb`;
  const environment = { ...process.env, SOURCE_DATE_EPOCH: String(Date.parse(product.date) / 1000) };
  // The executable does not get smaller by more than gzip does, and xz would take a minute.
  const argv = ["--build", "--root-owner-group", "-Zgzip", "-z6", root, join(out, name)];
  execFileSync("dpkg-deb", argv, { stdio: ["ignore", "ignore", "inherit"], env: environment });
}
