// Sockets of the guest: preview1's calls and those of WasmEdge's extension.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cstddef>
#include "wasi.h"

namespace wasi {

// An address of any family as the kernel takes it.
struct Address {
  sockaddr_storage storage = {};
  socklen_t length = 0;
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&storage); }
};

// From the guest's bytes: 4 of IPv4, 16 of IPv6, or with port -1 a path of AF_UNIX. 0 or a negative errno.
static long TakeAddress(uint32_t pointer, uint32_t length, int port, Address* address) {
  const uint8_t* bytes = At(pointer, length);
  if (bytes == nullptr) return -EFAULT;
  if (port < 0) {
    auto* local = reinterpret_cast<sockaddr_un*>(&address->storage);
    size_t path = strnlen(reinterpret_cast<const char*>(bytes), length);
    if (path == 0 || path >= sizeof local->sun_path) return -EINVAL;
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, bytes, path);
    address->length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path + 1);
  } else if (length == 4) {
    auto* in4 = reinterpret_cast<sockaddr_in*>(&address->storage);
    in4->sin_family = AF_INET;
    in4->sin_port = htons(static_cast<uint16_t>(port));
    memcpy(&in4->sin_addr, bytes, 4);
    address->length = sizeof *in4;
  } else if (length == 16) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&address->storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(static_cast<uint16_t>(port));
    memcpy(&in6->sin6_addr, bytes, 16);
    address->length = sizeof *in6;
  } else {
    return -EINVAL;
  }
  return 0;
}

// Into the scratch buffer: family of WASI (0 none, 1, 2, 3) and port as u32, the count of bytes as u32, the bytes.
static void GiveAddress(const Address& address) {
  if (scratch.size < 12 + sizeof(sockaddr_un)) return;
  uint32_t family = 0, port = 0, length = 0;
  const void* bytes = nullptr;
  if (address.length >= sizeof(sa_family_t) && address.storage.ss_family == AF_INET) {
    auto* in4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    family = 1, port = ntohs(in4->sin_port), bytes = &in4->sin_addr, length = 4;
  } else if (address.length >= sizeof(sa_family_t) && address.storage.ss_family == AF_INET6) {
    auto* in6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    family = 2, port = ntohs(in6->sin6_port), bytes = &in6->sin6_addr, length = 16;
  } else if (address.length >= sizeof(sa_family_t) && address.storage.ss_family == AF_UNIX) {
    auto* local = reinterpret_cast<const sockaddr_un*>(&address.storage);
    family = 3, bytes = local->sun_path;
    length = static_cast<uint32_t>(address.length - offsetof(sockaddr_un, sun_path));
    if (length > sizeof local->sun_path) length = sizeof local->sun_path;
  }
  Store(scratch.base, family);
  Store(scratch.base + 4, port);
  Store(scratch.base + 8, length);
  if (bytes != nullptr) memcpy(scratch.base + 12, bytes, length);
}

// Guests write header and body apart and can't set the option: without it each answer waits for a delayed ACK.
static void NoDelay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// socket(domain, type of Linux): a descriptor. Sockets accepted from it inherit TCP_NODELAY.
static napi_value Socket(napi_env env, napi_callback_info info) {
  Call call(env, info);
  int fd = socket(call.Int(0), call.Int(1) | SOCK_CLOEXEC, 0);
  if (fd < 0) return call.Result(-errno);
  if (call.Int(1) == SOCK_STREAM && call.Int(0) != AF_UNIX) NoDelay(fd);
  return call.Result(fd);
}

// bind(fd, address*, length, port or -1)
static napi_value Bind(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Address address;
  long result = TakeAddress(call.U32(1), call.U32(2), call.Int(3), &address);
  if (result == 0 && bind(call.Int(0), address.any(), address.length) != 0) result = -errno;
  return call.Result(result);
}

