// Network devices that the container takes over (rtnetlink(7)).
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "addon.h"
#include "io.h"

namespace {

// What failed, and its errno.
struct Failure {
  const char* action;
  int error;
};

// A request with its attributes.
class Message {
 public:
  template <typename Header>
  Message(uint16_t type, uint16_t flags, const Header& header) : bytes_(NLMSG_SPACE(sizeof(Header))) {
    head()->nlmsg_type = type;
    head()->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    memcpy(NLMSG_DATA(head()), &header, sizeof(Header));
  }
  void Add(uint16_t type, const void* data, size_t size) {
    size_t at = bytes_.size();
    bytes_.resize(at + RTA_SPACE(size));
    auto* attribute = reinterpret_cast<struct rtattr*>(&bytes_[at]);
    attribute->rta_type = type;
    attribute->rta_len = static_cast<uint16_t>(RTA_LENGTH(size));
    memcpy(RTA_DATA(attribute), data, size);
  }
  std::vector<char>& Finish() {
    head()->nlmsg_len = static_cast<uint32_t>(bytes_.size());
    return bytes_;
  }

 private:
  struct nlmsghdr* head() { return reinterpret_cast<struct nlmsghdr*>(bytes_.data()); }
  std::vector<char> bytes_;
};

// A netlink socket of the network namespace that the thread was in.
class Link {
 public:
  Link() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {}
  bool valid() const { return fd_.valid(); }

  // Each answer goes to `take`; 0 or an errno.
  template <typename Take>
  int Ask(Message& message, Take take) {
    std::vector<char>& bytes = message.Finish();
    if (send(fd_.get(), bytes.data(), bytes.size(), 0) < 0) return errno;
    alignas(struct nlmsghdr) static char buffer[1 << 16];
    for (;;) {
      ssize_t got = recv(fd_.get(), buffer, sizeof(buffer), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return errno;
      auto left = static_cast<uint32_t>(got);
      for (auto* head = reinterpret_cast<struct nlmsghdr*>(buffer); NLMSG_OK(head, left);
           head = NLMSG_NEXT(head, left)) {
        if (head->nlmsg_type == NLMSG_DONE) return 0;
        if (head->nlmsg_type == NLMSG_ERROR) return -static_cast<struct nlmsgerr*>(NLMSG_DATA(head))->error;
        take(head);
      }
    }
  }
  int Do(Message& message) {
    return Ask(message, [](struct nlmsghdr*) {});
  }

 private:
  Descriptor fd_;
};

// The permanent addresses of global scope: the only ones that are the device's own (config-linux.md).
int AddressesOf(Link& link, unsigned index, std::vector<Message>* addresses) {
  struct ifaddrmsg any = {};
  Message question(RTM_GETADDR, NLM_F_DUMP, any);
  return link.Ask(question, [&](struct nlmsghdr* head) {
    auto* address = static_cast<struct ifaddrmsg*>(NLMSG_DATA(head));
    if (address->ifa_index != index || address->ifa_scope != RT_SCOPE_UNIVERSE) return;
    if ((address->ifa_flags & IFA_F_PERMANENT) == 0) return;
    struct ifaddrmsg own = *address;
    own.ifa_index = 0;
    // Duplicates were looked for when the address was new.
    if (own.ifa_family == AF_INET6) own.ifa_flags |= IFA_F_NODAD;
    Message copy(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, own);
    auto left = static_cast<int>(IFA_PAYLOAD(head));
    for (auto* part = IFA_RTA(address); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
      // A label holds the device's name.
      if (part->rta_type == IFA_LOCAL || part->rta_type == IFA_ADDRESS || part->rta_type == IFA_BROADCAST)
        copy.Add(part->rta_type, RTA_DATA(part), RTA_PAYLOAD(part));
    }
    addresses->push_back(copy);
  });
}

int SetUp(Link& link, unsigned index) {
  struct ifinfomsg device = {};
  device.ifi_index = static_cast<int>(index);
  device.ifi_change = IFF_UP;
  device.ifi_flags = IFF_UP;
  Message message(RTM_NEWLINK, NLM_F_ACK, device);
  return link.Do(message);
}

int Move(Link& link, unsigned index, const std::string& name, int netns) {
  struct ifinfomsg device = {};
  device.ifi_index = static_cast<int>(index);
  Message message(RTM_NEWLINK, NLM_F_ACK, device);
  message.Add(IFLA_NET_NS_FD, &netns, sizeof(netns));
  message.Add(IFLA_IFNAME, name.c_str(), name.size() + 1);
  return link.Do(message);
}

// In the container's network namespace: addresses and state as they were outside.
Failure Restore(const std::string& name, std::vector<Message>& addresses) {
  Link link;
  unsigned index = if_nametoindex(name.c_str());
  if (!link.valid() || index == 0) return {"find the network device in the container", errno};
  for (Message& address : addresses) {
    auto* head = reinterpret_cast<struct nlmsghdr*>(address.Finish().data());
    static_cast<struct ifaddrmsg*>(NLMSG_DATA(head))->ifa_index = index;
    if (int error = link.Do(address)) return {"give the network device its addresses", error};
  }
  return {"set the network device up", SetUp(link, index)};
}

// Runs a function in another network namespace; only this thread is there meanwhile.
template <typename Work>
Failure InNamespace(int netns, Work work) {
  Descriptor before(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!before.valid() || setns(netns, CLONE_NEWNET) < 0) return {"enter the network namespace", errno};
  Failure failure = work();
  if (setns(before.get(), CLONE_NEWNET) < 0) return {"return to the network namespace", errno};
  return failure;
}

Failure MoveDevice(const std::string& name, const std::string& inside, int netns) {
  Link link;
  unsigned index = if_nametoindex(name.c_str());
  if (!link.valid() || index == 0) return {"find the network device", errno};
  std::vector<Message> addresses;
  if (int error = AddressesOf(link, index, &addresses)) return {"read the network device's addresses", error};
  // The kernel would find out after the move, and the device be lost with the namespace.
  Failure taken = InNamespace(netns, [&] {
    return Failure{"move the network device", if_nametoindex(inside.c_str()) == 0 ? 0 : EEXIST};
  });
  if (taken.error != 0) return taken;
  // The kernel sets it down and takes the addresses away.
  if (int error = Move(link, index, inside, netns)) return {"move the network device", error};
  return InNamespace(netns, [&] { return Restore(inside, addresses); });
}

// moveNetDevice(name, name in the container, network namespace)
Napi::Value MoveNetDevice(const Napi::CallbackInfo& info) {
  std::string name = info[0].As<Napi::String>().Utf8Value();
  Failure failure = MoveDevice(name, info[1].As<Napi::String>().Utf8Value(), info[2].As<Napi::Number>().Int32Value());
  return failure.error == 0 ? info.Env().Undefined() : ThrowErrno(info.Env(), failure.error, failure.action, name);
}

}  // namespace

void InitNetlink(Napi::Env env, Napi::Object exports) { Export(env, exports, "moveNetDevice", MoveNetDevice); }
