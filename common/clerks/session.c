#include "common/clerks/session.h"

#include <inttypes.h>

#include "common/runtime/log.h"
#include "common/runtime/random.h"

static bool is_numbered(const Kv__Operation *op)
{
    return op->kind == KV__KIND__PUT || op->kind == KV__KIND__APPEND;
}

static void open_session(struct session *s)
{
    s->client = random_seed();
    s->client += s->client == 0; // 0 is nobody's
    s->sequence = 0;
}

void session_number(struct session *s, Kv__Operation *op)
{
    if (s->client == 0)
        open_session(s);
    op->client = s->client;
    op->sequence = is_numbered(op) ? ++s->sequence : 0;
}

bool session_expired(struct session *s, Kv__Operation *op, bool ran)
{
    log_info("clerk", "session %" PRIx64 " has expired", s->client);
    open_session(s);
    if (!ran)
        session_number(s, op);
    return ran;
}

bool session_close(struct session *s, Kv__Operation *op)
{
    *op = (Kv__Operation)KV__OPERATION__INIT;
    op->kind = KV__KIND__CLOSE;
    op->client = s->client;
    op->sequence = s->sequence + 1;
    return s->sequence > 0;
}
