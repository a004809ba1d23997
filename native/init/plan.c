#include "plan.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "steps.gen.h"

static const uint8_t *base;

int plan_map(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  if ((size_t)status.st_size < sizeof(struct plan_header)) return -EINVAL;
  void *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (map == MAP_FAILED) return -errno;
  base = map;
  const struct plan_header *head = plan_head();
  if (head->magic != PLAN_MAGIC || head->version != PLAN_TABLE_VERSION) return -EPROTO;
  if (head->size != (uint64_t)status.st_size) return -EPROTO;
  return 0;
}

const struct plan_header *plan_head(void) { return (const struct plan_header *)base; }

const struct step_header *plan_first(void) {
  return (const struct step_header *)(base + sizeof(struct plan_header));
}

const struct step_header *plan_next(const struct step_header *step) {
  return (const struct step_header *)((const uint8_t *)step + step->size);
}

const char *plan_str(struct plan_ref ref) { return (const char *)base + ref.offset; }

const void *plan_bytes(struct plan_ref ref) { return base + ref.offset; }

const uint32_t *plan_u32s(struct plan_list list) { return (const uint32_t *)(base + list.offset); }

const char *plan_item(struct plan_list list, uint32_t index) {
  return (const char *)base + plan_u32s(list)[index];
}
