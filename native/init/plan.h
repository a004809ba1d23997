// How a plan is read: in place, by offsets into the mapped buffer. src/plan/encode.ts writes it.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define PLAN_MAGIC 0x4e4c504fu

struct plan_header {
  uint32_t magic;
  uint32_t version;
  uint32_t count;
  uint32_t size;
};

struct step_header {
  uint32_t kind;
  uint32_t size;
};

// The 8-byte slots of a record.
struct plan_u32 {
  uint32_t value;
  uint32_t unused;
};
struct plan_ref {
  uint32_t offset;
  uint32_t length;
};
struct plan_list {
  uint32_t offset;
  uint32_t count;
};

// Maps the plan, read-only; -errno where it isn't one for this init.
int plan_map(int fd);
const struct plan_header *plan_head(void);
const struct step_header *plan_first(void);
const struct step_header *plan_next(const struct step_header *step);

const char *plan_str(struct plan_ref ref);
const void *plan_bytes(struct plan_ref ref);
const uint32_t *plan_u32s(struct plan_list list);
const char *plan_item(struct plan_list list, uint32_t index);
