/* fuzz_message.c - whatever is taken for a message can be written, read again and written the same.
 */

#include "common/queue/message.h"
#include "common/queue/rewrite.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_decode(struct arena *a, const struct buf *b, struct message *out)
{
    if (message_decode(a, buf_view(b), out))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = {0};
    struct buf first = {0}, second = {0}, retry = {0}, ready = {0};
    struct message m, again;
    const struct attempt attempt = {.retries = 1, .now_ms = 2, .eta_ms = 3, .error = "\xff\"\n"};

    if (!message_decode(&a, (struct str){(const char *)data, size}, &m)) {
        /* Missing identities are filled in once, so compare from the first writing on. */
        message_write(&first, &m, m.queue_name, NULL, 0);
        must_decode(&a, &first, &again);
        message_write(&second, &again, again.queue_name, NULL, 0);
        if (!str_eq(buf_view(&first), buf_view(&second)))
            abort();
        rewrite_retry(&retry, &m, STR("q"), "r", &attempt);
        must_decode(&a, &retry, &again);
        rewrite_promotion(&ready, &again, STR("q"), "n");
        must_decode(&a, &ready, &again);
        if (again.opt.eta.kind != OPTION_ABSENT || !str_eq(again.kwargs, m.kwargs))
            abort();
    }
    buf_free(&first);
    buf_free(&second);
    buf_free(&retry);
    buf_free(&ready);
    arena_end(&a);
    return 0;
}
