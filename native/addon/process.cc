// Processes: waiting, signals by pidfd, hooks, the packets between host and init.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "addon.h"
#include "common/child.h"
#include "message.h"
#include "signals.h"
#include "spawn.h"

namespace {

int Int(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }

std::string Text(const Napi::Value& value) { return value.As<Napi::String>().Utf8Value(); }

// Waits until there is something to be received; false where a signal asks to end first. What is there counts first:
// when the other end has closed because its program runs, the signal is the program's.
bool AwaitPacket(int fd) {
  struct pollfd watched[2] = {{fd, POLLIN, 0}, {Interruption(), POLLIN, 0}};
  int ready;
  do ready = poll(watched, 2, -1);
  while (ready < 0 && errno == EINTR);
  return watched[0].revents != 0;
}

// receive(fd): {kind, data, fd?}, undefined at the end; EINTR where a signal asks to end
Napi::Value Receive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (Interruption() >= 0 && !AwaitPacket(Int(info[0]))) return ThrowErrno(env, EINTR, "recvmsg");
  char buffer[8192];
  struct iovec part = {buffer, sizeof(buffer)};
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t got;
  do got = recvmsg(Int(info[0]), &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return ThrowErrno(env, errno, "recvmsg");
  if (got == 0) return env.Undefined();
  Napi::Object packet = Napi::Object::New(env);
  packet.Set("kind", Napi::String::New(env, buffer, 1));
  packet.Set("data", Napi::Buffer<char>::Copy(env, buffer + 1, static_cast<size_t>(got - 1)));
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    packet.Set("fd", Napi::Number::New(env, fd));
  }
  return packet;
}

// socketPair(): two connected packet sockets
Napi::Value SocketPair(const Napi::CallbackInfo& info) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return ThrowErrno(info.Env(), errno, "socketpair");
  Napi::Array pair = Napi::Array::New(info.Env(), 2);
  for (uint32_t i = 0; i < 2; i++) pair.Set(i, Napi::Number::New(info.Env(), ends[i]));
  return pair;
}

// sendGo(fd, pid)
Napi::Value SendGo(const Napi::CallbackInfo& info) {
  char packet[5] = {'G'};
  uint32_t pid = info[1].As<Napi::Number>().Uint32Value();
  memcpy(packet + 1, &pid, sizeof(pid));
  if (send(Int(info[0]), packet, sizeof(packet), MSG_NOSIGNAL) < 0) return ThrowErrno(info.Env(), errno, "send");
  return info.Env().Undefined();
}

bool Address(const std::string& path, struct sockaddr_un* address) {
  *address = {};
  address->sun_family = AF_UNIX;
  if (path.size() >= sizeof(address->sun_path)) return false;
  memcpy(address->sun_path, path.c_str(), path.size() + 1);
  return true;
}