// connect(fd, address*, length, port or -1)
static napi_value Connect(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Address address;
  long result = TakeAddress(call.U32(1), call.U32(2), call.Int(3), &address);
  if (result == 0) result = Retry([&] { return connect(call.Int(0), address.any(), address.length); });
  return call.Result(result);
}

// listen(fd, backlog)
static napi_value Listen(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(listen(call.Int(0), call.Int(1)) == 0 ? 0 : -errno);
}

// accept(fd, non-blocking, the listener is the host's): a descriptor.
static int32_t Accept(int32_t listener, bool nonBlocking, bool setNoDelay) {
  int flags = SOCK_CLOEXEC | (nonBlocking ? SOCK_NONBLOCK : 0);
  auto fd = static_cast<int32_t>(Retry([&] { return accept4(listener, nullptr, nullptr, flags); }));
  if (fd >= 0 && setNoDelay) NoDelay(fd);
  return fd;
}

// riflags: 1 peek, 2 waitall.
static int ReceiveFlags(uint32_t flags) { return ((flags & 1) != 0 ? MSG_PEEK : 0) | ((flags & 2) != 0 ? MSG_WAITALL : 0); }

static int32_t Receive(int32_t fd, uint32_t iovs, uint32_t count, uint32_t riflags, uint32_t lengthAt, uint32_t flagsAt,
                       Address* from) {
  uint8_t* length = At(lengthAt, 4);
  uint8_t* flags = At(flagsAt, 2);
  if (length == nullptr || flags == nullptr) return -EFAULT;
  iovec* vectors = nullptr;
  long entries = Vectors(iovs, count, &vectors);
  if (entries < 0) return static_cast<int32_t>(entries);
  msghdr message = {};
  message.msg_iov = vectors;
  message.msg_iovlen = static_cast<size_t>(entries);
  if (from != nullptr) {
    message.msg_name = &from->storage;
    message.msg_namelen = sizeof from->storage;
  }
  long result = Retry([&] { return recvmsg(fd, &message, ReceiveFlags(riflags) | MSG_CMSG_CLOEXEC); });
  if (result < 0) return static_cast<int32_t>(result);
  if (from != nullptr) from->length = message.msg_namelen;
  Store(length, static_cast<uint32_t>(result));
  Store<uint16_t>(flags, (message.msg_flags & MSG_TRUNC) != 0 ? 1 : 0);
  return 0;
}

// recv(fd, iovs, count, riflags, received*, roflags*)
static int32_t Recv(int32_t fd, uint32_t iovs, uint32_t count, uint32_t riflags, uint32_t received, uint32_t roflags) {
  return Receive(fd, iovs, count, riflags, received, roflags, nullptr);
}

// recvFrom(fd, iovs, count, riflags, received*, roflags*); the sender in the scratch buffer.
static int32_t RecvFrom(int32_t fd, uint32_t iovs, uint32_t count, uint32_t riflags, uint32_t received,
                        uint32_t roflags) {
  Address from;
  int32_t result = Receive(fd, iovs, count, riflags, received, roflags, &from);
  if (result == 0) GiveAddress(from);
  return result;
}

static int32_t Transmit(int32_t fd, uint32_t iovs, uint32_t count, uint32_t sentAt, Address* to) {
  uint8_t* sent = At(sentAt, 4);
  if (sent == nullptr) return -EFAULT;
  iovec* vectors = nullptr;
  long entries = Vectors(iovs, count, &vectors);
  if (entries < 0) return static_cast<int32_t>(entries);
  msghdr message = {};
  message.msg_iov = vectors;
  message.msg_iovlen = static_cast<size_t>(entries);
  if (to != nullptr) {
    message.msg_name = &to->storage;
    message.msg_namelen = to->length;
  }
  long result = Retry([&] { return sendmsg(fd, &message, MSG_NOSIGNAL); });
  if (result < 0) return static_cast<int32_t>(result);
  Store(sent, static_cast<uint32_t>(result));
  return 0;
}

