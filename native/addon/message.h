// A descriptor in a message of a Unix socket.
#pragma once
#include <sys/socket.h>

#include <cstring>

constexpr size_t kDescriptorSpace = CMSG_SPACE(sizeof(int));

inline void AttachDescriptor(struct msghdr* message, char (&control)[kDescriptorSpace], int fd) {
  message->msg_control = control;
  message->msg_controllen = sizeof(control);
  struct cmsghdr* header = CMSG_FIRSTHDR(message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &fd, sizeof(fd));
}
