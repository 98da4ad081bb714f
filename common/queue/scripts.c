/* scripts.c - each script behind the shared preamble, with the SHA-1 that EVALSHA wants. */

#include "common/queue/scripts.h"

#include "common/base/buf.h"
#include "common/base/digest.h"
#include "common/base/embedded.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const names[SCRIPT_COUNT] = {
#define SCRIPT(name) [SCRIPT_##name] = #name,
#include "common/queue/scripts.def"
#undef SCRIPT
};

/* Constant once built; kept for the life of the process. */
static struct script table[SCRIPT_COUNT];

static void add_file(struct buf *text, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "common/queue/%s.lua", name);
    const struct embedded_file *f = embedded_find(path);
    if (!f)
        abort();
    buf_add(text, f->text, f->size);
}

static void build(void)
{
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        struct buf text = {0};
        add_file(&text, "keys");
        add_file(&text, names[i]);
        table[i] = (struct script){.name = names[i], .text = text.p, .size = text.n};
        digest_hex(DIGEST_SHA1, buf_view(&text), table[i].sha);
    }
}

const struct script *scripts_all(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, build);
    return table;
}
