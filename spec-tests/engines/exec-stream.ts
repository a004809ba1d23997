/**
 * exec-stream.ts URL TEXT: speaks to the streaming server of a CRI exec as kubectl's server does, sends TEXT and the
 * end of the input, prints what comes. Runs inside the machine, whose network the server is in.
 */
const [url = "", text = ""] = process.argv.slice(2);

/** The first byte of a message is its channel. */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;

const socket = new WebSocket(url.replace(/^http/, "ws"), "v4.channel.k8s.io");
socket.binaryType = "arraybuffer";
const send = (bytes: Uint8Array) => socket.send(Uint8Array.of(STDIN, ...bytes));
socket.addEventListener("open", () => send(new TextEncoder().encode(text)));
socket.addEventListener("message", ({ data }) => {
  const bytes = new Uint8Array(data as ArrayBuffer);
  if (bytes[0] === STDOUT) process.stdout.write(bytes.subarray(1));
  if (bytes[0] === STDERR) process.stderr.write(bytes.subarray(1));
});
socket.addEventListener("error", () => {
  process.stderr.write(`no WebSocket at ${url}\n`);
  process.exitCode = 1;
});
