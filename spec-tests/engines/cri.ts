/** A kubelet's calls to containerd's CRI plugin, over gRPC. */
import { join } from "node:path";
import { credentials, loadPackageDefinition, type ServiceError } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { projectTop } from "../harness/runtime.ts";

type Message = Readonly<Record<string, unknown>>;
type Answer = Record<string, unknown>;
type Call = (
  request: Message,
  options: object,
  done: (error: ServiceError | null, answer: Answer) => void,
) => void;

/** Milliseconds for one call. */
const PATIENCE = 60_000;

export class Cri {
  readonly #service: Record<string, Call> & { close(): void };

  constructor(socket: string) {
    const file = join(projectTop, "spec-tests/engines/cri.proto");
    const loaded = loadPackageDefinition(
      loadSync(file, { keepCase: true, longs: Number, enums: String, defaults: true }),
    );
    const api = loaded as unknown as {
      runtime: { v1: { RuntimeService: new (...args: unknown[]) => never } };
    };
    this.#service = new api.runtime.v1.RuntimeService(`unix://${socket}`, credentials.createInsecure());
  }

  call(method: string, request: Message): Promise<Answer> {
    return new Promise((done, fail) => {
      const answered = (error: ServiceError | null, answer: Answer) =>
        error === null ? done(answer) : fail(new Error(`${method}: ${error.details}`));
      this.#service[method]?.(request, { deadline: Date.now() + PATIENCE }, answered);
    });
  }

  close(): void {
    this.#service.close();
  }

  async status(container: string): Promise<{ readonly state: string; readonly exit_code: number }> {
    const { status } = await this.call("ContainerStatus", { container_id: container });
    return status as { state: string; exit_code: number };
  }

  /** Runs a command in a container to its end. */
  async exec(container: string, ...cmd: string[]) {
    const answer = await this.call("ExecSync", { container_id: container, cmd, timeout: 30 });
    const text = (part: unknown) => (part as Buffer).toString("utf8");
    return { stdout: text(answer.stdout), stderr: text(answer.stderr), code: answer.exit_code as number };
  }
}
