/** Images made here: one tar that is an OCI image layout and a docker-archive, which every engine imports. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");

const LAYER = "application/vnd.oci.image.layer.v1.tar";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

export interface ImageConfig {
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
}

/** Writes `out`, an image of one layer with the contents of `rootfs`; `name` is like `localhost/box:1`. */
export function writeImage(out: string, name: string, rootfs: string, config: ImageConfig): void {
  const work = mkdtempSync(`${out}.`);
  try {
    const blobs = join(work, "blobs/sha256");
    mkdirSync(blobs, { recursive: true });
    const put = (data: Uint8Array | string) => {
      const digest = sha256(data);
      writeFileSync(join(blobs, digest), data);
      return { digest: `sha256:${digest}`, size: data.length, path: `blobs/sha256/${digest}` };
    };
    execFileSync("tar", ["-C", rootfs, "--numeric-owner", "-cf", join(work, "layer"), "."]);
    const layer = put(readFileSync(join(work, "layer")));
    rmSync(join(work, "layer"));
    const architecture = process.arch === "arm64" ? "arm64" : "amd64";
    const rootfsOfConfig = { type: "layers", diff_ids: [layer.digest] };
    const history = [{ created_by: "tar" }];
    const image = put(JSON.stringify({ architecture, os: "linux", config, rootfs: rootfsOfConfig, history }));
    const describe = (mediaType: string, { digest, size }: { digest: string; size: number }) => ({
      mediaType,
      digest,
      size,
    });
    const manifest = put(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: describe(CONFIG, image),
        layers: [describe(LAYER, layer)],
      }),
    );
    const annotations = {
      "io.containerd.image.name": name,
      "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
    };
    const index = { schemaVersion: 2, manifests: [{ ...describe(MANIFEST, manifest), annotations }] };
    writeFileSync(join(work, "index.json"), JSON.stringify(index));
    writeFileSync(join(work, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    const archive = [{ Config: image.path, RepoTags: [name], Layers: [layer.path] }];
    writeFileSync(join(work, "manifest.json"), JSON.stringify(archive));
    execFileSync("tar", ["-C", work, "-cf", out, "oci-layout", "index.json", "manifest.json", "blobs"]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
