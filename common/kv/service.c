#include "common/kv/service.h"

#include "common/kv/store.h"
#include "common/rpc/server.h"

// What is too large need not go on whole: one byte more than allowed, and the
// machine refuses it likewise.
static void cut(ProtobufCBinaryData *data, size_t max)
{
    if (data->len > max)
        data->len = max + 1;
}

static void serve(Kv__KeyValue_Service *service, const Kv__Operation *request,
                  Kv__Kind kind, Kv__Answer_Closure reply, void *call)
{
    struct kv_service *s = (struct kv_service *)service;
    Kv__Operation operation = *request;
    operation.kind = kind;
    operation.base.n_unknown_fields = 0;
    cut(&operation.key, STORE_KEY_MAX);
    cut(&operation.value, STORE_VALUE_MAX);
    Kv__Answer *answer =
        s->serve(s->owner, &operation, rpc_call_deadline_ms(call));
    if (answer == NULL)
        return; // it hangs up: the caller learns that nobody knows
    reply(answer, call);
    kv__answer__free_unpacked(answer, NULL);
}

static void client_get(Kv__KeyValue_Service *service,
                       const Kv__Operation *request, Kv__Answer_Closure reply,
                       void *call)
{
    serve(service, request, KV__KIND__GET, reply, call);
}

static void client_put(Kv__KeyValue_Service *service,
                       const Kv__Operation *request, Kv__Answer_Closure reply,
                       void *call)
{
    serve(service, request, KV__KIND__PUT, reply, call);
}

static void client_append(Kv__KeyValue_Service *service,
                          const Kv__Operation *request,
                          Kv__Answer_Closure reply, void *call)
{
    serve(service, request, KV__KIND__APPEND, reply, call);
}

static void client_close(Kv__KeyValue_Service *service,
                         const Kv__Operation *request, Kv__Answer_Closure reply,
                         void *call)
{
    serve(service, request, KV__KIND__CLOSE, reply, call);
}

void kv_service_init(struct kv_service *s,
                     Kv__Answer *(*serve_one)(void *owner,
                                              const Kv__Operation *operation,
                                              int64_t deadline_ms),
                     void *owner)
{
    static const Kv__KeyValue_Service init = KV__KEY_VALUE__INIT(client_);
    s->service = init;
    s->serve = serve_one;
    s->owner = owner;
}
