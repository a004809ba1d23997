// A component of wasi:http/proxy: a handler with a few paths, without any library.
//   /            hello
//   /echo        the request's body
//   /count       how many requests this instance has had
//   /header      the value of the field x-test
//   /big         a mebibyte
//   /trap        traps
//   /silent      sets no response
//   /fetch/HOST  the status of GET http://HOST/ and its body
#include "http.h"

static uint8_t heap[4 << 20] __attribute__((aligned(8)));
static size_t used;
static uint32_t count;
static uint8_t scratch[256] __attribute__((aligned(8)));

// An instance lives for one request: nothing is ever given back.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  used = (used + align - 1) & ~(align - 1);
  if (used + size > sizeof heap) __builtin_trap();
  uint8_t *at = heap + used;
  used += size;
  for (size_t i = 0; i < old_size && i < size; i++) at[i] = ((uint8_t *)old)[i];
  return at;
}

static size_t length_of(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

static int is(bytes path, const char *text) {
  for (size_t i = 0; i < path.length; i++) {
    if ((uint8_t)text[i] != path.data[i]) return 0;
  }
  return text[path.length] == 0;
}

static int begins(bytes path, const char *text) {
  size_t length = length_of(text);
  return path.length >= length && is((bytes){path.data, length}, text);
}

static uint32_t begin(uint32_t out, uint32_t status, uint32_t *body) {
  result got;
  uint32_t fields = new_fields();
  fields_append(fields, "content-type", 12, "text/plain", 10, scratch);
  uint32_t response = new_response(fields);
  set_status(response, status);
  response_body(response, &got);
  *body = got.value;
  set_response(out, 0, response, 0, 0, 0, 0, 0, 0);
  body_write(*body, &got);
  return got.value;
}

static void end(uint32_t stream, uint32_t body) {
  drop_output(stream);
  body_finish(body, 0, 0, scratch);
}

static void put(uint32_t stream, const void *data, size_t length) {
  for (size_t at = 0; at < length; at += 4096) {
    stream_write(stream, (const uint8_t *)data + at, length - at < 4096 ? length - at : 4096, scratch);
  }
}

static void put_number(uint32_t stream, uint32_t number) {
  char text[10];
  size_t at = sizeof text;
  do text[--at] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  put(stream, text + at, sizeof text - at);
}

// All of a body to a stream.
static void copy(uint32_t body, uint32_t stream) {
  result got;
  body_stream(body, &got);
  for (;;) {
    result_bytes piece;
    size_t before = used;
    stream_read(got.value, 4096, &piece);
    if (piece.error) break;
    put(stream, piece.value.data, piece.value.length);
    used = before;
  }
  drop_input(got.value);
  drop_body(body);
}

static void fetch(uint32_t out, bytes host) {
  uint32_t body;
  result got;
  // option<result<result<incoming-response, error-code>>>: the discriminants, each aligned to the widest case.
  struct {
    uint8_t some;
    uint64_t outer;
    uint64_t inner;
    uint64_t value[5];
  } answer;
  struct {
    uint64_t error;
    uint32_t future;
    uint64_t rest[6];
  } begun;
  uint32_t request = new_request(new_fields());
  set_scheme(request, 1, 0, 0, 0);
  set_authority(request, 1, host.data, host.length);
  set_path(request, 1, "/", 1);
  handle(request, 0, 0, &begun);
  if (begun.error & 0xff) {
    uint32_t stream = begin(out, 502, &body);
    put(stream, "refused", 7);
    return end(stream, body);
  }
  block(future_subscribe(begun.future));
  future_get(begun.future, &answer);
  if (!answer.some || (answer.outer & 0xff) || (answer.inner & 0xff)) {
    uint32_t stream = begin(out, 502, &body);
    put(stream, "failed", 6);
    return end(stream, body);
  }
  uint32_t response = (uint32_t)answer.value[0];
  uint32_t stream = begin(out, 200, &body);
  put_number(stream, response_status(response));
  put(stream, " ", 1);
  response_consume(response, &got);
  copy(got.value, stream);
  end(stream, body);
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.12#handle"))) void incoming(uint32_t request, uint32_t out) {
  option_bytes path;
  uint32_t body;
  count++;
  request_path(request, &path);
  if (is(path.value, "/trap")) __builtin_trap();
  if (is(path.value, "/silent")) return;
  if (begins(path.value, "/fetch/")) return fetch(out, (bytes){path.value.data + 7, path.value.length - 7});
  uint32_t stream = begin(out, 200, &body);
  if (is(path.value, "/")) {
    put(stream, "hello\n", 6);
  } else if (is(path.value, "/echo")) {
    result got;
    request_consume(request, &got);
    copy(got.value, stream);
  } else if (is(path.value, "/count")) {
    put_number(stream, count);
  } else if (is(path.value, "/header")) {
    struct {
      bytes *values;
      size_t length;
    } list;
    uint32_t fields = request_headers(request);
    fields_get(fields, "x-test", 6, &list);
    if (list.length > 0) put(stream, list.values[0].data, list.values[0].length);
    drop_fields(fields);
  } else if (is(path.value, "/big")) {
    for (int i = 0; i < 256; i++) put(stream, heap + (1 << 20), 4096);
  }
  drop_request(request);
  end(stream, body);
}
