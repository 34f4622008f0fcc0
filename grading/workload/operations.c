// operations.c - operations of a key/value service, one by one.
#define CLUSTER_NO_PLACES
#include "grading/workload.h"

#include <string.h>

enum {
    SHOWN = 60, // bytes of a value in a message
};

// --- Begun, and done -------------------------------------------------------

static ProtobufCBinaryData data_of(struct slice s)
{
    return (ProtobufCBinaryData){.len = s.size, .data = (uint8_t *)s.data};
}

void kv_begin(struct cluster *c, const char *client, Kv__Kind kind,
              const char *key, struct slice value, int ticks)
{
    static const struct rpc_method run = {&kv__clerk__descriptor, "Run"};
    Kv__Operation operation = KV__OPERATION__INIT;
    operation.kind = kind;
    operation.key = data_of(slice_text(key));
    operation.value = data_of(value);
    Kv__ClerkRequest request = KV__CLERK_REQUEST__INIT;
    request.operation = &operation;
    request.timeout_ms = (uint32_t)(ticks * cluster_tick_ms());
    client_begin(c, client, &run, &request.base);
}

void kv_begin_get(struct cluster *c, const char *client, const char *key)
{
    kv_begin(c, client, KV__KIND__GET, key, slice_of(NULL, 0), KV_SOON);
}

void kv_begin_put(struct cluster *c, const char *client, const char *key,
                  const char *value)
{
    kv_begin(c, client, KV__KIND__PUT, key, slice_text(value), KV_SOON);
}

void kv_begin_append(struct cluster *c, const char *client, const char *key,
                     const char *value)
{
    kv_begin(c, client, KV__KIND__APPEND, key, slice_text(value), KV_SOON);
}

bool kv_runs(struct cluster *c, const char *client)
{
    return client_result(c, client, NULL) == CLIENT_RUNNING;
}

const Kv__Answer *kv_end(struct cluster *c, const char *client)
{
    const ProtobufCMessage *reply = NULL;
    if (client_wait(c, client, 2 * KV_SOON) == CLIENT_RUNNING)
        cluster_fail_waiting(c, "client %s is at its operation still", client);
    client_result(c, client, &reply);
    return reply != NULL ? ((const Kv__ClerkReply *)reply)->answer : NULL;
}

// --- Expected --------------------------------------------------------------

static const char *status_name(const Kv__Answer *answer)
{
    if (answer == NULL)
        return "unknown";
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &kv__status__descriptor, (int)answer->status);
    return value != NULL ? value->name : "?";
}

static void expect_ok(struct cluster *c, const Kv__Answer *answer,
                      const char *what, const char *client, const char *key)
{
    if (answer == NULL || answer->status != KV__STATUS__OK)
        cluster_fail(c, "%s of %s by %s: %s", what, key, client,
                     status_name(answer));
}

void kv_put(struct cluster *c, const char *client, const char *key,
            const char *value)
{
    kv_begin_put(c, client, key, value);
    expect_ok(c, kv_end(c, client), "Put", client, key);
}

void kv_append(struct cluster *c, const char *client, const char *key,
               const char *value)
{
    kv_begin_append(c, client, key, value);
    expect_ok(c, kv_end(c, client), "Append", client, key);
}

void kv_expect_answer(struct cluster *c, const Kv__Answer *answer,
                      const char *value)
{
    if (answer == NULL)
        cluster_fail(c, "it is not known what became of it");
    if (value == NULL && answer->found)
        cluster_fail(
            c, "there should be no value, and there is '%.*s'",
            (int)(answer->value.len < SHOWN ? answer->value.len : SHOWN),
            (const char *)answer->value.data);
    if (value == NULL)
        return;
    if (!answer->found)
        cluster_fail(c, "the value should be '%.*s', and there is none (%s)",
                     SHOWN, value, status_name(answer));
    struct slice got = slice_of(answer->value.data, answer->value.len);
    if (!slice_equal(got, slice_text(value)))
        cluster_fail(c, "the value should be '%.*s', and is '%.*s'", SHOWN,
                     value, (int)(got.size < SHOWN ? got.size : SHOWN),
                     (const char *)got.data);
}

void kv_expect(struct cluster *c, const char *client, const char *key,
               const char *value)
{
    kv_begin_get(c, client, key);
    kv_expect_answer(c, kv_end(c, client), value);
}