// send(fd, iovs, count, sent*)
static int32_t Send(int32_t fd, uint32_t iovs, uint32_t count, uint32_t sentAt) {
  return Transmit(fd, iovs, count, sentAt, nullptr);
}

// sendTo(fd, iovs, count, address*, length, port or -1, sent*)
static int32_t SendTo(int32_t fd, uint32_t iovs, uint32_t count, uint32_t addressAt, uint32_t length, int32_t port,
                      uint32_t sentAt) {
  Address to;
  long result = TakeAddress(addressAt, length, port, &to);
  return result < 0 ? static_cast<int32_t>(result) : Transmit(fd, iovs, count, sentAt, &to);
}

// shutdown(fd, how of Linux)
static napi_value Shutdown(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.Result(shutdown(call.Int(0), call.Int(1)) == 0 ? 0 : -errno);
}

// name(fd, of the peer): the address in the scratch buffer.
static napi_value Name(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Address address;
  socklen_t length = sizeof address.storage;
  auto ask = call.Bool(1) ? getpeername : getsockname;
  if (ask(call.Int(0), address.any(), &length) != 0) return call.Result(-errno);
  address.length = length;
  GiveAddress(address);
  return call.Result(0);
}

// getOption(fd, option of SOL_SOCKET, value*, size): the count of bytes that the option has.
static napi_value GetOption(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint8_t* value = At(call.U32(2), call.U32(3));
  if (value == nullptr) return call.Result(-EFAULT);
  socklen_t size = call.U32(3);
  int result = getsockopt(call.Int(0), SOL_SOCKET, call.Int(1), value, &size);
  return call.Result(result == 0 ? static_cast<long>(size) : -errno);
}

// getNumber(fd, option of SOL_SOCKET): the option's value where it is one int >= 0.
static napi_value GetNumber(napi_env env, napi_callback_info info) {
  Call call(env, info);
  int value = 0;
  socklen_t size = sizeof value;
  int result = getsockopt(call.Int(0), SOL_SOCKET, call.Int(1), &value, &size);
  return call.Result(result == 0 ? value : -errno);
}

// setOption(fd, option of SOL_SOCKET, value*, size)
static napi_value SetOption(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint8_t* value = At(call.U32(2), call.U32(3));
  if (value == nullptr) return call.Result(-EFAULT);
  int result = setsockopt(call.Int(0), SOL_SOCKET, call.Int(1), value, call.U32(3));
  return call.Result(result == 0 ? 0 : -errno);
}

// numberAt(fd, level, option): as getNumber, of any level.
static napi_value NumberAt(napi_env env, napi_callback_info info) {
  Call call(env, info);
  int value = 0;
  socklen_t size = sizeof value;
  int result = getsockopt(call.Int(0), call.Int(1), call.Int(2), &value, &size);
  return call.Result(result == 0 ? value : -errno);
}

// setNumberAt(fd, level, option, value): an option that is one int.
static napi_value SetNumberAt(napi_env env, napi_callback_info info) {
  Call call(env, info);
  int value = call.Int(3);
  int result = setsockopt(call.Int(0), call.Int(1), call.Int(2), &value, sizeof value);
  return call.Result(result == 0 ? 0 : -errno);
}

const Entry kSocketEntries[] = {{"socket", Socket},       {"bind", Bind},           {"connect", Connect},
                                {"listen", Listen},       Direct<Accept>("accept"),       Direct<Recv>("recv"),
                                Direct<RecvFrom>("recvFrom"),   Direct<Send>("send"),           Direct<SendTo>("sendTo"),
                                {"shutdown", Shutdown},   {"name", Name},           {"getOption", GetOption},
                                {"getNumber", GetNumber}, {"setOption", SetOption}, {"numberAt", NumberAt},
                                {"setNumberAt", SetNumberAt}, {nullptr, nullptr}};

}  // namespace wasi
