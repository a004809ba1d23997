// The lowered imports of wasi:http/proxy (component-model, CanonicalABI.md: Flattening) that the guest uses.
#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define TYPES "wasi:http/types@0.2.12"
#define STREAMS "wasi:io/streams@0.2.12"

typedef struct {
  uint8_t *data;
  size_t length;
} bytes;

// Results in memory: a discriminant, then what it is of, aligned.
typedef struct {
  uint8_t tag;
  uint32_t value;
} result;
typedef struct {
  uint8_t tag;
  bytes value;
} option_bytes;
typedef struct {
  uint8_t error;
  union {
    bytes value;
    struct {
      uint8_t tag;
      uint32_t reason;
    };
  };
} result_bytes;

IMPORT(TYPES, "[constructor]fields") uint32_t new_fields(void);
IMPORT(TYPES, "[method]fields.append")
void fields_append(uint32_t self, const char *name, size_t name_length, const char *value, size_t length, void *out);
IMPORT(TYPES, "[method]fields.get") void fields_get(uint32_t self, const char *name, size_t length, void *out);
IMPORT(TYPES, "[method]incoming-request.path-with-query") void request_path(uint32_t self, option_bytes *out);
IMPORT(TYPES, "[method]incoming-request.headers") uint32_t request_headers(uint32_t self);
IMPORT(TYPES, "[method]incoming-request.consume") void request_consume(uint32_t self, result *out);
IMPORT(TYPES, "[method]incoming-body.stream") void body_stream(uint32_t self, result *out);
IMPORT(TYPES, "[method]incoming-response.consume") void response_consume(uint32_t self, result *out);
IMPORT(TYPES, "[method]incoming-response.status") uint32_t response_status(uint32_t self);
IMPORT(TYPES, "[constructor]outgoing-response") uint32_t new_response(uint32_t fields);
IMPORT(TYPES, "[method]outgoing-response.set-status-code") uint32_t set_status(uint32_t self, uint32_t status);
IMPORT(TYPES, "[method]outgoing-response.body") void response_body(uint32_t self, result *out);
IMPORT(TYPES, "[method]outgoing-body.write") void body_write(uint32_t self, result *out);
IMPORT(TYPES, "[static]outgoing-body.finish") void body_finish(uint32_t self, uint32_t some, uint32_t trailers, void *out);
IMPORT(TYPES, "[static]response-outparam.set")
void set_response(uint32_t self, uint32_t error, uint32_t value, uint32_t, uint64_t, uint32_t, uint32_t, uint32_t,
                  uint32_t);
IMPORT(TYPES, "[constructor]outgoing-request") uint32_t new_request(uint32_t fields);
IMPORT(TYPES, "[method]outgoing-request.set-scheme")
uint32_t set_scheme(uint32_t self, uint32_t some, uint32_t tag, const char *other, size_t length);
IMPORT(TYPES, "[method]outgoing-request.set-authority")
uint32_t set_authority(uint32_t self, uint32_t some, const uint8_t *text, size_t length);
IMPORT(TYPES, "[method]outgoing-request.set-path-with-query")
uint32_t set_path(uint32_t self, uint32_t some, const char *text, size_t length);
IMPORT(TYPES, "[method]future-incoming-response.subscribe") uint32_t future_subscribe(uint32_t self);
IMPORT(TYPES, "[method]future-incoming-response.get") void future_get(uint32_t self, void *out);
IMPORT("wasi:http/outgoing-handler@0.2.12", "handle")
void handle(uint32_t request, uint32_t some, uint32_t options, void *out);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush")
void stream_write(uint32_t self, const void *data, size_t length, void *out);
IMPORT(STREAMS, "[method]input-stream.blocking-read") void stream_read(uint32_t self, uint64_t length, result_bytes *out);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void block(uint32_t self);
IMPORT(STREAMS, "[resource-drop]input-stream") void drop_input(uint32_t self);
IMPORT(STREAMS, "[resource-drop]output-stream") void drop_output(uint32_t self);
IMPORT(TYPES, "[resource-drop]incoming-request") void drop_request(uint32_t self);
IMPORT(TYPES, "[resource-drop]incoming-body") void drop_body(uint32_t self);
IMPORT(TYPES, "[resource-drop]fields") void drop_fields(uint32_t self);
