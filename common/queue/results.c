/* results.c - a key is the MD5 of a readable name: a name, not a secret. */

#include "common/queue/results.h"

#include "common/base/buf.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

void result_key(char out[RESULT_KEY_SIZE], struct str queue, struct str actor,
                struct str message_id)
{
    struct buf name = {0};
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    buf_str(&name, "dramatiq-results:");
    buf_add(&name, queue.p, queue.n);
    buf_char(&name, ':');
    buf_add(&name, actor.p, actor.n);
    buf_char(&name, ':');
    buf_add(&name, message_id.p, message_id.n);
    if (!EVP_Digest(name.p, name.n, digest, &n, EVP_md5(), NULL))
        abort();
    buf_free(&name);
    for (unsigned i = 0; i < n && 2 * i + 2 < RESULT_KEY_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}
