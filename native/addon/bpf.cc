// Attaches the device program of a container to its cgroup v2 directory: cgroup v2 has no files for devices.
// The instructions come from src/cgroup/device-program.ts.
#include "io.h"
#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <vector>

namespace {

constexpr uint32_t kMaximumPrograms = 64;  // BPF_CGROUP_MAX_PROGS

long Bpf(int command, union bpf_attr* attributes) { return syscall(SYS_bpf, command, attributes, sizeof *attributes); }

union bpf_attr Cleared() {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  return attributes;
}

int Load(const std::string& program) {
  union bpf_attr attributes = Cleared();
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = reinterpret_cast<uint64_t>(program.data());
  attributes.insn_cnt = program.size() / sizeof(struct bpf_insn);
  attributes.license = reinterpret_cast<uint64_t>("Apache-2.0");
  return static_cast<int>(Bpf(BPF_PROG_LOAD, &attributes));
}

// Kernels before 5.11 charge programs against RLIMIT_MEMLOCK, and say EPERM. The limit is put back at once:
// the container would inherit it.
int LoadUnlimited(const std::string& program) {
  int fd = Load(program);
  if (fd >= 0 || errno != EPERM) return fd;
  struct rlimit before, unlimited = {RLIM_INFINITY, RLIM_INFINITY};
  if (getrlimit(RLIMIT_MEMLOCK, &before) < 0 || setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0) {
    errno = EPERM;
    return -1;
  }
  fd = Load(program);
  int saved = errno;
  setrlimit(RLIMIT_MEMLOCK, &before);
  errno = saved;
  return fd;
}

// The ids of the device programs that are attached to this very cgroup.
int Attached(int directory, std::vector<uint32_t>* ids) {
  ids->resize(kMaximumPrograms);
  union bpf_attr attributes = Cleared();
  attributes.query.target_fd = directory;
  attributes.query.attach_type = BPF_CGROUP_DEVICE;
  attributes.query.prog_ids = reinterpret_cast<uint64_t>(ids->data());
  attributes.query.prog_cnt = kMaximumPrograms;
  if (Bpf(BPF_PROG_QUERY, &attributes) < 0) return -1;
  ids->resize(attributes.query.prog_cnt);
  return 0;
}

int OpenProgram(uint32_t id) {
  union bpf_attr attributes = Cleared();
  attributes.prog_id = id;
  return static_cast<int>(Bpf(BPF_PROG_GET_FD_BY_ID, &attributes));
}

int Attach(int directory, int program, int replaced) {
  union bpf_attr attributes = Cleared();
  attributes.target_fd = directory;
  attributes.attach_bpf_fd = program;
  attributes.attach_type = BPF_CGROUP_DEVICE;
  attributes.attach_flags = BPF_F_ALLOW_MULTI;
  if (replaced >= 0) {
    attributes.attach_flags |= BPF_F_REPLACE;
    attributes.replace_bpf_fd = replaced;
  }
  return static_cast<int>(Bpf(BPF_PROG_ATTACH, &attributes));
}

int Detach(int directory, int program) {
  union bpf_attr attributes = Cleared();
  attributes.target_fd = directory;
  attributes.attach_bpf_fd = program;
  attributes.attach_type = BPF_CGROUP_DEVICE;
  return static_cast<int>(Bpf(BPF_PROG_DETACH, &attributes));
}

// bpfAttachDevices(directory, program): all programs of a cgroup must agree, so the new one takes the place of
// those that are there: in one step where there is one (Linux 5.6), else by adding it and removing the others.
Napi::Value AttachDevices(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::string path = PathArgument(info, 0);
  Descriptor directory(OpenAt(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY));
  if (!directory.valid()) return ThrowErrno(env, errno, "open", path);
  Descriptor program(LoadUnlimited(std::string(Bytes(info[1]).view())));
  if (!program.valid()) return ThrowErrno(env, errno, "bpf(BPF_PROG_LOAD)", path);
  std::vector<uint32_t> ids;
  if (Attached(directory.get(), &ids) < 0) return ThrowErrno(env, errno, "bpf(BPF_PROG_QUERY)", path);

  if (ids.size() == 1) {
    Descriptor old(OpenProgram(ids[0]));
    if (old.valid() && Attach(directory.get(), program.get(), old.get()) == 0) return env.Undefined();
  }
  if (Attach(directory.get(), program.get(), -1) < 0) return ThrowErrno(env, errno, "bpf(BPF_PROG_ATTACH)", path);
  for (uint32_t id : ids) {
    Descriptor old(OpenProgram(id));
    // A program that we may not touch (a security module's doing) can only restrict further: it may stay.
    if (!old.valid()) continue;
    if (Detach(directory.get(), old.get()) < 0) return ThrowErrno(env, errno, "bpf(BPF_PROG_DETACH)", path);
  }
  return env.Undefined();
}

// bpfLoadDevices(program): whether the kernel takes it; it is attached to nothing and goes at once.
Napi::Value LoadDevices(const Napi::CallbackInfo& info) {
  Descriptor program(LoadUnlimited(std::string(Bytes(info[0]).view())));
  if (!program.valid()) return ThrowErrno(info.Env(), errno, "bpf(BPF_PROG_LOAD)");
  return info.Env().Undefined();
}

}  // namespace

void InitBpf(Napi::Env env, Napi::Object exports) {
  Export(env, exports, "bpfAttachDevices", AttachDevices);
  Export(env, exports, "bpfLoadDevices", LoadDevices);
}
