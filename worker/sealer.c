/* sealer.c - a service: decisions and changes into their ledgers, a moment after they were made. */

#include "common/base/conf.h"
#include "common/ledger/seal.h"
#include "worker/services.h"

enum { SEAL_PAUSE_MS = 1000 };

/* In a part of its own: the one must not wait for the other. */
static bool seal(struct op *op, const struct ledger *l, const struct ledger_key *key, int *sealed)
{
    struct op part = op_part(op);
    bool ok = ledger_seal(&part, l, key, sealed) || op_fail_like(op, &part);

    op_end(&part);
    return ok;
}

bool sealer_run_once(struct op *op, int *sleep_ms)
{
    const char *path = op->app->conf->ledger_key_file;
    struct ledger_key *key = path ? ledger_key_private(op, path) : NULL;
    int decisions = 0, changes = 0;
    bool ok = key || !path;

    if (ok) {
        ok = seal(op, &ledger_of_decisions, key, &decisions);
        if (err_class(op->err.code)
            != EC_BUSY) /* who waits for the database waits once: a worker that ends, too */
            ok = seal(op, &ledger_of_changes, key, &changes) && ok;
    }
    ledger_key_close(key);
    *sleep_ms = decisions || changes ? 1 : SEAL_PAUSE_MS;
    return ok;
}
