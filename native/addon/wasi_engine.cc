// The engine's own needs: its control messages, the wait for start, signals, and its end.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include "wasi.h"

namespace wasi {

// Ends the process with the status that a shell gives for the signal. The first process of a pid namespace has
// no default actions, and a JavaScript handler would not run while the module does.
static void EndBySignal(int signal) { _exit(128 + signal); }

// installSignals(): fatal signals end the process, the rest is ignored. Handlers that are there already (those
// of the JavaScript engine) stay. Unblocks all signals: one that came before this is handled now.
static napi_value InstallSignals(napi_env env, napi_callback_info info) {
  Call call(env, info);
  static const int kFatal[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM,
                               SIGPOLL, SIGVTALRM, SIGPROF, SIGXCPU, SIGSTKFLT};
  // SIGXFSZ: a write beyond RLIMIT_FSIZE is an errno. SIGCHLD: orphans that end up here are reaped by the kernel.
  static const int kIgnored[] = {SIGPIPE, SIGXFSZ, SIGCHLD, SIGWINCH, SIGURG, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU};
  struct sigaction end = {};
  end.sa_handler = EndBySignal;
  sigfillset(&end.sa_mask);
  for (int signal : kFatal) {
    struct sigaction now;
    if (sigaction(signal, nullptr, &now) == 0 && (now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN)) {
      sigaction(signal, &end, nullptr);
    }
  }
  // The JavaScript engine's own handler would print a crash report and then fail to end a first process.
  sigaction(SIGABRT, &end, nullptr);
  for (int number : kIgnored) signal(number, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  return call.Result(0);
}

// limitOpenFiles(soft): Bun raises the soft limit to the hard one when it starts; this puts it back.
static napi_value LimitOpenFiles(napi_env env, napi_callback_info info) {
  Call call(env, info);
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return call.Result(-errno);
  auto soft = static_cast<rlim_t>(call.F64(0));
  limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
  return call.Result(setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : -errno);
}

// nextLength(fd): of the packet that comes next, and stays; 0 at the end.
static int32_t NextLength(int32_t fd) {
  return static_cast<int32_t>(Retry([&] { return recv(fd, nullptr, 0, MSG_PEEK | MSG_TRUNC); }));
}

// receive(fd, buffer, descriptors: Int32Array as bytes): the packet's length; 0 at its end. Descriptors that
// came with it are stored, -1 in the places left.
static napi_value ReceivePacket(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Memory buffer = call.Bytes(1);
  Memory descriptors = call.Bytes(2);
  alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
  iovec vector = {buffer.base, buffer.size};
  msghdr message = {};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  long result = Retry([&] { return recvmsg(call.Int(0), &message, MSG_CMSG_CLOEXEC); });
  if (result < 0) return call.Result(result);
  memset(descriptors.base, 0xff, descriptors.size);
  size_t stored = 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t bytes = header->cmsg_len - CMSG_LEN(0);
    if (bytes > descriptors.size - stored) bytes = descriptors.size - stored;
    memcpy(descriptors.base + stored, CMSG_DATA(header), bytes);
    stored += bytes;
  }
  return call.Result((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ? -EMSGSIZE : result);
}

// transmit(fd, bytes): one packet.
static napi_value TransmitPacket(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Memory bytes = call.Bytes(1);
  return call.Result(Retry([&] { return send(call.Int(0), bytes.base, bytes.size, MSG_NOSIGNAL); }));
}

// The connection of `start` from the process that has accepted it and run the startContainer hooks.
static long ReceiveStart(int from) {
  char kind;
  iovec vector = {&kind, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message = {};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  long result = Retry([&] { return recvmsg(from, &message, MSG_CMSG_CLOEXEC); });
  cmsghdr* header = result > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  // A hook has failed: `start` was told by who ran it.
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) _exit(1);
  int fd;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

// waitForStart(socket): the connection of `start`. The socket is a listening one, or gets the connection sent.
static napi_value WaitForStart(napi_env env, napi_callback_info info) {
  Call call(env, info);
  for (;;) {
    long fd = Retry([&] { return accept4(call.Int(0), nullptr, nullptr, SOCK_CLOEXEC); });
    if (fd == -EINVAL) return call.Result(ReceiveStart(call.Int(0)));
    // A caller that gave up before it was accepted is none.
    if (fd != -ECONNABORTED) return call.Result(fd);
  }
}

// size(fd): of a regular file. EINVAL for what is none, EFBIG beyond 2 GiB.
static napi_value Size(napi_env env, napi_callback_info info) {
  Call call(env, info);
  struct stat status;
  if (fstat(call.Int(0), &status) != 0) return call.Result(-errno);
  if (!S_ISREG(status.st_mode)) return call.Result(S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL);
  return call.Result(status.st_size > INT32_MAX ? -EFBIG : static_cast<long>(status.st_size));
}

// readAt(fd, bytes, position): how many were read; fewer than asked for at the end of the file.
static napi_value ReadAt(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Memory bytes = call.Bytes(1);
  off_t position = call.U32(2);
  size_t have = 0;
  while (have < bytes.size) {
    long got = Retry([&] {
      return pread(call.Int(0), bytes.base + have, bytes.size - have, position + static_cast<off_t>(have));
    });
    if (got < 0) return call.Result(got);
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  return call.Result(static_cast<long>(have));
}

// openDirectory(path): a descriptor, for preopens.
static napi_value OpenDirectory(napi_env env, napi_callback_info info) {
  Call call(env, info);
  char path[4096];
  long result = call.Text(0, path, sizeof path);
  if (result == 0) result = Retry([&] { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  return call.Result(result);
}

// changeDirectory(path)
static napi_value ChangeDirectory(napi_env env, napi_callback_info info) {
  Call call(env, info);
  char path[4096];
  long result = call.Text(0, path, sizeof path);
  if (result == 0 && chdir(path) != 0) result = -errno;
  return call.Result(result);
}

// exit(status): at once; nothing of the JavaScript engine's end is waited for.
static napi_value Exit(napi_env env, napi_callback_info info) {
  Call call(env, info);
  _exit(call.Int(0));
}

const Entry kEngineEntries[] = {{"installSignals", InstallSignals},
                                {"limitOpenFiles", LimitOpenFiles},
                                Direct<NextLength>("nextLength"),
                                {"receive", ReceivePacket},
                                {"transmit", TransmitPacket},
                                {"waitForStart", WaitForStart},
                                {"size", Size},
                                {"readAt", ReadAt},
                                {"openDirectory", OpenDirectory},
                                {"changeDirectory", ChangeDirectory},
                                {"exit", Exit},
                                {nullptr, nullptr}};

}  // namespace wasi
