#include "common/clerks/session.h"

#include <inttypes.h>

#include "common/runtime/log.h"
#include "common/runtime/random.h"

static void open_session(struct session *s)
{
    s->client = random_seed();
    s->client += s->client == 0; // 0 is nobody's
    s->sequence = 0;
}

uint64_t session_client(struct session *s)
{
    if (s->client == 0)
        open_session(s);
    return s->client;
}

uint64_t session_next(struct session *s)
{
    session_client(s);
    return ++s->sequence;
}

void session_expired(struct session *s)
{
    log_info("clerk", "session %" PRIx64 " has expired", s->client);
    open_session(s);
}

bool session_is_used(const struct session *s)
{
    return s->sequence > 0;
}
