// One exchange with a name server. What is asked and what the answer means is TypeScript's.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <ctime>
#include "wasi.h"

namespace wasi {

// A descriptor that closes itself.
struct Owned {
  int fd;
  ~Owned() {
    if (fd >= 0) close(fd);
  }
};

// A wait that ends at a point in time, however many steps it takes.
class Deadline {
 public:
  explicit Deadline(uint32_t milliseconds) : end_(Now() + milliseconds) {}

  // 0 when `events` came; a negative errno otherwise.
  long Wait(int fd, short events) const {
    int64_t left = end_ - Now();
    if (left <= 0) return -ETIMEDOUT;
    pollfd entry = {fd, events, 0};
    long ready = Retry([&] { return poll(&entry, 1, static_cast<int>(left)); });
    return ready < 0 ? ready : ready == 0 ? -ETIMEDOUT : 0;
  }

 private:
  static int64_t Now() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
  }
  int64_t end_;
};

// 4 or 16 bytes and a port as the kernel's address; its length, or 0 for any other count of bytes.
static socklen_t SocketAddress(const Memory& address, uint16_t port, sockaddr_storage* storage) {
  if (address.size == 4) {
    auto* in4 = reinterpret_cast<sockaddr_in*>(storage);
    in4->sin_family = AF_INET;
    in4->sin_port = htons(port);
    memcpy(&in4->sin_addr, address.base, 4);
    return sizeof *in4;
  }
  if (address.size == 16) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    memcpy(&in6->sin6_addr, address.base, 16);
    return sizeof *in6;
  }
  return 0;
}

static long Connected(int fd, const sockaddr* address, socklen_t length, const Deadline& deadline) {
  if (connect(fd, address, length) == 0) return 0;
  if (errno != EINPROGRESS) return -errno;
  long result = deadline.Wait(fd, POLLOUT);
  if (result < 0) return result;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return -error;
}

static long SendAll(int fd, const uint8_t* bytes, size_t length, const Deadline& deadline) {
  while (length > 0) {
    long sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return -errno;
    if (sent < 0) {
      long result = deadline.Wait(fd, POLLOUT);
      if (result < 0) return result;
      continue;
    }
    bytes += sent;
    length -= static_cast<size_t>(sent);
  }
  return 0;
}

// Over TCP a message follows its length; over UDP one datagram is one message.
static long ReceiveAnswer(int fd, bool stream, uint8_t* buffer, size_t room, const Deadline& deadline) {
  size_t have = 0;
  for (;;) {
    long result = deadline.Wait(fd, POLLIN);
    if (result < 0) return result;
    long got = recv(fd, buffer + have, room - have, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return -errno;
    if (!stream) return got;
    if (got == 0) return -ECONNRESET;
    have += static_cast<size_t>(got);
    if (have >= 2 && have - 2 >= static_cast<size_t>(buffer[0] << 8 | buffer[1])) {
      size_t length = static_cast<size_t>(buffer[0] << 8 | buffer[1]);
      memmove(buffer, buffer + 2, length);
      return static_cast<long>(length);
    }
  }
}

// dnsExchange(server: 4 or 16 bytes, port, over TCP, query, answer: room for it, timeout in ms): the answer's length.
static napi_value DnsExchange(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Memory server = call.Bytes(0);
  bool stream = call.Bool(2);
  Memory query = call.Bytes(3);
  Memory answer = call.Bytes(4);
  Deadline deadline(call.U32(5));

  sockaddr_storage storage = {};
  socklen_t length = SocketAddress(server, static_cast<uint16_t>(call.U32(1)), &storage);
  if (length == 0) return call.Result(-EINVAL);

  int type = (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  Owned socket_fd{socket(storage.ss_family, type, 0)};
  if (socket_fd.fd < 0) return call.Result(-errno);
  // A connected UDP socket takes answers from that server only, and hears of its refusal.
  long result = Connected(socket_fd.fd, reinterpret_cast<sockaddr*>(&storage), length, deadline);
  if (result == 0 && stream) {
    uint8_t head[2] = {static_cast<uint8_t>(query.size >> 8), static_cast<uint8_t>(query.size)};
    result = SendAll(socket_fd.fd, head, sizeof head, deadline);
  }
  if (result == 0) result = SendAll(socket_fd.fd, query.base, query.size, deadline);
  if (result == 0) result = ReceiveAnswer(socket_fd.fd, stream, answer.base, answer.size, deadline);
  return call.Result(result);
}

// hasRoute(address: 4 or 16 bytes): 0 where there is one. Connecting a UDP socket sends nothing.
static napi_value HasRoute(napi_env env, napi_callback_info info) {
  Call call(env, info);
  sockaddr_storage storage = {};
  socklen_t length = SocketAddress(call.Bytes(0), 9, &storage);
  if (length == 0) return call.Result(-EINVAL);
  Owned socket_fd{socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (socket_fd.fd < 0) return call.Result(-errno);
  int result = connect(socket_fd.fd, reinterpret_cast<sockaddr*>(&storage), length);
  return call.Result(result == 0 ? 0 : -errno);
}

const Entry kDnsEntries[] = {{"dnsExchange", DnsExchange}, {"hasRoute", HasRoute}, {nullptr, nullptr}};

}  // namespace wasi