// A path longer than an address can hold is reached through a descriptor of its directory.
class SocketPath {
 public:
  explicit SocketPath(const std::string& path) : path_(path) {
    if (path.size() < sizeof(sockaddr_un::sun_path)) return;
    size_t slash = path.rfind('/');
    directory_ = open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    path_ = "/proc/self/fd/" + std::to_string(directory_) + path.substr(slash);
  }
  ~SocketPath() {
    if (directory_ >= 0) close(directory_);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int directory_ = -1;
};

int OpenSocket(int type, const std::string& path, bool listening) {
  int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  SocketPath reachable(path);
  struct sockaddr_un address;
  auto* generic = reinterpret_cast<struct sockaddr*>(&address);
  int result = -1;
  if (!Address(reachable.path(), &address)) {
    errno = ENAMETOOLONG;
  } else if (listening) {
    result = bind(fd, generic, sizeof(address));
    if (result == 0) result = listen(fd, 1);
  } else {
    do result = connect(fd, generic, sizeof(address));
    while (result < 0 && errno == EINTR);
  }
  if (result == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// listenAt(path), connectTo(path): packet sockets
Napi::Value ListenAt(const Napi::CallbackInfo& info) {
  std::string path = Text(info[0]);
  int fd = OpenSocket(SOCK_SEQPACKET, path, true);
  return fd < 0 ? ThrowErrno(info.Env(), errno, "bind", path) : Napi::Number::New(info.Env(), fd);
}

Napi::Value ConnectTo(const Napi::CallbackInfo& info) {
  std::string path = Text(info[0]);
  int fd = OpenSocket(SOCK_SEQPACKET, path, false);
  return fd < 0 ? ThrowErrno(info.Env(), errno, "connect", path) : Napi::Number::New(info.Env(), fd);
}

// connectStream(path): a stream socket, as --console-socket and seccomp agents have it
Napi::Value ConnectStream(const Napi::CallbackInfo& info) {
  std::string path = Text(info[0]);
  int fd = OpenSocket(SOCK_STREAM, path, false);
  return fd < 0 ? ThrowErrno(info.Env(), errno, "connect", path) : Napi::Number::New(info.Env(), fd);
}

// sendDescriptor(socket, fd, text): the descriptor goes with the text's first byte
Napi::Value SendDescriptor(const Napi::CallbackInfo& info) {
  std::string text = Text(info[2]);
  alignas(struct cmsghdr) char control[kDescriptorSpace] = {};
  for (size_t at = 0; at < text.size();) {
    struct iovec part = {text.data() + at, text.size() - at};
    struct msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (at == 0) AttachDescriptor(&message, control, Int(info[1]));
    ssize_t sent = sendmsg(Int(info[0]), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return ThrowErrno(info.Env(), errno, "sendmsg");
    at += static_cast<size_t>(sent);
  }
  return info.Env().Undefined();
}

Napi::Value PidfdOpen(const Napi::CallbackInfo& info) {
  int fd = static_cast<int>(syscall(SYS_pidfd_open, Int(info[0]), 0));
  return fd < 0 ? ThrowErrno(info.Env(), errno, "pidfd_open") : Napi::Number::New(info.Env(), fd);
}

Napi::Value PidfdSignal(const Napi::CallbackInfo& info) {
  if (syscall(SYS_pidfd_send_signal, Int(info[0]), Int(info[1]), nullptr, 0) < 0)
    return ThrowErrno(info.Env(), errno, "pidfd_send_signal");
  return info.Env().Undefined();
}

// pidfdWait(fd, milliseconds): whether the process has ended within that time; -1 waits for ever
Napi::Value PidfdWait(const Napi::CallbackInfo& info) {
  struct pollfd watched = {Int(info[0]), POLLIN, 0};
  int ready;
  do ready = poll(&watched, 1, Int(info[1]));
  while (ready < 0 && errno == EINTR);
  return Napi::Boolean::New(info.Env(), ready > 0);
}

// reap(pid): the wait status of a child that has ended or will
Napi::Value Reap(const Napi::CallbackInfo& info) {
  int status = 0;
  pid_t pid;
  do pid = waitpid(Int(info[0]), &status, 0);
  while (pid < 0 && errno == EINTR);
  if (pid < 0) return ThrowErrno(info.Env(), errno, "waitpid");
  return Napi::Number::New(info.Env(), status);
}

Napi::Value Kill(const Napi::CallbackInfo& info) {
  if (kill(Int(info[0]), Int(info[1])) < 0) return ThrowErrno(info.Env(), errno, "kill");
  return info.Env().Undefined();
}

std::vector<std::string> Strings(const Napi::Value& value) {
  std::vector<std::string> texts;
  Napi::Array list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) texts.push_back(Text(list.Get(i)));
  return texts;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// runChild({path, args, env?, cwd, input, timeout (ms), out, err}): {status, error, timedOut, interrupted, output}
Napi::Value RunChild(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object request = info[0].As<Napi::Object>();
  std::vector<std::string> args = Strings(request.Get("args"));
  std::vector<std::string> variables;
  bool ownEnvironment = request.Get("env").IsArray();
  if (ownEnvironment) variables = Strings(request.Get("env"));
  std::vector<char*> argv = Pointers(args), envp = Pointers(variables);
  std::string path = Text(request.Get("path")), cwd = Text(request.Get("cwd")), input = Text(request.Get("input"));
  struct child_result result;
  run_child(path.c_str(), argv.data(), ownEnvironment ? envp.data() : nullptr, cwd.empty() ? nullptr : cwd.c_str(),
            input.data(), static_cast<uint32_t>(input.size()),
            request.Get("timeout").As<Napi::Number>().Uint32Value(), Int(request.Get("out")),
            Int(request.Get("err")), Interruption(), &result);
  Napi::Object answer = Napi::Object::New(env);
  answer.Set("status", Napi::Number::New(env, result.status));
  if (result.error != 0) answer.Set("error", Napi::String::New(env, ErrnoName(result.error)));
  answer.Set("timedOut", Napi::Boolean::New(env, result.timed_out != 0));
  answer.Set("interrupted", Napi::Boolean::New(env, result.interrupted != 0));
  answer.Set("output", Napi::String::New(env, result.output, result.length));
  return answer;
}

Napi::Value SetSubreaper(const Napi::CallbackInfo& info) {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return ThrowErrno(info.Env(), errno, "prctl");
  return info.Env().Undefined();
}

// callersOpenFiles(): the caller's soft limit of open files, which the JavaScript engine has raised for itself;
// undefined where it can't be told
Napi::Value CallersOpenFiles(const Napi::CallbackInfo& info) {
  struct rlimit caller, own;
  if (prlimit(getppid(), RLIMIT_NOFILE, nullptr, &caller) < 0 || getrlimit(RLIMIT_NOFILE, &own) < 0)
    return info.Env().Undefined();
  rlim_t soft = caller.rlim_cur < own.rlim_max ? caller.rlim_cur : own.rlim_max;
  return Napi::Number::New(info.Env(), static_cast<double>(soft));
}

Napi::Value NameOfErrno(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), ErrnoName(Int(info[0])));
}

// sleep(milliseconds)
Napi::Value Sleep(const Napi::CallbackInfo& info) {
  poll(nullptr, 0, Int(info[0]));
  return info.Env().Undefined();
}

// exit(code): at once; nothing is left to be flushed
Napi::Value Exit(const Napi::CallbackInfo& info) { _exit(Int(info[0])); }

}  // namespace

void InitProcess(Napi::Env env, Napi::Object exports) {
  // A caller that ignores SIGCHLD would make the kernel reap our children, and their status be lost.
  signal(SIGCHLD, SIG_DFL);
  Export(env, exports, "receive", Receive);
  Export(env, exports, "socketPair", SocketPair);
  Export(env, exports, "sendGo", SendGo);
  Export(env, exports, "listenAt", ListenAt);
  Export(env, exports, "connectTo", ConnectTo);
  Export(env, exports, "connectStream", ConnectStream);
  Export(env, exports, "sendDescriptor", SendDescriptor);
  Export(env, exports, "pidfdOpen", PidfdOpen);
  Export(env, exports, "pidfdSignal", PidfdSignal);
  Export(env, exports, "pidfdWait", PidfdWait);
  Export(env, exports, "reap", Reap);
  Export(env, exports, "kill", Kill);
  Export(env, exports, "runChild", RunChild);
  Export(env, exports, "setSubreaper", SetSubreaper);
  Export(env, exports, "callersOpenFiles", CallersOpenFiles);
  Export(env, exports, "errnoName", NameOfErrno);
  Export(env, exports, "sleep", Sleep);
  Export(env, exports, "exit", Exit);
}
