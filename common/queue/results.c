/* results.c - a key is the MD5 of a readable name: a name, not a secret. */

#include "common/queue/results.h"

#include "common/base/buf.h"
#include "common/base/digest.h"

void result_key(char out[RESULT_KEY_SIZE], struct str queue, struct str actor,
                struct str message_id)
{
    struct buf name = {0};

    buf_str(&name, "dramatiq-results:");
    buf_add(&name, queue.p, queue.n);
    buf_char(&name, ':');
    buf_add(&name, actor.p, actor.n);
    buf_char(&name, ':');
    buf_add(&name, message_id.p, message_id.n);
    digest_hex(DIGEST_MD5, buf_view(&name), out);
    buf_free(&name);
}
